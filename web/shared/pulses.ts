export type PulseTone = "in" | "out" | "again";

interface Pulse {
  readonly path: string;
  readonly tone: PulseTone;
  readonly startMs: number;
  /** How many items it stands for. */
  count: number;
}

export interface PulseAt {
  readonly path: string;
  readonly tone: PulseTone;
  /** How far along its way, 0 to 1. */
  readonly part: number;
  readonly count: number;
}

/** How long a pulse takes from end to end; a guess at what the eye follows. */
export const PULSE_MS = 700;
/** On one way, pulses of one tone are at least this far apart; what comes between joins the last one. */
const PULSE_GAP_MS = 160;
/** Whatever happens; never reached by 64 links with the gap above. */
const PULSES_MAX = 1_500;

/**
 * The items that are shown on their way, as moving dots. How many dots there are depends on the number of
 * links and not on the number of items: on a busy link one dot stands for many.
 */
export class Pulses {
  #pulses: Pulse[] = [];
  readonly #lastByWay = new Map<string, Pulse>();

  get isEmpty(): boolean {
    return this.#pulses.length === 0;
  }

  /** @param path which link */
  add(path: string, tone: PulseTone, nowMs: number): void {
    const way = `${tone} ${path}`;
    const last = this.#lastByWay.get(way);
    if (last !== undefined && nowMs - last.startMs < PULSE_GAP_MS) {
      last.count++;
      return;
    }
    if (this.#pulses.length >= PULSES_MAX) return;
    const pulse = { path, tone, startMs: nowMs, count: 1 };
    this.#lastByWay.set(way, pulse);
    this.#pulses.push(pulse);
  }

  /** Forgets those that have arrived, and tells where the others are. */
  at(nowMs: number): readonly PulseAt[] {
    this.#pulses = this.#pulses.filter(({ startMs }) => nowMs - startMs < PULSE_MS);
    for (const [way, { startMs }] of this.#lastByWay) {
      if (nowMs - startMs >= PULSE_MS) this.#lastByWay.delete(way);
    }
    return this.#pulses.map(({ path, tone, startMs, count }) => ({
      path,
      tone,
      part: Math.max(0, (nowMs - startMs) / PULSE_MS),
      count,
    }));
  }
}
