import type { MessageType } from "../wire/message-type.ts";
import type { SavedBook } from "./saved-book.ts";
import type { Input } from "./input.ts";
import type { Output } from "./output.ts";
import type { Instant, LinkId } from "./ports.ts";
import type { AddressSnapshot, CoreSnapshot } from "./snapshot.ts";

/**
 * What a driver sees of the protocol. The contract:
 *
 * 1. One input, then all of the outbox in order, then the next input. Re-entrant calls are a bug.
 * 2. `now` never goes backwards.
 * 3. `wakeup` and `flush` are legal at any time.
 * 4. Nothing a remote party can send makes `step` throw. What throws is an assertion: the process ends.
 * 5. The work of one step is bounded by named limits.
 * 6. Payload bytes are never mutated, and copied once when they enter a store.
 * 7. After `closeLink` or `closeSubscriber` no output mentions that connection again, and inputs about
 *    unknown connections are ignored.
 */
export interface Core {
  step(input: Input, now: Instant, outbox: Output[]): void;
  /** Which types are legal on a link right now; judged on the header alone [protocol §1.3]. */
  expects(link: LinkId, type: MessageType): boolean;
  /** What to keep across a restart; asked for by `saveBook`, and at shutdown [protocol §7.2]. */
  savedBook(): SavedBook;
  snapshot(now: Instant): CoreSnapshot;
  /** The whole address book, up to 5,120 entries: too much for every snapshot [protocol §7.2]. */
  addresses(now: Instant): AddressSnapshot[];
}
