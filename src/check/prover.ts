import { createHash } from "node:crypto";
import { SolverPool } from "../pow/index.ts";

/** Solves the puzzle of a handshake [protocol §3.2], in threads. */
export class Prover {
  readonly difficultyBits: number;
  readonly #pool = new SolverPool();

  constructor(difficultyBits: number) {
    this.difficultyBits = difficultyBits;
  }

  /** A nonce whose digest begins with at least `difficultyBits` zero bits. */
  solve(challenge: Buffer): Promise<Buffer> {
    return this.#solve(challenge, this.difficultyBits);
  }

  /** A nonce whose digest begins with exactly one zero bit too few. */
  async almostSolve(challenge: Buffer): Promise<Buffer> {
    const bits = this.difficultyBits - 1;
    for (let high = 0; ; high++) {
      const nonce = await this.#solve(challenge, bits, high);
      if (zeroBitsOf(challenge, nonce) === bits) return nonce;
    }
  }

  /** A nonce that is wrong for this challenge, whatever it is right for. */
  isProof(challenge: Buffer, nonce: Buffer): boolean {
    return zeroBitsOf(challenge, nonce) >= this.difficultyBits;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #solve(challenge: Buffer, difficultyBits: number, nonceHigh?: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#pool.solve(
        { challenge, difficultyBits, nonceHigh },
        {
          onFound: (nonce) => resolve(Buffer.from(nonce)),
          onFailed: (failure) => reject(new Error(`the puzzle was not solved: ${failure}`)),
        },
      );
    });
  }
}

/** With which SHA-256(challenge || nonce) begins. */
function zeroBitsOf(challenge: Buffer, nonce: Buffer): number {
  const digest = createHash("sha256").update(challenge).update(nonce).digest();
  const at = digest.findIndex((byte) => byte !== 0);
  return at * 8 + Math.clz32(digest[at] ?? 0) - 24;
}
