import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ItemEvent } from "../../monitor/monitor-event.ts";
import type {
  NetworkState,
  PlaygroundAction,
  PlaygroundEvent,
  WaveStep,
} from "./playground-event.ts";
import { PlaygroundNode } from "./playground-node.ts";

/** Changes of the network within this time are told together, in ms: people see no difference. A guess. */
const CHANGES_MS = 100;
/** Announcements whose text is remembered for the page. A guess: more than anybody types. */
const TEXTS_MAX = 200;
/** Where in a key the hash of the data begins, in hexadecimal digits [protocol §4.1]. */
const KEY_HASH_AT = 8;

export interface PlaygroundPlan {
  readonly nodes: number;
  readonly difficultyBits: number;
  readonly dataType: number;
}

/** Something that cannot be done as things are; the message is for people. */
export class PlaygroundRefusal extends Error {}

/** A network of real nodes in this process, which people can play with. */
export class Playground {
  readonly plan: PlaygroundPlan;
  readonly #nodes: readonly PlaygroundNode[];
  readonly #listeners = new Set<(event: PlaygroundEvent) => void>();
  readonly #textByHash = new Map<string, string>();
  #phase: "open" | "closing" = "open";
  #changesTimer: NodeJS.Timeout | undefined;

  constructor(plan: PlaygroundPlan, folder: string) {
    this.plan = plan;
    this.#nodes = Array.from({ length: plan.nodes }, (_, at) => this.#createNode(at + 1, folder));
  }

  /** Starts all nodes; that their links come up is told later. */
  async start(): Promise<void> {
    for (const node of this.#nodes) {
      if (this.#phase === "closing") return;
      await node.start();
    }
  }

  async stop(): Promise<void> {
    this.#phase = "closing";
    await Promise.all(this.#nodes.map((node) => node.stop()));
    clearTimeout(this.#changesTimer);
  }

  state(): NetworkState {
    const { difficultyBits, dataType } = this.plan;
    return {
      difficultyBits,
      dataType,
      nodes: this.#nodes.map((node) => node.state()),
      links: this.#nodes.flatMap(({ number, outboundPorts }) =>
        outboundPorts.flatMap((port) => {
          const to = this.#nodeAt(port);
          return to === null ? [] : [{ from: number, to }];
        }),
      ),
    };
  }

  /** Tells everything from here on. Returns what ends it. */
  watch(listener: (event: PlaygroundEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws PlaygroundRefusal when it cannot be done now */
  async act(action: PlaygroundAction): Promise<void> {
    const node = this.#nodes[action.node - 1];
    if (node === undefined) throw new PlaygroundRefusal(`there is no node ${action.node}`);
    switch (action.action) {
      case "announce":
        if (node.life !== "running") throw new PlaygroundRefusal(`node ${node.number} is stopped`);
        this.#remember(action.text);
        return node.announce(action.text, action.ttl);
      case "accept":
      case "reject":
        node.verdict = action.action;
        return;
      case "stop":
        return node.stop();
      case "start":
        return node.start();
    }
  }

  #createNode(number: number, folder: string): PlaygroundNode {
    const { difficultyBits, dataType } = this.plan;
    return new PlaygroundNode({
      number,
      dataDir: join(folder, String(number)),
      difficultyBits,
      dataType,
      bootstrappers: () =>
        number === 1 ? [] : this.#nodes.slice(0, 1).map((one) => one.p2pAddress),
      onChanged: () => this.#onChanged(),
      onItem: (event) => this.#onItem(number, event),
    });
  }

  #nodeAt(port: number | undefined): number | null {
    return this.#nodes.find(({ p2pAddress }) => p2pAddress.port === port)?.number ?? null;
  }

  #remember(text: string): void {
    this.#textByHash.set(hashOf(text), text);
    for (const hash of this.#textByHash.keys()) {
      if (this.#textByHash.size <= TEXTS_MAX) return;
      this.#textByHash.delete(hash);
    }
  }

  #onChanged(): void {
    this.#changesTimer ??= setTimeout(() => {
      this.#changesTimer = undefined;
      this.#tell({ name: "network", data: this.state() });
    }, CHANGES_MS);
  }

  #onItem(node: number, event: ItemEvent): void {
    const step = this.#stepOf(node, event);
    if (step !== undefined) this.#tell({ name: "wave", data: step });
  }

  #stepOf(number: number, event: ItemEvent): WaveStep | undefined {
    const { key } = event;
    const place = { key, node: number, atMs: performance.now() };
    const peer = (link: number): number | null =>
      this.#nodeAt(this.#nodes[number - 1]?.peerPortOf(link));
    switch (event.step) {
      case "announced": {
        const text = this.#textByHash.get(key.slice(KEY_HASH_AT)) ?? null;
        return { ...place, kind: "announced", ttl: event.ttl, text };
      }
      case "arrived":
      case "duplicate":
        return { ...place, kind: event.step, from: peer(event.link), ttl: event.ttl };
      case "verdict":
        return { ...place, kind: "judged", verdict: event.verdict };
      case "forwarded": {
        const to = event.links.map(peer).filter((node) => node !== null);
        return { ...place, kind: "sent", to, ttl: event.ttl };
      }
      case "dropped":
        return { ...place, kind: "ended", reason: event.reason };
      case "expired":
        return { ...place, kind: "ended", reason: "expired" };
      case "asked":
      case "accepted":
      case "rejected":
        // The verdict of the only module here says the same.
        return undefined;
    }
  }

  #tell(event: PlaygroundEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** As it stands in the key of an item [protocol §4.1]. */
const hashOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 32);
