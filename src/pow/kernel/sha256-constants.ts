/** The constants of SHA-256, computed as FIPS 180-4 defines them instead of being copied. */

function firstPrimes(count: number): readonly bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate += 1n) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  }
  return primes;
}

/** The first 32 bits of the fractional part of the `degree`-th root of `radicand`. */
function rootFraction(radicand: bigint, degree: bigint): number {
  const scaled = radicand << (32n * degree);
  let low = 0n;
  let high = 1n << 40n; // roots of the first 64 primes are below 2^8 before the 32 bit shift
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** degree <= scaled) low = middle;
    else high = middle - 1n;
  }
  return Number(low & 0xffffffffn);
}

/** FIPS 180-4 §4.2.2: cube roots of the first 64 primes. */
export const roundConstants: readonly number[] = firstPrimes(64).map((prime) =>
  rootFraction(prime, 3n),
);

/** FIPS 180-4 §5.3.3: square roots of the first 8 primes. */
export const initialState: readonly number[] = firstPrimes(8).map((prime) =>
  rootFraction(prime, 2n),
);
