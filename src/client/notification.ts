import type { Verdict } from "../wire/api/gossip-validation.ts";

/**
 * `open`: waits for a verdict. `accepted`, `rejected`: answered. `gone`: the connection it came over has
 * ended, or its id was given to a newer notification, so it can no longer be answered.
 */
export type NotificationState = "open" | "accepted" | "rejected" | "gone";

/** Where a notification's verdict goes: the connection it came over, and no other. */
export interface VerdictDesk {
  isOpen(messageId: number, arrival: number): boolean;
  /** True when the verdict was taken for sending. */
  answer(messageId: number, arrival: number, verdict: Verdict): boolean;
}

/** One item of a subscribed type, to be looked at and answered [protocol §2.3, §2.4]. */
export class Notification {
  readonly dataType: number;
  /** Valid on the connection it came over only; it names neither the item nor its origin. */
  readonly messageId: number;
  /** The item's bytes. Several subscriptions may share them, so do not write into them. */
  readonly data: Uint8Array;
  readonly #desk: VerdictDesk;
  readonly #arrival: number;
  #verdict: Verdict | undefined;

  /** @param arrival tells this notification from earlier ones with the same id. */
  constructor(
    desk: VerdictDesk,
    arrival: number,
    messageId: number,
    dataType: number,
    data: Uint8Array,
  ) {
    this.#desk = desk;
    this.#arrival = arrival;
    this.messageId = messageId;
    this.dataType = dataType;
    this.data = data;
  }

  get state(): NotificationState {
    switch (this.#verdict) {
      case "accept":
        return "accepted";
      case "reject":
        return "rejected";
      case undefined:
        return this.#desk.isOpen(this.messageId, this.#arrival) ? "open" : "gone";
    }
  }

  /** The item is well-formed: spread it. Returns false, and does nothing, unless the state is `open`. */
  accept(): boolean {
    return this.#answer("accept");
  }

  /** Do not spread it. Returns false, and does nothing, unless the state is `open`. */
  reject(): boolean {
    return this.#answer("reject");
  }

  #answer(verdict: Verdict): boolean {
    // The desk closes an id with its first answer, so one notification is never answered twice:
    // some gossip modules close the connection over a second verdict.
    if (!this.#desk.answer(this.messageId, this.#arrival, verdict)) return false;
    this.#verdict = verdict;
    return true;
  }
}
