import { randomBytes, randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Connection } from "./connection.ts";
import type { Item } from "./frames.ts";
import { Mismatch } from "./mismatch.ts";
import { ModuleClient, PROBE } from "./module-client.ts";
import type { HalfOpenLink, PeerLink, PeerLinks } from "./peer-links.ts";
import type { CheckSettings } from "./settings.ts";

/** Data types that each case has for itself. */
const TYPES_PER_CASE = 8;
/** Away from the types that modules of the course use. */
const FIRST_TYPE = 20_000;
const LAST_TYPE = 60_000;
/** A probe that came before its NOTIFY was read is lost: the next one follows after this, then twice this. */
const PROBE_INTERVAL_MS = 20;
/** For modules that tell no module of another one's announcements: there is nothing to see then. */
const UNSEEN_SUBSCRIPTION_MS = 100;

/** For the module to notice that a client has left. */
const DISMISSAL_MS = 10;

/** What outlives a case. */
export interface Surroundings {
  readonly settings: CheckSettings;
  readonly links: PeerLinks | undefined;
  nextDataType: number;
  /** Whether a subscription can be seen to work by an announcement of another module. */
  subscriptions: "seen" | "unseen";
}

export function newSurroundings(
  settings: CheckSettings,
  links: PeerLinks | undefined,
): Surroundings {
  return {
    settings,
    links,
    nextDataType: randomInt(FIRST_TYPE, LAST_TYPE - 5_000),
    subscriptions: "seen",
  };
}

/** What one case plays on; everything it opens is closed behind it. */
export class Stage {
  /** Free for this case, like the seven after it. */
  readonly dataType: number;
  readonly #around: Surroundings;
  readonly #opened: Connection[] = [];
  readonly #speakers = new Map<number, ModuleClient>();

  constructor(around: Surroundings) {
    this.#around = around;
    this.dataType = around.nextDataType;
    around.nextDataType += TYPES_PER_CASE;
  }

  get graceMs(): number {
    return this.#around.settings.graceMs;
  }

  get difficultyBits(): number {
    return this.#around.settings.difficultyBits;
  }

  /** Data that nobody has announced before, readable and 16 bytes longer than the text. */
  data(text: string): Buffer {
    return Buffer.from(`${text} ${randomBytes(8).toString("hex").slice(0, 15)}`);
  }

  /** An item of this case's type with data and id of its own. */
  item(text: string | Buffer, more: Partial<Item> = {}): Item {
    const data = typeof text === "string" ? this.data(text) : text;
    const messageId = randomInt(65_536);
    return { messageId, dataType: this.dataType, ttl: 0, reserved: 0, data, ...more };
  }

  /** A connection to the API that has said nothing yet. */
  async connect(): Promise<Connection> {
    const { api, patienceMs } = this.#around.settings;
    return this.#keep(await Connection.open(api, patienceMs));
  }

  async module(): Promise<ModuleClient> {
    return new ModuleClient(await this.connect());
  }

  /** Who announces: subscribed to the type itself, as the official mockup wants it; one for each type. */
  async speaker(dataType: number = this.dataType): Promise<ModuleClient> {
    const known = this.#speakers.get(dataType);
    if (known !== undefined) return known;
    const speaker = await this.module();
    speaker.acceptAll();
    await speaker.subscribe(dataType);
    this.#speakers.set(dataType, speaker);
    return speaker;
  }

  /** A module whose subscription works. */
  async subscriber(dataType: number = this.dataType): Promise<ModuleClient> {
    const module = await this.module();
    await module.subscribe(dataType);
    await this.confirm(module, dataType);
    return module;
  }

  /** NOTIFY has no answer: announcements of somebody else show when it has taken effect. */
  async confirm(module: ModuleClient, dataType: number = this.dataType): Promise<void> {
    const { settings } = this.#around;
    if (this.#around.subscriptions === "unseen") {
      await pause(UNSEEN_SUBSCRIPTION_MS);
      return;
    }
    const speaker = await this.speaker(dataType);
    const { keeps } = module.connection;
    const isHeard = new Promise<"heard">((resolve) => {
      module.connection.keeps = (frame) => {
        if (frame.includes(PROBE)) resolve("heard");
        return keeps(frame);
      };
    });
    let waitedMs = 0;
    for (let waitMs = PROBE_INTERVAL_MS; waitedMs < settings.patienceMs; waitMs *= 2) {
      await speaker.announce(dataType, Buffer.concat([PROBE, this.data("")]), 1);
      if ((await Promise.race([isHeard, pause(waitMs, "later" as const)])) === "heard") return;
      waitedMs += waitMs;
    }
    this.#around.subscriptions = "unseen";
  }

  /** One of the three neighbours that serve all cases. */
  async link(index: 0 | 1 | 2): Promise<PeerLink> {
    return this.links.shared(index);
  }

  /** Two neighbours and a module: what the first one sends, the other gets only if the module wants it. */
  async relay(): Promise<{ from: PeerLink; to: PeerLink; module: ModuleClient }> {
    const from = await this.link(0);
    const to = await this.link(1);
    const module = await this.subscriber();
    await this.dismissSpeaker();
    return { from, to, module };
  }

  /** It has subscribed too: from here on its verdict is none among those that count. */
  async dismissSpeaker(): Promise<void> {
    this.#speakers.get(this.dataType)?.connection.close();
    this.#speakers.delete(this.dataType);
    await pause(DISMISSAL_MS);
  }

  /** A link for this case alone, which costs a proof. */
  async newLink(): Promise<PeerLink> {
    const link = await this.links.establish();
    this.#keep(link.connection);
    return link;
  }

  async dialPeer(): Promise<HalfOpenLink> {
    const link = await this.links.dial();
    this.#keep(link.connection);
    return link;
  }

  async openPeerPort(): Promise<Connection> {
    const { p2p, patienceMs } = this.#around.settings;
    if (p2p === undefined) throw new Error("a case between peers without a P2P address");
    return this.#keep(await Connection.open(p2p, patienceMs));
  }

  get links(): PeerLinks {
    const { links } = this.#around;
    if (links === undefined) throw new Error("a case between peers without a P2P address");
    return links;
  }

  /** The module is as it was for everybody else: a new subscriber hears a new announcement. */
  async expectOthersServed(): Promise<void> {
    const dataType = this.dataType + TYPES_PER_CASE - 1;
    const module = await this.subscriber(dataType);
    const speaker = await this.speaker(dataType);
    const data = this.data("others go on");
    await speaker.announce(dataType, data);
    await module.expectAndAccept(dataType, data, "what another module announced afterwards");
  }

  #keep(connection: Connection): Connection {
    this.#opened.push(connection);
    return connection;
  }

  /** Everything that was opened for this case. */
  close(): void {
    for (const connection of this.#opened) connection.close();
    this.#around.links?.forgetItems();
  }
}

/** @throws Mismatch `wrongBytes` unless it holds. */
export function expectThat(holds: boolean, expected: string, seen: string): void {
  if (!holds) throw new Mismatch("wrongBytes", expected, seen);
}
