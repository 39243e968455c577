import { GossipClient } from "../../client/gossip-client.ts";
import { present } from "../../core/assert.ts";
import type { CoreEvent } from "../../core/event.ts";
import type { PeerAddress } from "../../core/ports.ts";
import { formatAddress } from "../../daemon/address.ts";
import { Config } from "../../daemon/config.ts";
import { Gossip } from "../../daemon/gossip.ts";
import { SILENT_LOG } from "../../daemon/logger.ts";
import type { ProofProgress } from "../../daemon/proof-solving.ts";
import type { SetupEvent } from "./demo-event.ts";
import { ItemJourney } from "./item-journey.ts";
import type { DemoPlan } from "./plan.ts";

const ANY_PORT: PeerAddress = { host: "127.0.0.1", port: 0 };

/** Something that happens once, and can be waited for. */
class Milestone {
  readonly reached: Promise<void>;
  #reach: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve));
  }

  reach(): void {
    this.#reach();
  }
}

/** One real daemon, the modules that talk to it over TCP, and what becomes of the item there. */
export class DemoNode {
  readonly number: number;
  readonly journey: ItemJourney;
  readonly #plan: DemoPlan;
  readonly #targets: readonly DemoNode[];
  readonly #report: (event: SetupEvent) => void;
  readonly #gossip: Gossip;
  readonly #clients: GossipClient[] = [];
  readonly #linked = new Milestone();
  readonly #subscribed = new Milestone();
  readonly #linkedTargets = new Set<number>();
  #previousLinkMs = performance.now();

  /** @param targets whom it dials; they must have been started. */
  constructor(
    number: number,
    plan: DemoPlan,
    targets: readonly DemoNode[],
    dataDir: string,
    report: (event: SetupEvent) => void,
  ) {
    this.number = number;
    this.journey = new ItemJourney(number, plan.ttl);
    this.#plan = plan;
    this.#targets = targets;
    this.#report = report;
    const config = Config.defaults({
      p2pAddress: ANY_PORT,
      apiAddress: ANY_PORT,
      dataDir,
      bootstrappers: targets.map((target) => target.#p2pAddress),
      // The plan says who links to whom.
      extensions: "off",
      difficultyBits: plan.difficultyBits,
      powTimeoutMs: plan.powTimeoutMs,
      // The bootstrapper is the only way from one leaf to all others.
      degree: Math.max(plan.nodes, 30),
    });
    this.#gossip = new Gossip(config, {
      logger: { ...SILENT_LOG, report: (event) => this.#onEvent(event) },
      onTrace: (event) => this.journey.onTrace(event, performance.now()),
      onProofProgress: (progress) => this.#onProgress(progress),
    });
  }

  get p2p(): string {
    return formatAddress(this.#p2pAddress);
  }

  get api(): string {
    return formatAddress(this.#apiAddress);
  }

  /** Resolves when there is a link to everybody it dials. */
  get whenLinked(): Promise<void> {
    return this.#linked.reached;
  }

  get links(): number {
    return this.#gossip.status().links.filter((link) => link.phase === "established").length;
  }

  /** Frames with an item in them that were read. */
  get copiesReceived(): number {
    return this.#totals.itemsReceived;
  }

  /** Copies of what was known already [protocol §4.6]. */
  get duplicates(): number {
    const { itemDuplicate, itemImproved, itemReforwardRefused } = this.#totals;
    return itemDuplicate + itemImproved + itemReforwardRefused;
  }

  async start(): Promise<void> {
    this.#previousLinkMs = performance.now();
    await this.#gossip.start();
    this.#report({ kind: "listening", node: this.number, p2p: this.p2p, api: this.api });
    if (this.#targets.length === 0) this.#linked.reach();
  }

  /** A module subscribes and accepts what comes; resolves when the node has understood it. */
  async subscribe(): Promise<void> {
    const client = await this.#connect();
    void this.#acceptAll(client);
    await this.#subscribed.reached;
    this.#report({ kind: "subscribed", node: this.number });
  }

  /** Another module announces the item, so that the subscribed one here hears of it too [protocol §2.3]. */
  async announce(): Promise<void> {
    const client = await this.#connect();
    this.journey.onAnnounced(performance.now());
    await client.announce(this.#plan.dataType, this.#plan.text, { ttl: this.#plan.ttl });
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#clients.map((client) => client.close()));
    await this.#gossip.stop();
  }

  get #totals(): ReturnType<Gossip["status"]>["counters"]["totals"] {
    return this.#gossip.status().counters.totals;
  }

  get #p2pAddress(): PeerAddress {
    return present(this.#gossip.p2pAddress, "the address of a started node");
  }

  get #apiAddress(): PeerAddress {
    return present(this.#gossip.apiAddress, "the address of a started node");
  }

  async #connect(): Promise<GossipClient> {
    const client = await GossipClient.connect({ ...this.#apiAddress, reconnect: false });
    this.#clients.push(client);
    return client;
  }

  async #acceptAll(client: GossipClient): Promise<void> {
    try {
      for await (const item of client.subscribe(this.#plan.dataType)) {
        this.journey.onNotified(item.data.length, performance.now());
        item.accept();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#report({ kind: "moduleLost", node: this.number, reason });
    }
  }

  #onEvent(event: CoreEvent): void {
    if (event.name === "subscribed") this.#subscribed.reach();
    if (event.name === "linkEstablished" && event.direction === "outbound") {
      this.#onLinked(event.remote);
    }
    if (event.name === "linkClosed" && event.direction === "outbound") {
      this.#report({ kind: "linkFailed", node: this.number, cause: event.cause });
    }
  }

  #onLinked(remote: PeerAddress): void {
    const target = this.#targetAt(formatAddress(remote));
    const nowMs = performance.now();
    const afterMs = nowMs - this.#previousLinkMs;
    this.#previousLinkMs = nowMs;
    this.#report({ kind: "linked", node: this.number, target, afterMs });
    if (target !== undefined) this.#linkedTargets.add(target);
    if (this.#linkedTargets.size === this.#targets.length) this.#linked.reach();
  }

  #onProgress({ link, hashes, hashesPerSecond, secondsLeft }: ProofProgress): void {
    const { remote = "" } = this.#gossip.status().links.find((one) => one.link === link) ?? {};
    const target = this.#targetAt(remote);
    const { number: node } = this;
    this.#report({ kind: "solving", node, target, hashes, hashesPerSecond, secondsLeft });
  }

  #targetAt(p2p: string): number | undefined {
    return this.#targets.find((target) => target.p2p === p2p)?.number;
  }
}
