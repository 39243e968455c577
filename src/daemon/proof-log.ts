import type { LinkId } from "../core/ports.ts";
import type { Log } from "./logger.ts";
import type { ProofProgress } from "./proof-solving.ts";
import type { Clock } from "./system-clock.ts";
import { systemClock } from "./system-clock.ts";

/** A proof that takes longer is worth a line this often, in ms; most take less. A guess. */
const PROGRESS_LINE_MS = 10_000;

/** What the log says about proofs of work: how a long one goes, and that this machine may be too slow. */
export class ProofLog {
  readonly #log: Pick<Log, "say">;
  readonly #powTimeoutMs: number;
  readonly #clock: Clock;
  #startedAt = 0;
  #saidAt = 0;

  constructor(log: Pick<Log, "say">, powTimeoutMs: number, clock: Clock = systemClock) {
    this.#log = log;
    this.#powTimeoutMs = powTimeoutMs;
    this.#clock = clock;
  }

  onStarted(): void {
    this.#startedAt = this.#clock.now();
    this.#saidAt = this.#startedAt;
  }

  onProgress({ link, hashes, hashesPerSecond, secondsLeft }: ProofProgress): void {
    const now = this.#clock.now();
    if (now - this.#saidAt < PROGRESS_LINE_MS) return;
    this.#saidAt = now;
    this.#log.say({
      name: "proofProgress",
      link,
      afterMs: now - this.#startedAt,
      hashes,
      hashesPerSecond: Math.round(hashesPerSecond),
      expectedMs: Math.round(secondsLeft * 1_000),
    });
  }

  /** Found or given up: with a little less luck another one would come too late for an acceptor. */
  onEnded(link: LinkId): void {
    const tookMs = this.#clock.now() - this.#startedAt;
    if (tookMs * 2 <= this.#powTimeoutMs) return;
    this.#log.say({ name: "proofSlow", link, tookMs, powTimeoutMs: this.#powTimeoutMs });
  }
}
