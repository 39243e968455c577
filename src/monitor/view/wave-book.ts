import type { ItemEvent } from "../monitor-event.ts";

/** More than anybody reads; it bounds what a busy node makes us keep. */
const WAVES_MAX = 400;

/** One item on its way through this node, as far as we have seen it. */
export interface Wave {
  readonly key: string;
  readonly source: WaveSource;
  readonly dataType: number | undefined;
  readonly ttl: number | undefined;
  readonly bytes: number | undefined;
  /** Modules it was put before. */
  readonly asked: number;
  /** How long the slowest of their verdicts took. */
  readonly verdictMs: number | undefined;
  readonly outcome: WaveOutcome;
  /** From its coming to the last step that was no duplicate. */
  readonly afterMs: number;
  /** Why it, or a copy of it, went no further. */
  readonly reason: string | undefined;
  /** Copies sent, over all links. */
  readonly sentTo: number;
  /** Copies that came again. */
  readonly duplicates: number;
}

export type WaveOutcome = "pending" | "announced" | "accepted" | "rejected" | "expired" | "dropped";

export type WaveSource =
  | { readonly kind: "link"; readonly link: number }
  | { readonly kind: "module"; readonly subscriber: number }
  /** It came before we were watching. */
  | { readonly kind: "unknown" };

/** The latest items, oldest first. */
export class WaveBook {
  readonly #waveByKey = new Map<string, Wave>();
  readonly #wavesMax: number;

  constructor(wavesMax: number = WAVES_MAX) {
    this.#wavesMax = wavesMax;
  }

  get size(): number {
    return this.#waveByKey.size;
  }

  /** @returns at most so many, the newest first. */
  latest(count: number): readonly Wave[] {
    return [...this.#waveByKey.values()].slice(-count).reverse();
  }

  onItem(event: ItemEvent): void {
    const known = this.#waveByKey.get(event.key);
    this.#waveByKey.set(event.key, afterStep(known ?? newWave(event), event));
    if (known === undefined) this.#makeRoom();
  }

  #makeRoom(): void {
    for (const key of this.#waveByKey.keys()) {
      if (this.#waveByKey.size <= this.#wavesMax) return;
      this.#waveByKey.delete(key);
    }
  }
}

function newWave(event: ItemEvent): Wave {
  return {
    key: event.key,
    source: { kind: "unknown" },
    dataType: undefined,
    ttl: undefined,
    bytes: undefined,
    asked: 0,
    verdictMs: undefined,
    outcome: "pending",
    afterMs: 0,
    reason: undefined,
    sentTo: 0,
    duplicates: 0,
  };
}

function afterStep(wave: Wave, event: ItemEvent): Wave {
  const { afterMs } = event;
  switch (event.step) {
    case "announced": {
      const { subscriber, dataType, ttl, bytes } = event;
      const source = { kind: "module", subscriber } as const;
      return { ...wave, source, dataType, ttl, bytes, outcome: "announced" };
    }
    case "arrived": {
      const { link, dataType, ttl, bytes } = event;
      return { ...wave, source: { kind: "link", link }, dataType, ttl, bytes };
    }
    case "duplicate":
      return { ...wave, duplicates: wave.duplicates + 1 };
    case "asked":
      return { ...wave, asked: wave.asked + 1, afterMs };
    case "verdict":
      return { ...wave, verdictMs: Math.max(wave.verdictMs ?? 0, event.tookMs), afterMs };
    case "accepted":
    case "rejected":
    case "expired":
      return { ...wave, outcome: event.step, afterMs };
    case "forwarded":
      return { ...wave, sentTo: wave.sentTo + event.links.length, afterMs };
    case "dropped":
      return afterDrop(wave, event);
  }
}

/** A decision that was taken stands; the reason then says why nobody else got it. */
function afterDrop(wave: Wave, event: ItemEvent & { readonly step: "dropped" }): Wave {
  const { reason, afterMs } = event;
  if (!("link" in event)) return { ...wave, reason, afterMs };
  if (wave.source.kind !== "unknown") return { ...wave, reason, afterMs };
  const { link, ttl, dataType, bytes } = event;
  return {
    ...wave,
    source: { kind: "link", link },
    outcome: "dropped",
    reason,
    ttl,
    dataType,
    bytes,
  };
}
