import { useEffect, useRef, useState } from "preact/hooks";
import type { WaveStory } from "./wave-story.ts";

export interface Player {
  /** The moment of the story that is shown; Infinity is everything that happened. */
  readonly atMs: number;
  readonly motion: "playing" | "paused";
  readonly seek: (atMs: number) => void;
  readonly play: () => void;
  readonly pause: () => void;
}

/** A story that grew so lately may go on: the end is waited for. A guess. */
const GROWING_MS = 800;

/**
 * Plays a story, slowed down: on one machine an item is everywhere before anybody has seen it start.
 *
 * @param playingMs how long it shall take; 0 is as long as it took
 */
export function usePlayer(story: WaveStory | undefined, playingMs: number): Player {
  const [atMs, setAtMs] = useState(Infinity);
  const [motion, setMotion] = useState<Player["motion"]>("paused");
  const latest = useRef({ story, grewAtMs: 0 });
  if (latest.current.story !== story) latest.current = { story, grewAtMs: performance.now() };
  const play = (): void => {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    setAtMs(isStill ? Infinity : 0);
    setMotion(isStill ? "paused" : "playing");
  };
  useEffect(() => {
    if (story !== undefined) play();
  }, [story?.key]);
  useEffect(() => {
    if (motion === "paused") return;
    let previousMs = performance.now();
    let frame = requestAnimationFrame(function step(nowMs) {
      const { grewAtMs, story: current } = latest.current;
      const endMs = current?.durationMs ?? 0;
      const pace = playingMs === 0 ? 1 : endMs / playingMs;
      const advance = Math.max(0, nowMs - previousMs) * pace;
      previousMs = nowMs;
      const afterEnd = nowMs - grewAtMs < GROWING_MS ? endMs : Infinity;
      setAtMs((before) => (before + advance < endMs ? before + advance : afterEnd));
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [motion, playingMs]);
  useEffect(() => {
    if (atMs === Infinity) setMotion("paused");
  }, [atMs]);
  return {
    atMs,
    motion,
    seek: (moment) => {
      setMotion("paused");
      setAtMs(moment);
    },
    play: () => (atMs === Infinity ? play() : setMotion("playing")),
    pause: () => setMotion("paused"),
  };
}
