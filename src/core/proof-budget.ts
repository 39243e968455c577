import type { Instant } from "./ports.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Proofs at once, and then one in this many ms, at the usual difficulty [protocol §7.3]. */
const PROOFS_BURST = 12;
const PROOF_INTERVAL_MS = 60_000;
const USUAL_DIFFICULTY_BITS = 24;
/** A link that was up this long was worth its proof, in ms: to replace it one is given back ... */
export const WORTHWHILE_MS = 10_000;
/** ... eight at once and then one in this many ms, so that nobody earns proofs by coming and going. */
const REFUNDS_BURST = 8;
const REFUND_INTERVAL_MS = 450_000;

/**
 * How many proofs we spend. Whoever lures us into dialling costs us no more than this, and a node that
 * loses most of its neighbours at once can still replace them (threats T8, T10).
 */
export class ProofBudget {
  readonly #proofs: TokenBucket;
  readonly #refunds = new TokenBucket(REFUNDS_BURST, REFUND_INTERVAL_MS);

  /** The budget is one of work: where a proof costs less than usual, the next comes sooner. */
  constructor(difficultyBits: number) {
    const share = Math.min(1, 2 ** (difficultyBits - USUAL_DIFFICULTY_BITS));
    this.#proofs = new TokenBucket(PROOFS_BURST, Math.ceil(PROOF_INTERVAL_MS * share));
  }

  has(now: Instant): boolean {
    return this.#proofs.has(now);
  }

  take(now: Instant): boolean {
    return this.#proofs.take(now);
  }

  /** When there is one again. */
  availableAt(): Instant {
    return this.#proofs.availableAt();
  }

  /** One was taken, and not begun. */
  onUnused(): void {
    this.#proofs.refund();
  }

  /** A link that was worth its proof is gone, or its peer had linked to us meanwhile. */
  giveBack(now: Instant): void {
    if (this.#refunds.take(now)) this.#proofs.refund();
  }
}
