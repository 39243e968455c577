import { present } from "../core/assert.ts";
import type { Input } from "../core/input.ts";
import type { Output } from "../core/output.ts";
import type { LinkId, SubscriberId } from "../core/ports.ts";
import type { TraceEvent } from "../core/trace.ts";
import type { GossipAnnounce } from "../wire/api/gossip-announce.ts";
import type { Checker } from "./checker.ts";
import { markOf } from "./item-mark.ts";
import { HOPS_UNLIMITED, ItemRecord, NEVER } from "./item-record.ts";
import type { Observer } from "./observer.ts";
import type { PlannedEvent } from "./plan.ts";
import type { Simulator } from "./simulator.ts";
import type { SimNode } from "./sim-node.ts";

/** What the ledger knows of one life of one node. */
class NodePage {
  readonly incarnation: number;
  /** Numbers of items by their number in this core's seen cache. */
  readonly marks: number[] = [];
  /** Numbers of items by open notification: subscriber and message id. */
  readonly asked = new Map<number, number>();

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }
}

/** The item and the link that the current step of the current node is about. */
interface Subject {
  readonly mark: number;
  readonly link: LinkId | undefined;
}

/** An item that has not arrived after this is late, in ms. A guess: several times what a flood takes. */
const ON_ITS_WAY_MS = 5_000;

const NO_SUBJECT: Subject = { mark: -1, link: undefined };

/**
 * Follows every item through every node, by its mark, and tells the checkers in their own words. Keeps
 * what statistics are made of.
 */
export class ItemLedger implements Observer {
  readonly items: ItemRecord[] = [];
  readonly #itemByMark = new Map<number, ItemRecord>();
  readonly #simulator: Simulator;
  readonly #checkers: readonly Checker[];
  readonly #pages: (NodePage | undefined)[] = [];
  #subject: Subject = NO_SUBJECT;

  constructor(simulator: Simulator, checkers: readonly Checker[]) {
    this.#simulator = simulator;
    this.#checkers = checkers;
  }

  itemOf(mark: number): ItemRecord | undefined {
    return this.#itemByMark.get(mark);
  }

  onInput(node: SimNode, input: Input): void {
    this.#subject = NO_SUBJECT;
    for (const checker of this.#checkers) checker.onInput?.(node, input);
    if (input.kind === "peerMessage") this.#onPeerMessage(node, input);
    else if (input.kind === "apiRequest") this.#onRequest(node, input);
  }

  onOutput(node: SimNode, output: Output): void {
    if (output.kind === "trace") this.#onTrace(node, output.event);
    else if (output.kind === "notify") this.#onNotify(node, output);
    for (const checker of this.#checkers) checker.onOutput?.(node, output);
  }

  onSettled(node: SimNode): void {
    for (const checker of this.#checkers) checker.onSettled?.(node);
  }

  onPlanned(event: PlannedEvent): void {
    this.#subject = NO_SUBJECT;
    if (event.kind === "crash") this.#excuse(event.node);
  }

  /** Whoever goes while an item is on its way to it has not missed it. */
  #excuse(node: number): void {
    const { now } = this.#simulator;
    for (let at = this.items.length - 1; at >= 0; at--) {
      const item = this.items[at];
      if (item === undefined || now - item.announcedAt > ON_ITS_WAY_MS) return;
      if (item.notifiedAfterMs[node] === NEVER) item.wantedBy.delete(node);
    }
  }

  onEnd(): void {
    for (const checker of this.#checkers) checker.onEnd?.();
  }

  #onPeerMessage(node: SimNode, input: Input & { readonly kind: "peerMessage" }): void {
    const { message, link } = input;
    if (message.kind !== "p2pAnnounce") return;
    const mark = markOf(message.data);
    const item = this.#itemByMark.get(mark);
    const end = node.ends.get(link);
    if (item === undefined || end === undefined) return;
    this.#subject = { mark, link };
    const isWanted = hasSubscriberOf(node, item.dataType);
    for (const checker of this.#checkers) checker.onCopy?.({ item, node, end, message, isWanted });
    if (isWanted) item.hopsAtSender.raise(end.ordinal, hopsAtSender(message.ttl));
    item.messageId ??= message.messageId;
    item.onCopy(node.index, end.other.node, this.#simulator.now);
  }

  #onRequest(node: SimNode, input: Input & { readonly kind: "apiRequest" }): void {
    const { request, subscriber } = input;
    if (request.kind === "gossipAnnounce") {
      const mark = markOf(request.data);
      if (mark >= 0) this.#open(node, mark, subscriber, request);
    } else if (request.kind === "gossipValidation") {
      const page = this.#pageOf(node);
      const key = askedKey(subscriber, request.messageId);
      const item = this.#itemByMark.get(page.asked.get(key) ?? -1);
      page.asked.delete(key);
      if (item === undefined) return;
      this.#subject = { mark: item.number, link: undefined };
      const { verdict } = request;
      for (const checker of this.#checkers) {
        checker.onVerdict?.({ item, node, subscriber }, verdict);
      }
    }
  }

  #open(node: SimNode, mark: number, announcer: SubscriberId, request: GossipAnnounce): void {
    const { ttl, dataType } = request;
    this.#subject = { mark, link: undefined };
    const item = new ItemRecord({
      number: mark,
      origin: node.index,
      announcer,
      announcedAt: this.#simulator.now,
      ttl,
      dataType,
      nodes: this.#simulator.nodes.length,
    });
    for (const other of this.#simulator.nodes) {
      if (other !== node && hasSubscriberOf(other, dataType)) item.wantedBy.add(other.index);
    }
    this.#itemByMark.set(mark, item);
    this.items.push(item);
    for (const checker of this.#checkers) checker.onAnnounced?.(item, node);
  }

  #onTrace(node: SimNode, event: TraceEvent): void {
    switch (event.kind) {
      case "itemAnnounced":
        this.#pageOf(node).marks[event.item] = this.#subject.mark;
        return;
      case "itemArrived":
        this.#pageOf(node).marks[event.item] = this.#subject.mark;
        this.#onTakenUp(node);
        return;
      case "itemRenewed": {
        const { marks } = this.#pageOf(node);
        marks[event.renewed] = marks[event.item] ?? -1;
        return;
      }
      case "itemForwarded":
        this.#onForwarded(node, event);
        return;
      case "itemDropped": {
        if (event.reason === "duplicate") return;
        const item = this.#itemByMark.get(this.#subject.mark);
        if (item === undefined) return;
        for (const checker of this.#checkers) checker.onExcused?.(item, node);
        return;
      }
      default:
        return;
    }
  }

  #onTakenUp(node: SimNode): void {
    const item = this.#itemByMark.get(this.#subject.mark);
    if (item === undefined) return;
    const isWanted = hasSubscriberOf(node, item.dataType);
    for (const checker of this.#checkers) checker.onTakenUp?.(item, node, isWanted);
  }

  #onForwarded(node: SimNode, event: TraceEvent & { readonly kind: "itemForwarded" }): void {
    const mark = this.#pageOf(node).marks[event.item] ?? -1;
    const item = this.#itemByMark.get(mark);
    if (item === undefined) return;
    const { links, ttl, occasion } = event;
    const cause = mark === this.#subject.mark ? this.#subject.link : undefined;
    const forward = { item, node, links, ttl, occasion, cause };
    for (const checker of this.#checkers) checker.onForward?.(forward);
  }

  #onNotify(node: SimNode, output: Output & { readonly kind: "notify" }): void {
    const { subscriber } = output;
    for (const { data, messageId } of output.notifications) {
      const mark = markOf(data);
      const item = this.#itemByMark.get(mark);
      if (item === undefined) continue;
      this.#pageOf(node).asked.set(askedKey(subscriber, messageId), mark);
      for (const checker of this.#checkers) checker.onNotified?.({ item, node, subscriber });
      item.onNotified(node.index, this.#simulator.now);
    }
  }

  #pageOf(node: SimNode): NodePage {
    if (this.#pages[node.index]?.incarnation !== node.incarnation) {
      this.#pages[node.index] = new NodePage(node.incarnation);
    }
    return present(this.#pages[node.index], "a page of the ledger");
  }
}

function hasSubscriberOf(node: SimNode, dataType: number): boolean {
  for (const module of node.moduleBySubscriber.values()) {
    if (module.plan.dataTypes.includes(dataType)) return true;
  }
  return false;
}

/** Who sends a copy with a limit had one with one hop more, and none with more than 255. */
const hopsAtSender = (ttl: number): number =>
  ttl === 0 ? HOPS_UNLIMITED : Math.min(ttl + 1, HOPS_UNLIMITED - 1);

const askedKey = (subscriber: number, messageId: number): number => subscriber * 65_536 + messageId;
