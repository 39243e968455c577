import { GossipClient } from "../../client/gossip-client.ts";
import type { CoreEvent } from "../../core/event.ts";
import type { PeerAddress } from "../../core/ports.ts";
import { formatAddress } from "../../daemon/address.ts";
import { Config } from "../../daemon/config.ts";
import { Gossip } from "../../daemon/gossip.ts";
import { SILENT_LOG } from "../../daemon/logger.ts";
import type { ItemEvent } from "../../monitor/monitor-event.ts";
import type { Verdict } from "../../wire/api/gossip-validation.ts";
import type { NodeLife, PlayedNode } from "./playground-event.ts";

const ANY_PORT: PeerAddress = { host: "127.0.0.1", port: 0 };
/** Enough for an overlay with circles, few enough to be drawn. A guess. */
const OUTBOUND_LINKS = 3;
/** So few that the bootstrapper cannot be everybody's neighbour, and items need some hops. A guess. */
const INBOUND_LINKS_MAX = 6;

export interface PlaygroundNodeOptions {
  readonly number: number;
  readonly dataDir: string;
  readonly difficultyBits: number;
  readonly dataType: number;
  /** Whom it dials first. */
  readonly bootstrappers: () => readonly PeerAddress[];
  /** Its life, its verdict or its links are not what they were. */
  onChanged(): void;
  onItem(event: ItemEvent): void;
}

interface NodeParts {
  readonly gossip: Gossip;
  /** By link: where the peer listens. */
  readonly peerPortByLink: Map<number, LinkEnd>;
  readonly clients: GossipClient[];
  speaker: GossipClient | undefined;
}

interface LinkEnd {
  readonly direction: "inbound" | "outbound";
  /** Undefined until the peer has said it. */
  readonly port: number | undefined;
}

/** A real node that can be stopped and come back at the same place, and the modules that talk to it over TCP. */
export class PlaygroundNode {
  readonly number: number;
  readonly #options: PlaygroundNodeOptions;
  #life: NodeLife = "stopped";
  #verdict: Verdict = "accept";
  #parts: NodeParts | undefined;
  /** Starts and stops come one after the other. */
  #work: Promise<void> = Promise.resolve();
  #p2p: PeerAddress = ANY_PORT;
  #api: PeerAddress = ANY_PORT;
  #monitor: PeerAddress = ANY_PORT;

  constructor(options: PlaygroundNodeOptions) {
    this.number = options.number;
    this.#options = options;
  }

  get life(): NodeLife {
    return this.#life;
  }

  get p2pAddress(): PeerAddress {
    return this.#p2p;
  }

  set verdict(verdict: Verdict) {
    this.#verdict = verdict;
    this.#options.onChanged();
  }

  state(): PlayedNode {
    const places = { p2p: this.#p2p, api: this.#api, monitor: this.#monitor };
    const known = Object.entries(places).map(([name, address]) => [
      name,
      address.port === 0 ? "" : formatAddress(address),
    ]);
    const {
      p2p = "",
      api = "",
      monitor = "",
    } = Object.fromEntries(known) as Record<string, string>;
    return { node: this.number, life: this.#life, verdict: this.#verdict, p2p, api, monitor };
  }

  /** Ports where the peers listen that it dialled and is linked to. */
  get outboundPorts(): readonly number[] {
    const ends = [...(this.#parts?.peerPortByLink.values() ?? [])];
    return ends.flatMap(({ direction, port }) =>
      direction === "outbound" && port !== undefined ? [port] : [],
    );
  }

  /** Where the peer of a link listens; undefined when it has not said so, or the link has gone. */
  peerPortOf(link: number): number | undefined {
    return this.#parts?.peerPortByLink.get(link)?.port;
  }

  /**
   * Starts it where it was, or anywhere the first time.
   *
   * @throws ListenError when somebody else has taken its port meanwhile: it is stopped then.
   */
  start(): Promise<void> {
    return this.#afterOthers(() => this.#bringUp());
  }

  stop(): Promise<void> {
    return this.#afterOthers(() => this.#takeDown());
  }

  /** A module of its own says it, so that the subscribed one hears of it too [protocol §2.3]. */
  async announce(text: string, ttl: number): Promise<void> {
    await this.#parts?.speaker?.announce(this.#options.dataType, text, { ttl });
  }

  #afterOthers(task: () => Promise<void>): Promise<void> {
    const work = this.#work.then(task);
    // Whoever asked for it hears of a failure; what comes next does not.
    this.#work = work.catch(() => undefined);
    return work;
  }

  async #bringUp(): Promise<void> {
    if (this.#life !== "stopped") return;
    this.#setLife("starting");
    const parts = this.#build();
    this.#parts = parts;
    try {
      await parts.gossip.start();
      this.#p2p = parts.gossip.p2pAddress ?? this.#p2p;
      this.#api = parts.gossip.apiAddress ?? this.#api;
      this.#monitor = parts.gossip.monitorAddress ?? this.#monitor;
      parts.gossip.watch((event) => {
        if (event.name === "item") this.#options.onItem(event.data);
      });
      void this.#answer(parts, await this.#connect(parts));
      parts.speaker = await this.#connect(parts);
      this.#setLife("running");
    } catch (error) {
      await this.#takeDown();
      throw error;
    }
  }

  #build(): NodeParts {
    const { dataDir, difficultyBits, bootstrappers } = this.#options;
    const peerPortByLink = new Map<number, LinkEnd>();
    const config = Config.defaults({
      p2pAddress: this.#p2p,
      apiAddress: this.#api,
      monitorAddress: this.#monitor,
      dataDir,
      bootstrappers: bootstrappers(),
      difficultyBits,
      outboundLinksTarget: OUTBOUND_LINKS,
      inboundLinksMax: INBOUND_LINKS_MAX,
      powWorkers: 1,
    });
    const report = (event: CoreEvent): void => this.#onEvent(event, peerPortByLink);
    const gossip = new Gossip(config, { logger: { ...SILENT_LOG, report } });
    return { gossip, peerPortByLink, clients: [], speaker: undefined };
  }

  async #connect({ clients }: NodeParts): Promise<GossipClient> {
    const client = await GossipClient.connect({ ...this.#api, reconnect: false });
    clients.push(client);
    return client;
  }

  /** The module: it gives the verdict that people chose. Ends with its node. */
  async #answer({ gossip }: NodeParts, client: GossipClient): Promise<void> {
    try {
      for await (const item of client.subscribe(this.#options.dataType)) {
        if (this.#verdict === "accept") item.accept();
        else item.reject();
      }
    } catch (error) {
      // A node that is taken down takes the connections of its modules with it.
      if (this.#life === "running" && this.#parts?.gossip === gossip) throw error;
    }
  }

  async #takeDown(): Promise<void> {
    if (this.#parts === undefined) return;
    const { clients, gossip, peerPortByLink } = this.#parts;
    this.#setLife("stopping");
    await Promise.allSettled(clients.map((client) => client.close()));
    await gossip.stop();
    peerPortByLink.clear();
    this.#parts = undefined;
    this.#setLife("stopped");
  }

  #onEvent(event: CoreEvent, ends: Map<number, LinkEnd>): void {
    if (event.name === "linkEstablished") {
      const { direction, remote } = event;
      // Who dialled comes from a port of no meaning, and says later where it listens [protocol §6.3].
      ends.set(event.link, { direction, port: direction === "outbound" ? remote.port : undefined });
    } else if (event.name === "linkExtended") {
      const end = ends.get(event.link);
      if (end?.direction === "inbound") ends.set(event.link, { ...end, port: event.listenPort });
      return;
    } else if (event.name !== "linkClosed" || !ends.delete(event.link)) {
      return;
    }
    this.#options.onChanged();
  }

  #setLife(life: NodeLife): void {
    this.#life = life;
    this.#options.onChanged();
  }
}
