import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { CoreConfig } from "../../src/core/core-config.ts";
import { hopsLeft } from "../../src/core/hops.ts";
import type { Input } from "../../src/core/input.ts";
import { fillItemKey, formatItemKey, ITEM_KEY_WORDS } from "../../src/core/item-key.ts";
import type { Output } from "../../src/core/output.ts";
import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import type { CoreSnapshot } from "../../src/core/snapshot.ts";
import type { TraceEvent } from "../../src/core/trace.ts";
import type { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { sha256 } from "./core-harness.ts";
import { connectionOf, linesOf } from "./core-outbox.ts";

/** What is known of one item from the outside. */
interface Item {
  readonly origin: "peer" | "module";
  readonly key: string;
  /** Links that brought it since it was remembered, with the most hops left of their nodes' copies. */
  readonly senders: Map<LinkId, number>;
  hopsBest: number;
  fate: "open" | "accepted" | "dropped";
  accepts: number;
}

/** Checks, after each step of a core with tracing, what must always hold. */
export class CoreWatch {
  readonly links = new Set<LinkId>();
  readonly subscribers = new Set<SubscriberId>();
  /** Links with a write that their socket has not taken. */
  readonly busyLinks = new Set<LinkId>();
  /** The latest notifications: who got them, under which id. */
  notifications: { readonly subscriber: SubscriberId; readonly messageId: number }[] = [];
  /** The latest challenges that the core has shown. */
  challenges: Uint8Array[] = [];
  solvingLink: LinkId | undefined;
  readonly #config: CoreConfig;
  readonly #gone = new Set<number>();
  readonly #items = new Map<number, Item>();
  readonly #itemByKey = new Map<string, Item>();
  readonly #hash = createHash("sha256");
  #bringing: { readonly link: LinkId; readonly message: P2PAnnounce } | undefined;

  constructor(config: CoreConfig) {
    this.#config = config;
  }

  /** Of everything that came out: the same inputs give the same one. */
  get traceHash(): string {
    return this.#hash.copy().digest("hex");
  }

  before(input: Input): void {
    this.#bringing = undefined;
    if (input.kind === "linkAccepted" || input.kind === "linkDialed") this.links.add(input.link);
    if (input.kind === "subscriberOpened") this.subscribers.add(input.subscriber);
    if (input.kind === "linkDrained") this.busyLinks.delete(input.link);
    if (input.kind === "proofFound" || input.kind === "proofFailed") {
      if (input.link === this.solvingLink) this.solvingLink = undefined;
    }
    if (input.kind !== "peerMessage" || input.message.kind !== "p2pAnnounce") return;
    if (!this.links.has(input.link)) return;
    this.#bringing = { link: input.link, message: input.message };
    this.#note(this.#itemByKey.get(keyOf(input.message)));
  }

  output(output: Output): void {
    this.#hash.update(linesOf([output], "reports").join());
    const connection = connectionOf(output);
    if (connection !== undefined) {
      assert.ok(!this.#gone.has(connection), `${output.kind} mentions closed ${connection}`);
    }
    switch (output.kind) {
      case "write":
        assert.ok(!this.busyLinks.has(output.link), "a second write before the first was taken");
        this.busyLinks.add(output.link);
        for (const { message } of output.frames) {
          if (message.kind === "p2pInit")
            this.challenges = [...this.challenges.slice(-3), message.challenge];
        }
        return;
      case "notify":
        for (const { messageId } of output.notifications) {
          const { subscriber } = output;
          this.notifications = [...this.notifications.slice(-8), { subscriber, messageId }];
        }
        return;
      case "closeLink":
        this.#gone.add(output.link);
        this.#forget(output.link);
        return;
      case "closeSubscriber":
        this.#gone.add(output.subscriber);
        this.subscribers.delete(output.subscriber);
        return;
      case "solveProof":
        assert.equal(this.solvingLink, undefined, "two proofs at a time");
        this.solvingLink = output.link;
        return;
      case "cancelProof":
        this.solvingLink = undefined;
        return;
      case "trace":
        this.#trace(output.event);
        return;
      default:
        return;
    }
  }

  after(input: Input, snapshot: CoreSnapshot): void {
    if (input.kind === "linkLost" && this.links.has(input.link)) {
      this.#gone.add(input.link);
      this.#forget(input.link);
    }
    if (input.kind === "subscriberGone" && this.subscribers.delete(input.subscriber)) {
      this.#gone.add(input.subscriber);
    }
    this.#checkBounds(snapshot);
  }

  #forget(link: LinkId): void {
    this.links.delete(link);
    this.busyLinks.delete(link);
  }

  #checkBounds(snapshot: CoreSnapshot): void {
    const { limits } = this.#config;
    assert.equal(snapshot.links.length, this.links.size);
    assert.equal(snapshot.subscribers.length, this.subscribers.size);
    for (const { name, entries, entriesMax, bytes, bytesMax } of snapshot.stores) {
      assert.ok(entries >= 0 && entries <= entriesMax, `${name}: ${entries} of ${entriesMax}`);
      assert.ok(bytes >= 0 && bytes <= bytesMax, `${name}: ${bytes} of ${bytesMax} bytes`);
    }
    for (const { queueFrames, queueBytes } of snapshot.links) {
      // Between two flushes a queue may grow by what one tick gathers.
      assert.ok(queueFrames >= 0 && queueFrames <= 20 * limits.linkQueueFrames);
      assert.ok(queueBytes >= 0);
    }
    for (const { waiting, waitingBytes, outstanding, window } of snapshot.subscribers) {
      assert.ok(waiting >= 0 && waiting <= limits.subscriberQueueMessages);
      assert.ok(waitingBytes >= 0 && waitingBytes <= limits.subscriberQueueBytes);
      assert.ok(outstanding <= 65_536 && window <= 16_384);
    }
  }

  /** A copy on its way in: counts for its item before the core acts on it. */
  #note(item: Item | undefined): void {
    if (item === undefined || this.#bringing === undefined) return;
    const { link, message } = this.#bringing;
    const atSender = message.ttl === 0 ? 256 : Math.min(message.ttl + 1, 255);
    item.senders.set(link, Math.max(item.senders.get(link) ?? 0, atSender));
    item.hopsBest = Math.max(item.hopsBest, hopsLeft(message.ttl));
  }

  #trace(event: TraceEvent): void {
    switch (event.kind) {
      case "itemArrived":
      case "itemAnnounced": {
        const origin = event.kind === "itemArrived" ? "peer" : "module";
        const fate = origin === "peer" ? "open" : "accepted";
        const item: Item = {
          origin,
          key: event.key,
          senders: new Map(),
          hopsBest: 0,
          fate,
          accepts: 0,
        };
        if (origin === "module") item.hopsBest = event.ttl === 0 ? 256 : event.ttl + 1;
        this.#items.set(event.item, item);
        this.#itemByKey.set(event.key, item);
        this.#note(item);
        return;
      }
      case "itemJudged":
        if (event.verdict === "accept") this.#item(event.item).accepts++;
        return;
      case "itemSettled":
        this.#onSettled(this.#item(event.item), event.outcome === "accepted");
        return;
      case "itemRenewed":
        this.#items.set(event.renewed, this.#item(event.item));
        return;
      case "itemForwarded":
        this.#onForwarded(this.#item(event.item), event);
        return;
      default:
        return;
    }
  }

  #onSettled(item: Item, isAccepted: boolean): void {
    assert.equal(item.fate, "open", "settled twice");
    item.fate = isAccepted ? "accepted" : "dropped";
    if (isAccepted) assert.ok(item.accepts > 0, "accepted without a V = 1");
  }

  #onForwarded(item: Item, event: TraceEvent & { readonly kind: "itemForwarded" }): void {
    assert.equal(item.fate, "accepted", "forwarded before the verdict");
    const isOwn = item.origin === "module";
    const hops = hopsLeft(event.ttl);
    if (event.ttl === 0) assert.equal(item.hopsBest, 256, "a limit became none");
    else assert.ok(hops < item.hopsBest, `ttl grew: ${event.ttl} of ${item.hopsBest}`);
    if (event.occasion === "offered" && !isOwn) assert.equal(event.ttl, 1);
    if (event.occasion !== "improved" && event.occasion !== "offered") {
      assert.ok(event.links.length <= this.#config.degree, "more links than degree");
    }
    assert.equal(new Set(event.links).size, event.links.length, "one link twice");
    for (const link of event.links) {
      assert.ok(this.links.has(link), "forwarded to a link that is not open");
      const isBack =
        event.occasion === "improved"
          ? link === this.#bringing?.link
          : (item.senders.get(link) ?? 0) >= hops;
      assert.ok(!isBack, `${event.occasion} back to a sender`);
    }
  }

  #item(item: number): Item {
    const known = this.#items.get(item);
    assert.ok(known !== undefined, `item ${item} was never seen`);
    return known;
  }
}

function keyOf(message: P2PAnnounce): string {
  const key = new Int32Array(ITEM_KEY_WORDS);
  fillItemKey(key, message.dataType, message.messageId, message.data, sha256);
  return formatItemKey(key);
}
