import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { colorOf } from "./colors.ts";
import type { Pulses, PulseAt, PulseTone } from "./pulses.ts";

interface Place {
  readonly x: number;
  readonly y: number;
}

interface PulseCanvasProps {
  readonly pulses: Pulses;
  readonly width: number;
  readonly height: number;
  /** Where a pulse is; undefined when its link is not drawn any more. */
  readonly placeOf: (pulse: PulseAt) => Place | undefined;
}

const COLOR_BY_TONE: Readonly<Record<PulseTone, string>> = {
  in: "--in",
  out: "--out",
  again: "--again",
};

/** Moving dots over a drawing of the same size. Says nothing that is not in a table too. */
export function PulseCanvas({ pulses, width, height, placeOf }: PulseCanvasProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const place = useRef(placeOf);
  place.current = placeOf;
  useEffect(() => {
    if (canvas.current === null || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    return animate(canvas.current, pulses, width, height, (pulse) => place.current(pulse));
  }, [pulses, width, height]);
  return <canvas ref={canvas} class="pulses" aria-hidden="true" />;
}

/** @returns what stops it */
function animate(
  canvas: HTMLCanvasElement,
  pulses: Pulses,
  width: number,
  height: number,
  placeOf: (pulse: PulseAt) => Place | undefined,
): () => void {
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  if (context === null) return () => undefined;
  let frame = 0;
  let isBlank = true;
  const draw = (): void => {
    frame = requestAnimationFrame(draw);
    if (pulses.isEmpty && isBlank) return;
    const current = pulses.at(performance.now());
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    for (const tone of Object.keys(COLOR_BY_TONE) as PulseTone[]) {
      drawTone(context, tone, current, placeOf);
    }
    isBlank = current.length === 0;
  };
  draw();
  return () => cancelAnimationFrame(frame);
}

/** One path for all dots of one colour: filling is what costs. */
function drawTone(
  context: CanvasRenderingContext2D,
  tone: PulseTone,
  pulses: readonly PulseAt[],
  placeOf: (pulse: PulseAt) => Place | undefined,
): void {
  context.beginPath();
  for (const pulse of pulses) {
    const place = pulse.tone === tone ? placeOf(pulse) : undefined;
    if (place === undefined) continue;
    const radius = Math.min(4.6, 2.4 + 0.5 * Math.log2(pulse.count));
    context.moveTo(place.x + radius, place.y);
    context.arc(place.x, place.y, radius, 0, 2 * Math.PI);
  }
  context.fillStyle = colorOf(COLOR_BY_TONE[tone]);
  context.fill();
}
