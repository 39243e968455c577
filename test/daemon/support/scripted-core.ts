import type { SavedBook } from "../../../src/core/saved-book.ts";
import type { Core } from "../../../src/core/core.ts";
import type { Input } from "../../../src/core/input.ts";
import type { Output } from "../../../src/core/output.ts";
import type { Instant, LinkId } from "../../../src/core/ports.ts";
import type { AddressSnapshot, CoreSnapshot } from "../../../src/core/snapshot.ts";
import { EMPTY_SNAPSHOT } from "../../../src/sim/empty-snapshot.ts";
import type { MessageType } from "../../../src/wire/message-type.ts";

const DEADLINE_MS = 5_000;

interface PromiseHandles {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function promiseWithHandles(): PromiseHandles {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

type Answer = (input: Input) => readonly Output[];

/** A core that answers as the test says, remembers what it was given, and insists on its contract. */
export class ScriptedCore implements Core {
  readonly inputs: Input[] = [];
  readonly times: Instant[] = [];
  expected: (link: LinkId, type: MessageType) => boolean = () => true;
  #answer: Answer;
  #isStepping = false;
  #waiting: (() => void) | undefined;

  constructor(answer: Answer = () => []) {
    this.#answer = answer;
  }

  answerWith(answer: Answer): void {
    this.#answer = answer;
  }

  /** The kinds of all inputs so far. */
  get kinds(): string[] {
    return this.inputs.map(({ kind }) => kind);
  }

  /** Resolves when so many inputs of this kind have come; fails after a deadline. */
  async until(kind: Input["kind"], count: number = 1): Promise<void> {
    const hasCome = (): boolean => this.kinds.filter((each) => each === kind).length >= count;
    const { promise, resolve, reject } = promiseWithHandles();
    const timer = setTimeout(() => {
      reject(new Error(`no ${count} x ${kind} in ${this.kinds.join(", ")}`));
    }, DEADLINE_MS);
    this.#waiting = () => {
      if (hasCome()) resolve();
    };
    this.#waiting();
    await promise.finally(() => clearTimeout(timer));
    this.#waiting = undefined;
  }

  step(input: Input, now: Instant, outbox: Output[]): void {
    if (this.#isStepping) throw new Error("re-entrant step");
    if (outbox.length > 0) throw new Error("the outbox was not worked off");
    this.#isStepping = true;
    this.inputs.push(input);
    this.times.push(now);
    outbox.push(...this.#answer(input));
    this.#isStepping = false;
    // Later: what the test then does must not happen within the step.
    if (this.#waiting !== undefined) setImmediate(this.#waiting);
  }

  expects(link: LinkId, type: MessageType): boolean {
    return this.expected(link, type);
  }

  savedBook(): SavedBook {
    return { secret: "scripted", entries: [], anchors: [] };
  }

  snapshot(): CoreSnapshot {
    return EMPTY_SNAPSHOT;
  }

  addresses(): AddressSnapshot[] {
    return [];
  }
}
