import type { SavedBook } from "../core/saved-book.ts";
import { assert, assertNever, present } from "../core/assert.ts";
import type { LinkCloseCause, SubscriberCloseCause } from "../core/close-cause.ts";
import type { Core } from "../core/core.ts";
import type { CoreEvent } from "../core/event.ts";
import type { Input } from "../core/input.ts";
import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { Output } from "../core/output.ts";
import { linkId, subscriberId } from "../core/ports.ts";
import type { DialId, Instant, LinkId, PeerAddress, SubscriberId } from "../core/ports.ts";
import type { AddressSnapshot, CoreSnapshot } from "../core/snapshot.ts";
import type { TraceEvent } from "../core/trace.ts";
import type { GossipNotification } from "../wire/api/gossip-notification.ts";
import type { MessageType } from "../wire/message-type.ts";
import { Alarm } from "./alarm.ts";
import type { Clock } from "./system-clock.ts";
import type { Timers } from "./timers.ts";

/** What the driver can do with the connection of a peer. None of it calls back before it returned. */
export interface LinkPort {
  /** One write; `linkDrained` follows when the socket has taken it. */
  writeFrames(frames: readonly OutgoingFrame[]): void;
  hold(): void;
  resume(): void;
  close(cause: LinkCloseCause): void;
}

/** The same for the connection of a module. */
export interface SubscriberPort {
  /** One write; `subscriberDrained` follows when the socket has taken all there was to take. */
  notify(notifications: readonly GossipNotification[]): void;
  hold(): void;
  resume(): void;
  close(cause: SubscriberCloseCause): void;
}

/** The puzzle of one link [protocol §3.2, §6.2]. */
export type Puzzle = Pick<
  Extract<Output, { readonly kind: "solveProof" }>,
  "challenge" | "difficultyBits" | "nonceHigh"
>;

/** What the core wants done that concerns no open connection. */
export interface DriverActions {
  dial(dial: DialId, address: PeerAddress): void;
  cancelDial(dial: DialId): void;
  solveProof(link: LinkId, puzzle: Puzzle): void;
  cancelProof(link: LinkId): void;
  saveBook(book: SavedBook): void;
  report(event: CoreEvent): void;
  trace(event: TraceEvent): void;
  /** Our own code is broken. The driver has stopped for good; whoever owns it must end. */
  fail(error: unknown): void;
}

export interface DriverOptions {
  readonly core: Core;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly actions: DriverActions;
}

const WAKEUP: Input = { kind: "wakeup" };
const FLUSH: Input = { kind: "flush" };
/**
 * So many inputs are flushed without waiting for other reads: modules should get to work. With bench/network
 * single runs with 16, 64 and 256 differed less than runs do; without any limit modules were overrun.
 */
const FLUSH_AT_ONCE_INPUTS = 64;

/**
 * Feeds the core one input at a time and performs what it answers, in order. Decides nothing.
 *
 * What gathered for a connection leaves as one write: the core gets a `flush` after a single input, after a
 * read of many frames, and otherwise at the end of the turn of the event loop, in which several links
 * may have brought a few frames each.
 */
export class Driver {
  readonly #core: Core;
  readonly #clock: Clock;
  readonly #actions: DriverActions;
  readonly #timers: Timers;
  readonly #alarm: Alarm;
  readonly #links = new Map<LinkId, LinkPort>();
  readonly #subscribers = new Map<SubscriberId, SubscriberPort>();
  /** Inputs that came while another one was being performed. Nearly always empty. */
  readonly #inbox: Input[] = [];
  readonly #outbox: Output[] = [];
  #state: "idle" | "stepping" | "stopped" = "idle";
  #batch: "none" | "open" = "none";
  #unflushedInputs = 0;
  #turnEnd: "unasked" | "asked" = "unasked";
  /** Read once for each batch: asking for every frame costs more than a look into a table. */
  #now: Instant;
  #lastLink = 0;
  #lastSubscriber = 0;

  constructor(options: DriverOptions) {
    this.#core = options.core;
    this.#clock = options.clock;
    this.#now = options.clock.now();
    this.#actions = options.actions;
    this.#timers = options.timers;
    this.#alarm = new Alarm(options.clock, options.timers, () => this.submit(WAKEUP));
  }

  /** Gives a new connection its id. The core has to hear of it by the very next input about it. */
  addLink<Port extends LinkPort>(make: (link: LinkId) => Port): Port {
    this.#lastLink++;
    const link = linkId(this.#lastLink);
    const port = make(link);
    this.#links.set(link, port);
    return port;
  }

  addSubscriber<Port extends SubscriberPort>(make: (subscriber: SubscriberId) => Port): Port {
    this.#lastSubscriber++;
    const subscriber = subscriberId(this.#lastSubscriber);
    const port = make(subscriber);
    this.#subscribers.set(subscriber, port);
    return port;
  }

  expects(link: LinkId, type: MessageType): boolean {
    return this.#core.expects(link, type);
  }

  savedBook(): SavedBook {
    return this.#core.savedBook();
  }

  snapshot(): CoreSnapshot {
    return this.#core.snapshot(this.#clock.now());
  }

  addresses(): AddressSnapshot[] {
    return this.#core.addresses(this.#clock.now());
  }

  /** Steps the core at once, or later when it is being stepped: a socket may fail while we write. */
  submit(input: Input): void {
    if (this.#state === "idle") this.#run(input);
    else if (this.#state === "stepping") this.#inbox.push(input);
  }

  /** The first `wakeup`: the core starts to dial. */
  start(): void {
    this.submit(WAKEUP);
  }

  /** From here to `endBatch` inputs are performed one by one, but flushed together, with other batches. */
  beginBatch(): void {
    assert(this.#state !== "stepping", "a connection must not be read while the core is stepped");
    assert(this.#batch === "none", "batches do not nest");
    this.#batch = "open";
    this.#now = this.#clock.now();
  }

  endBatch(): void {
    this.#batch = "none";
    if (this.#unflushedInputs >= FLUSH_AT_ONCE_INPUTS) this.flush();
    else if (this.#unflushedInputs > 0) this.#flushAtEndOfTurn();
  }

  /** Lets go what has gathered, if anything has. */
  flush(): void {
    if (this.#state === "idle" && this.#unflushedInputs > 0) this.#run(FLUSH);
  }

  /** Nothing is stepped, performed or waited for any more. */
  stop(): void {
    this.#state = "stopped";
    this.#inbox.length = 0;
    this.#alarm.clear();
  }

  /** Ends the driver because something of ours threw. */
  fail(error: unknown): void {
    if (this.#state === "stopped") return;
    this.stop();
    this.#actions.fail(error);
  }

  #flushAtEndOfTurn(): void {
    if (this.#turnEnd === "asked") return;
    this.#turnEnd = "asked";
    this.#timers.atEndOfTurn(() => {
      this.#turnEnd = "unasked";
      this.flush();
    });
  }

  #run(first: Input): void {
    this.#state = "stepping";
    if (this.#batch === "none") this.#now = this.#clock.now();
    try {
      this.#step(first);
      this.#settle();
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.#isStepping()) this.#state = "idle";
  }

  /** Asked again after stepping, during which the driver may have been stopped. */
  #isStepping(): boolean {
    return this.#state === "stepping";
  }

  #settle(): void {
    for (;;) {
      // By index: the list grows while it is worked off, and shifting a long one is slow.
      for (let at = 0; at < this.#inbox.length; at++) {
        this.#step(present(this.#inbox[at], "a queued input"));
      }
      if (this.#inbox.length > 0) this.#inbox.length = 0;
      if (this.#batch === "open" || this.#unflushedInputs === 0) return;
      this.#step(FLUSH);
    }
  }

  #step(input: Input): void {
    this.#note(input);
    const outbox = this.#outbox;
    this.#core.step(input, this.#now, outbox);
    if (outbox.length === 0) return;
    for (const output of outbox) this.#perform(output);
    outbox.length = 0;
  }

  /** Asks for the kind once: inputs differ so much in shape that the engine looks it up each time. */
  #note(input: Input): void {
    this.#unflushedInputs++;
    switch (input.kind) {
      case "flush":
        this.#unflushedInputs = 0;
        return;
      case "linkLost":
        this.#links.delete(input.link);
        return;
      case "subscriberGone":
        this.#subscribers.delete(input.subscriber);
        return;
      default:
    }
  }

  #perform(output: Output): void {
    switch (output.kind) {
      case "write":
        this.#linkPort(output.link).writeFrames(output.frames);
        return;
      case "holdLink":
        this.#linkPort(output.link).hold();
        return;
      case "resumeLink":
        this.#linkPort(output.link).resume();
        return;
      case "closeLink":
        this.#closeLink(output.link, output.cause);
        return;
      case "notify":
        this.#subscriberPort(output.subscriber).notify(output.notifications);
        return;
      case "holdSubscriber":
        this.#subscriberPort(output.subscriber).hold();
        return;
      case "resumeSubscriber":
        this.#subscriberPort(output.subscriber).resume();
        return;
      case "closeSubscriber":
        this.#closeSubscriber(output.subscriber, output.cause);
        return;
      case "wakeAt":
        this.#alarm.set(output.at);
        return;
      default:
        this.#act(output);
        return;
    }
  }

  #act(output: UnconnectedOutput): void {
    const actions = this.#actions;
    switch (output.kind) {
      case "dial":
        actions.dial(output.dial, output.address);
        return;
      case "cancelDial":
        actions.cancelDial(output.dial);
        return;
      case "solveProof":
        actions.solveProof(output.link, output);
        return;
      case "cancelProof":
        actions.cancelProof(output.link);
        return;
      case "saveBook":
        actions.saveBook(this.#core.savedBook());
        return;
      case "report":
        actions.report(output.event);
        return;
      case "trace":
        actions.trace(output.event);
        return;
      default:
        assertNever(output);
        return;
    }
  }

  #linkPort(link: LinkId): LinkPort {
    return present(this.#links.get(link), `link ${link}, which the core named,`);
  }

  #subscriberPort(subscriber: SubscriberId): SubscriberPort {
    return present(
      this.#subscribers.get(subscriber),
      `subscriber ${subscriber}, which the core named,`,
    );
  }

  #closeLink(link: LinkId, cause: LinkCloseCause): void {
    const port = this.#linkPort(link);
    this.#links.delete(link);
    port.close(cause);
  }

  #closeSubscriber(subscriber: SubscriberId, cause: SubscriberCloseCause): void {
    const port = this.#subscriberPort(subscriber);
    this.#subscribers.delete(subscriber);
    port.close(cause);
  }
}

type UnconnectedOutput = Extract<
  Output,
  {
    readonly kind:
      "dial" | "cancelDial" | "solveProof" | "cancelProof" | "saveBook" | "report" | "trace";
  }
>;
