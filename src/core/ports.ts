/** A distinct type on top of a number, so that one id cannot be passed where another is meant. */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Whole milliseconds on a monotonic clock with an arbitrary origin. Never wall-clock time. */
export type Instant = Brand<number, "Instant">;
/** One TCP connection to a peer; never an address, never a peer. Allocated by the driver, never reused. */
export type LinkId = Brand<number, "LinkId">;
/** One API connection of a local module. Allocated by the driver, never reused. */
export type SubscriberId = Brand<number, "SubscriberId">;
/** One attempt to open a link. Allocated by the core, never reused. */
export type DialId = Brand<number, "DialId">;

export const instant = (milliseconds: number): Instant => milliseconds as Instant;
export const linkId = (id: number): LinkId => id as LinkId;
export const subscriberId = (id: number): SubscriberId => id as SubscriberId;
export const dialId = (id: number): DialId => id as DialId;

/** Where a peer listens or connects from. `host` is an IP literal without brackets, or a host name. */
export interface PeerAddress {
  readonly host: string;
  /** 1 to 65,535. */
  readonly port: number;
}

/**
 * The only randomness the core sees. The daemon's is cryptographic (challenges must be unpredictable,
 * [protocol §3.1]), the simulator's is seeded.
 */
export interface Random {
  /** A uniform whole number from 0 to `bound - 1`; `bound` is 1 to 2^32. */
  below(bound: number): number;
  bytes(length: number): Uint8Array;
  /** An independent stream, so that a new draw in one place does not change all others. */
  fork(label: string): Random;
}

/** SHA-256 of `bytes` as 32 latin1 characters: asking Node for a Buffer is 4 to 5 times slower. */
export type Digest = (bytes: Uint8Array) => string;
