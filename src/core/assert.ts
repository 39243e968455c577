/** A contract inside our own code was broken. Never caused by what a remote party sends. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** @throws AssertionError when `condition` does not hold. On in production: a broken core must stop. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** @throws AssertionError when `value` is undefined. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AssertionError(`${what} must be there`);
  return value;
}

/** Closes a switch over a union: a new member without a case is a compile error. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected member: ${JSON.stringify(value)}`);
}
