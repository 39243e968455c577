import type { Output } from "../core/output.ts";
import type { SubscriberId } from "../core/ports.ts";
import { GossipAnnounce } from "../wire/api/gossip-announce.ts";
import type { GossipNotification } from "../wire/api/gossip-notification.ts";
import { GossipNotify } from "../wire/api/gossip-notify.ts";
import { GossipValidation } from "../wire/api/gossip-validation.ts";
import type { ApiRequest } from "../wire/decode.ts";
import type { Carriage } from "./carriage.ts";
import { markedPayload } from "./item-mark.ts";
import type { RandomStream } from "./random-stream.ts";
import { SimModule } from "./sim-module.ts";
import type { SimNode } from "./sim-node.ts";

/** What local modules put into the event queue. */
export type ApiEvent =
  | {
      readonly kind: "request";
      readonly node: SimNode;
      readonly module: SimModule;
      /** A request of a connection that is gone goes nowhere. */
      readonly subscriber: SubscriberId;
      readonly request: ApiRequest;
    }
  | { readonly kind: "moduleGone"; readonly node: SimNode; readonly subscriber: SubscriberId }
  | {
      readonly kind: "moduleBack";
      readonly node: SimNode;
      readonly module: SimModule;
      readonly incarnation: number;
    };

type ApiOutput = Output & {
  readonly kind: "notify" | "closeSubscriber" | "holdSubscriber" | "resumeSubscriber";
};

/** A module that the core closed comes back after this. Real ones take about as long; a guess. */
const RECONNECT_MS = 1_000;

/** The local modules of all nodes: their connections come and go, they announce and they judge. */
export class ApiHost {
  readonly #clock: { readonly now: number };
  readonly #schedule: (at: number, event: ApiEvent) => void;
  readonly #carriage: Carriage;
  readonly #publisherByNode = new Map<SimNode, SimModule>();

  constructor(
    clock: { readonly now: number },
    schedule: (at: number, event: ApiEvent) => void,
    carriage: Carriage,
  ) {
    this.#clock = clock;
    this.#schedule = schedule;
    this.#carriage = carriage;
  }

  connectModules(node: SimNode): void {
    for (const module of node.modules) this.#connect(node, module);
  }

  /** All connections of the node are gone, without anybody being told. */
  onCrash(node: SimNode): void {
    this.#publisherByNode.delete(node);
    for (const module of node.modules) forgetConnection(module);
  }

  /** A module of this node says something to the world. Does nothing while the node is down. */
  announce(node: SimNode, item: AnnouncedItem, random: RandomStream): void {
    if (node.core === undefined) return;
    const { number, ttl, dataType, dataBytes } = item;
    const request = new GossipAnnounce(ttl, dataType, markedPayload(number, dataBytes));
    const [first] = node.modules;
    const isOverFirst = item.over === "firstModule" && first?.subscriber !== undefined;
    this.#say(node, isOverFirst ? first : this.#publisher(node, random), request);
  }

  perform(node: SimNode, output: ApiOutput): void {
    const module = node.moduleBySubscriber.get(output.subscriber);
    // The module may be gone, and the core not know it yet.
    if (module?.subscriber !== output.subscriber) return;
    switch (output.kind) {
      case "notify":
        node.answer({ kind: "subscriberDrained", subscriber: output.subscriber });
        for (const notification of output.notifications) this.#react(node, module, notification);
        return;
      case "holdSubscriber":
        module.isHeld = true;
        return;
      case "resumeSubscriber":
        module.isHeld = false;
        for (const say of module.unheard.splice(0)) say();
        return;
      case "closeSubscriber":
        node.moduleBySubscriber.delete(output.subscriber);
        forgetConnection(module);
        this.#comeBack(node, module, RECONNECT_MS);
        return;
    }
  }

  onEvent(event: ApiEvent): void {
    const { node } = event;
    switch (event.kind) {
      case "request":
        if (node.moduleBySubscriber.get(event.subscriber) !== event.module) return;
        this.#say(node, event.module, event.request);
        return;
      case "moduleGone":
        if (!node.moduleBySubscriber.delete(event.subscriber)) return;
        node.tick({ kind: "subscriberGone", subscriber: event.subscriber });
        return;
      case "moduleBack":
        if (event.incarnation !== node.incarnation || event.module.subscriber !== undefined) return;
        this.#connect(node, event.module);
        return;
    }
  }

  #connect(node: SimNode, module: SimModule): void {
    const subscriber = node.newSubscriberId();
    module.subscriber = subscriber;
    node.moduleBySubscriber.set(subscriber, module);
    node.tick({ kind: "subscriberOpened", subscriber });
    for (const dataType of module.plan.dataTypes) {
      this.#say(node, module, new GossipNotify(dataType));
    }
  }

  #publisher(node: SimNode, random: RandomStream): SimModule {
    const known = this.#publisherByNode.get(node);
    if (known?.subscriber !== undefined) return known;
    const publisher = new SimModule({ dataTypes: [], behaviour: { kind: "silent" } }, random);
    this.#publisherByNode.set(node, publisher);
    this.#connect(node, publisher);
    return publisher;
  }

  /** Hands a request to the core, now or when the connection is read again. */
  #say(node: SimNode, module: SimModule, request: ApiRequest): void {
    const { subscriber } = module;
    if (subscriber === undefined) return;
    if (module.isHeld) {
      module.unheard.push(() => {
        this.#schedule(this.#clock.now, { kind: "request", node, module, subscriber, request });
      });
      return;
    }
    node.tick({ kind: "apiRequest", subscriber, request: this.#carriage.apiRequest(request) });
  }

  #react(node: SimNode, module: SimModule, sent: GossipNotification): void {
    const { subscriber } = module;
    if (subscriber === undefined) return;
    const { messageId } = this.#carriage.notification(sent);
    const reaction = module.react();
    switch (reaction.kind) {
      case "nothing":
        return;
      case "answer": {
        const request = new GossipValidation(messageId, reaction.verdict);
        if (reaction.afterMs === 0 && !module.isHeld) {
          node.answer({
            kind: "apiRequest",
            subscriber,
            request: this.#carriage.apiRequest(request),
          });
          return;
        }
        const at = this.#clock.now + reaction.afterMs;
        this.#schedule(at, { kind: "request", node, module, subscriber, request });
        return;
      }
      case "disconnect":
        forgetConnection(module);
        this.#schedule(this.#clock.now, { kind: "moduleGone", node, subscriber });
        this.#comeBack(node, module, reaction.backAfterMs);
        return;
    }
  }

  #comeBack(node: SimNode, module: SimModule, afterMs: number): void {
    const { incarnation } = node;
    const at = this.#clock.now + afterMs;
    this.#schedule(at, { kind: "moduleBack", node, module, incarnation });
  }
}

/** What an announcement says beside its origin. */
export interface AnnouncedItem {
  readonly number: number;
  readonly ttl: number;
  readonly dataType: number;
  readonly dataBytes: number;
  readonly over: "ownConnection" | "firstModule";
}

function forgetConnection(module: SimModule): void {
  module.subscriber = undefined;
  module.isHeld = false;
  module.unheard.length = 0;
}
