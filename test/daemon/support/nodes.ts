import { join } from "node:path";
import type { TestContext } from "node:test";
import type { CoreEvent } from "../../../src/core/event.ts";
import { Config } from "../../../src/daemon/config.ts";
import type { ConfigFields } from "../../../src/daemon/config-keys.ts";
import { Gossip } from "../../../src/daemon/gossip.ts";
import type { GossipOptions } from "../../../src/daemon/gossip.ts";
import { Logger } from "../../../src/daemon/logger.ts";
import type { DaemonEvent, Log } from "../../../src/daemon/logger.ts";
import { aFolder } from "./folders.ts";

type EventName = (CoreEvent | DaemonEvent)["name"];

const DEADLINE_MS = 10_000;

/** A log at the finest level that also lets a test wait for an event. */
export class WatchedLog implements Log {
  readonly lines: string[] = [];
  readonly names: EventName[] = [];
  readonly #logger: Logger;
  readonly #watchers = new Set<() => void>();

  constructor(format: "text" | "json" = "json") {
    const sink = {
      write: (line: string) => this.lines.push(line),
      flush: () => Promise.resolve(),
    };
    this.#logger = new Logger({ level: "trace", format, sink });
  }

  report(event: CoreEvent): void {
    this.#logger.report(event);
    this.#note(event.name);
  }

  say(event: DaemonEvent): void {
    this.#logger.say(event);
    this.#note(event.name);
  }

  close(): Promise<void> {
    return this.#logger.close();
  }

  /** Resolves when so many events of this name have come; fails after a deadline. */
  async until(name: EventName, count: number = 1): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no ${count} x ${name} in ${this.names.join(", ")}`));
      }, DEADLINE_MS);
      const look = (): void => {
        if (this.names.filter((each) => each === name).length < count) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #note(name: EventName): void {
    this.names.push(name);
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** A node on free ports of the loopback interface, with puzzles that are solved at once. */
export function aNode(
  test: TestContext,
  overrides: Partial<ConfigFields> = {},
  options: GossipOptions = {},
): { gossip: Gossip; log: WatchedLog } {
  const log = new WatchedLog();
  const config = Config.defaults({
    apiAddress: { host: "127.0.0.1", port: 0 },
    p2pAddress: { host: "127.0.0.1", port: 0 },
    dataDir: join(aFolder(test), "node"),
    difficultyBits: 0,
    powWorkers: 1,
    ...overrides,
  });
  const gossip = new Gossip(config, { logger: log, ...options });
  test.after(() => gossip.stop());
  return { gossip, log };
}
