import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Daemon } from "./daemon.ts";
import type { Settings } from "./daemon.ts";
import { patienceMs, within } from "./patience.ts";
import type { Scope, Tally } from "./patience.ts";
import { RawModule } from "./raw-module.ts";
import type { Status } from "./status.ts";

/** Outside of the ports that the system hands out, so that a restart finds its own one free. */
const firstPort = 6_001;

/** More would only get in each other's way on two cores. */
const startedAtOnce = 6;

/** Several daemons on one loopback address that nobody else uses; the first is the bootstrapper. */
export class DaemonNetwork {
  readonly members: readonly Member[];
  readonly #settings: Settings;

  private constructor(scope: Scope, count: number, settings: Settings) {
    const folder = mkdtempSync(join(tmpdir(), "vg-"));
    scope.after(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    this.members = Array.from(
      { length: count },
      (_, at) => new Member(scope, `${host}:${firstPort + at}`, join(folder, `${at}`)),
    );
    this.#settings = { pow_difficulty: 8, pow_workers: 1, ...settings };
  }

  static async start(scope: Scope, count: number, settings: Settings = {}): Promise<DaemonNetwork> {
    const network = new DaemonNetwork(scope, count, settings);
    const [bootstrapper, ...others] = network.members;
    await bootstrapper?.start(network.#settings);
    await network.join(others);
    return network;
  }

  /** Starts members that know the bootstrapper; resolves when the last of them listens. */
  async join(members: readonly Member[]): Promise<void> {
    const bootstrapper = this.members[0]?.address ?? "";
    await startAll(members, { ...this.#settings, bootstrapper });
  }

  /** Starts members that know nothing but their address books. */
  async comeBack(members: readonly Member[]): Promise<void> {
    await startAll(members, this.#settings);
  }

  /**
   * Resolves when every living member has so many links of its own, or one to each other member. The
   * bootstrapper is dialled by all others before it hears of them, so its links are those of others.
   */
  async haveLinks(count: number, limitMs: number = patienceMs): Promise<void> {
    const { living } = this;
    const bootstrapper = this.members[0]?.address;
    const end = performance.now() + limitMs;
    // One after the other: asked all at once, they would have time for nothing else.
    for (const { address, daemon } of living) {
      await daemon.statusUntil(
        `${count} links of its own at ${address}`,
        (status) =>
          status.outboundLinks >= count ||
          establishedLinks(status) >= (address === bootstrapper ? count : living.length - 1),
        Math.max(0, end - performance.now()),
      );
    }
  }

  /** Resolves when a way of links leads from every living member to every other one. */
  async isOnePiece(limitMs: number = patienceMs): Promise<void> {
    const look = async (): Promise<void> => {
      while (this.#reached(await this.#neighbors()).size < this.living.length);
    };
    await within(look(), "the network to be in one piece", limitMs);
  }

  /** Established links of each living member, by where the other end listens. */
  async #neighbors(): Promise<Map<string, readonly string[]>> {
    const neighbors = new Map<string, readonly string[]>();
    for (const { address, daemon } of this.living) {
      const { links } = await daemon.status();
      const established = links.filter(({ phase }) => phase === "established");
      neighbors.set(
        address,
        established.map(({ listensAt }) => String(listensAt)),
      );
    }
    return neighbors;
  }

  /** Who is reached from the first of them; a link counts once both ends show it. */
  #reached(neighbors: ReadonlyMap<string, readonly string[]>): Set<string> {
    const [first] = neighbors.keys();
    const reached = new Set(first === undefined ? [] : [first]);
    for (const member of reached) {
      for (const next of neighbors.get(member) ?? []) {
        if (neighbors.get(next)?.includes(member) === true) {
          reached.add(next);
        }
      }
    }
    return reached;
  }

  get living(): readonly Member[] {
    return this.members.filter((member) => member.isAlive);
  }
}

const establishedLinks = ({ links }: Status): number =>
  links.filter(({ phase }) => phase === "established").length;

async function startAll(members: readonly Member[], settings: Settings): Promise<void> {
  for (let at = 0; at < members.length; at += startedAtOnce) {
    const batch = members.slice(at, at + startedAtOnce);
    await Promise.all(batch.map(async (member) => member.start(settings)));
  }
}

/** One node of the network, through all its restarts. */
export class Member {
  readonly address: string;
  readonly #scope: Scope;
  readonly #dataDir: string;
  #daemon: Daemon | undefined;

  constructor(scope: Scope, address: string, dataDir: string) {
    this.#scope = scope;
    this.address = address;
    this.#dataDir = dataDir;
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) {
      throw new Error(`${this.address} does not run`);
    }
    return this.#daemon;
  }

  get isAlive(): boolean {
    return this.#daemon !== undefined;
  }

  async start(settings: Settings): Promise<void> {
    this.#daemon = await Daemon.start(this.#scope, {
      ...settings,
      p2p_address: this.address,
      data_dir: this.#dataDir,
    });
  }

  /** Without a word, as if its host had lost power. */
  async kill(): Promise<void> {
    const { daemon } = this;
    this.#daemon = undefined;
    daemon.signal("SIGKILL");
    await within(daemon.exit, "the end of a killed daemon");
  }

  async stop(): Promise<void> {
    const { daemon } = this;
    this.#daemon = undefined;
    await daemon.terminate();
  }
}

/** A subscriber at every one of these members, and who of them has heard what. */
export class Audience {
  readonly #members: readonly Member[];
  readonly #modules: readonly RawModule[];
  readonly #heard: readonly Set<string>[];
  readonly #tallies: readonly Tally[];
  readonly #dataType: number;
  #announced = 0;

  private constructor(members: readonly Member[], modules: readonly RawModule[], dataType: number) {
    this.#members = members;
    this.#modules = modules;
    this.#dataType = dataType;
    this.#heard = modules.map(() => new Set<string>());
    this.#tallies = modules.map((module, at) =>
      module.acceptAll(({ data }) => this.#heard[at]?.add(data.toString())),
    );
  }

  static async gather(
    scope: Scope,
    members: readonly Member[],
    dataType: number,
  ): Promise<Audience> {
    const modules = await Promise.all(
      members.map(async ({ daemon }) => RawModule.subscribed(scope, daemon, dataType)),
    );
    return new Audience(members, modules, dataType);
  }

  /** One member of the audience says something; resolves when all living others have heard it. */
  async hears(speaker: Member, limitMs?: number): Promise<void> {
    const at = this.#members.indexOf(speaker);
    const text = `announcement ${(this.#announced += 1)} from ${speaker.address}`;
    this.#modules[at]?.announce(this.#dataType, Buffer.from(text));
    await Promise.all(
      this.#members.map(async (member, listener) => {
        if (listener === at || !member.isAlive) {
          return;
        }
        await this.#tallies[listener]?.until(
          () => this.#heard[listener]?.has(text) === true,
          `"${text}" at ${member.address}`,
          limitMs,
        );
      }),
    );
  }
}
