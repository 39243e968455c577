import type { Verdict } from "../wire/api/gossip-validation.ts";
import type { TraceChoice } from "./item-tracing.ts";
import type { Instant, LinkId, SubscriberId } from "./ports.ts";

/**
 * An item put before the subscribers of its type, until the last of them has answered or its deadline
 * passes [protocol §4.3].
 *
 * Flat, with lists that are linked: thousands wait at a time, and the garbage collector moves each of them
 * object by object.
 */
export class Ask {
  /** The item's number in the seen cache. */
  readonly item: number;
  readonly dataType: number;
  readonly messageId: number;
  readonly askedAt: Instant;
  readonly trace: TraceChoice;
  /**
   * `pending`: the item waits, and spreads or not, depending on the answers. `decided`: it waits for its turn,
   * because much was decided at once, and copies may still improve it [protocol §4.3]. `none`: nothing depends
   * on the answers (any more), because it was announced here, or is settled.
   */
  verdict: "pending" | "decided" | "none" = "none";
  /** The link whose share of the pending store is charged; none while there was no room [§4.10]. */
  source: LinkId | undefined = undefined;
  /** The TTL of the best copy so far [protocol §4.6]. */
  ttl = 0;
  /** Undefined while the best copy that found room has TTL 1: it goes no further [§4.10]. */
  payload: Uint8Array | undefined = undefined;
  /** Validators that have neither answered nor abstained. */
  waitingFor = 0;
  /** Observers that have not answered. */
  observing = 0;
  accepts = 0;
  rejects = 0;
  /** How many of the notices have not ended. */
  openNotices = 0;
  #firstSender: Sender | undefined = undefined;
  #firstNotice: Notice | undefined = undefined;
  #lastNotice: Notice | undefined = undefined;

  constructor(
    item: number,
    trace: TraceChoice,
    { dataType, messageId }: Pick<Ask, "dataType" | "messageId">,
    askedAt: Instant,
  ) {
    this.item = item;
    this.dataType = dataType;
    this.messageId = messageId;
    this.askedAt = askedAt;
    this.trace = trace;
  }

  add(notice: Notice): void {
    if (this.#lastNotice === undefined) this.#firstNotice = notice;
    else this.#lastNotice.next = notice;
    this.#lastNotice = notice;
    this.openNotices++;
  }

  /** In the order of asking, those that have ended included. */
  *notices(): IterableIterator<Notice> {
    for (let notice = this.#firstNotice; notice !== undefined; notice = notice.next) yield notice;
  }

  /** A link brought a copy, and its node had one with this many hops left. */
  noteSender(link: LinkId, hopsLeft: number): void {
    let last = this.#firstSender;
    while (last?.next !== undefined && last.link !== link) last = last.next;
    if (last === undefined) this.#firstSender = new Sender(link, hopsLeft);
    else if (last.link !== link) last.next = new Sender(link, hopsLeft);
    else last.hopsLeft = Math.max(last.hopsLeft, hopsLeft);
  }

  /** The links that brought copies, first one first, whose nodes had one with at least so many hops left. */
  sendersWith(hopsLeft: number): LinkId[] {
    const first = this.#firstSender;
    // Nearly always the only one; `push` would make room for 17.
    if (first?.next === undefined)
      return first !== undefined && first.hopsLeft >= hopsLeft ? [first.link] : [];
    const links: LinkId[] = [];
    for (let sender: Sender | undefined = first; sender !== undefined; sender = sender.next) {
      if (sender.hopsLeft >= hopsLeft) links.push(sender.link);
    }
    return links;
  }

  /** The item is settled: what was kept to send it on goes, whoever may still answer. */
  letGo(): void {
    this.payload = undefined;
    this.#firstSender = undefined;
  }
}

/** A link that brought a copy of an item, and what its node has handled itself. */
class Sender {
  readonly link: LinkId;
  /** Hops left of the best copy that the node at its other end had, as far as its own copies tell. */
  hopsLeft: number;
  next: Sender | undefined = undefined;

  constructor(link: LinkId, hopsLeft: number) {
    this.link = link;
    this.hopsLeft = hopsLeft;
  }
}

/** One notification to one subscriber. */
export class Notice {
  readonly ask: Ask;
  readonly subscriber: SubscriberId;
  /** Observers are not waited for. Changes when a client turns into one. */
  role: "validator" | "observer";
  /** `lost` is written, too: it does not fill the window any more, but its answer would still count. */
  state: "waiting" | "written" | "lost" | "ended" = "waiting";
  /** What is to be written; undefined once it is. */
  payload: Uint8Array | undefined;
  /** How, when and with which window it was written. A window above 1: maybe with its predecessor. */
  messageId = 0;
  writtenAt: Instant = 0 as Instant;
  window = 0;
  /** The same ask put before the next subscriber. */
  next: Notice | undefined = undefined;

  constructor(
    ask: Ask,
    subscriber: SubscriberId,
    role: "validator" | "observer",
    payload: Uint8Array,
  ) {
    this.ask = ask;
    this.subscriber = subscriber;
    this.role = role;
    this.payload = payload;
  }
}

/** How the part a subscriber plays in one ask came to its end. */
export type NoticeEnd = Verdict | "abstain";
