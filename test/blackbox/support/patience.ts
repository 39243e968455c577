import { after } from "node:test";

/**
 * How long a test waits for something that must come. Only a failure takes this long, so it is far
 * above what two busy cores need.
 */
export const patienceMs = 30_000;

/** Whatever can run something when it ends: a test context, or node:test itself inside a suite. */
export interface Scope {
  after(release: () => Promise<void> | void): void;
}

/** The scope of a whole suite: call it in the body of `describe`. The last thing taken goes first. */
export function suiteScope(): Scope {
  const releases: (() => Promise<void> | void)[] = [];
  after(async () => {
    for (const release of releases.reverse()) {
      await release();
    }
  });
  return {
    after: (release) => {
      releases.push(release);
    },
  };
}

/** The promise, or a failure that names what did not happen. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  limitMs: number = patienceMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const clock = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${limitMs} ms in vain for ${what}`));
    }, limitMs);
  });
  try {
    return await Promise.race([promise, clock]);
  } finally {
    clearTimeout(timer);
  }
}

/** Values that arrive whenever they like, taken in order by whoever asks. */
export class Mailbox<T> {
  readonly #waiting: T[] = [];
  #taker: { readonly take: (value: T) => void; readonly fail: (reason: Error) => void } | undefined;
  #end: Error | undefined;

  put(value: T): void {
    const taker = this.#taker;
    if (taker === undefined) {
      this.#waiting.push(value);
    } else {
      this.#taker = undefined;
      taker.take(value);
    }
  }

  /** Nothing more will come. */
  close(reason: Error): void {
    this.#end ??= reason;
    this.#taker?.fail(reason);
    this.#taker = undefined;
  }

  /** What has arrived and nobody has taken. */
  get unread(): readonly T[] {
    return this.#waiting;
  }

  async next(what: string, limitMs: number = patienceMs): Promise<T> {
    if (this.#taker !== undefined) {
      throw new Error(`somebody else waits already, so nobody may wait for ${what}`);
    }
    if (this.#waiting.length > 0) {
      return this.#waiting.shift() as T;
    }
    if (this.#end !== undefined) {
      throw new Error(`${this.#end.message}, while waiting for ${what}`);
    }
    const arrival = new Promise<T>((take, fail) => {
      this.#taker = { take, fail };
    });
    try {
      return await within(arrival, what, limitMs);
    } finally {
      this.#taker = undefined;
    }
  }
}

/** Counts what arrives, and tells when there is enough of it. */
export class Tally {
  #count = 0;
  readonly #waiting = new Set<{
    readonly isReached: () => boolean;
    readonly reached: () => void;
  }>();

  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count += 1;
    for (const waiter of this.#waiting) {
      if (waiter.isReached()) {
        this.#waiting.delete(waiter);
        waiter.reached();
      }
    }
  }

  /** Resolves when `isReached` holds, which only a further arrival can change. */
  async until(isReached: () => boolean, what: string, limitMs: number = patienceMs): Promise<void> {
    if (isReached()) {
      return;
    }
    const arrival = new Promise<void>((reached) => {
      this.#waiting.add({ isReached, reached });
    });
    await within(arrival, what, limitMs);
  }

  async reaches(count: number, what: string, limitMs: number = patienceMs): Promise<void> {
    try {
      await this.until(() => this.#count >= count, what, limitMs);
    } catch (reason) {
      throw new Error(`${String(reason)}: ${this.#count} of ${count}`);
    }
  }
}
