import assert from "node:assert/strict";

import type { Daemon } from "./daemon.ts";
import type { Scope } from "./patience.ts";
import { validationFrame } from "./raw-frames.ts";
import type { Notification } from "./raw-frames.ts";
import { RawModule } from "./raw-module.ts";
import { RawPeer, anItem } from "./raw-peer.ts";
import type { WireItem } from "./raw-frames.ts";

const markerDataType = 64_002;

/**
 * A daemon between two peers. What one sends, the other gets only if the modules want it: the
 * marker of a module shows that nothing else is on its way.
 */
export class Relay {
  readonly scope: Scope;
  readonly daemon: Daemon;
  readonly from: RawPeer;
  readonly to: RawPeer;
  readonly speaker: RawModule;
  #markers = 0;

  private constructor(parts: Omit<Relay, "unspread" | "spread" | "#markers">) {
    this.scope = parts.scope;
    this.daemon = parts.daemon;
    this.from = parts.from;
    this.to = parts.to;
    this.speaker = parts.speaker;
  }

  static async open(scope: Scope, daemon: Daemon): Promise<Relay> {
    return new Relay({
      scope,
      daemon,
      from: await RawPeer.dial(scope, daemon),
      to: await RawPeer.dial(scope, daemon),
      speaker: await RawModule.connect(scope, daemon),
    });
  }

  /** Everything that left for the second peer up to now, as text. */
  async spread(): Promise<string[]> {
    await this.daemon.turn();
    this.#markers += 1;
    const marker = `marker ${this.#markers}`;
    this.speaker.announce(markerDataType, Buffer.from(marker));
    const items: string[] = [];
    for (;;) {
      const said = (await this.to.nextItem(marker)).data.toString();
      if (said === marker) {
        return items;
      }
      items.push(said);
    }
  }
}

/**
 * One item and the answers to it. A script is a list of steps: `A1` client 1 accepts, `R2` client 2
 * rejects, `L3` client 3 leaves; `SA` and `SR` a stranger answers with the id that client 1 was
 * given; `?` nothing has been decided, which means nothing has left; `D` the deadline passes; the
 * last one is `+` for "it has spread" or `-` for "it never will".
 */
export class VerdictCase {
  readonly #relay: Relay;
  readonly #steps: readonly string[];
  readonly #item: WireItem;
  readonly #clients: RawModule[] = [];
  readonly #asked: Notification[] = [];
  #stranger: RawModule | undefined;

  constructor(relay: Relay, dataType: number, script: string) {
    this.#relay = relay;
    this.#steps = script.split(" ");
    this.#item = anItem(dataType, `item of "${script}" (${dataType})`);
  }

  get text(): string {
    return this.#item.data.toString();
  }

  get expectsSpread(): boolean {
    return this.#steps.at(-1) === "+";
  }

  /** Three clients are asked. */
  async begin(): Promise<void> {
    const { scope, daemon, from } = this.#relay;
    for (let count = 0; count < 3; count += 1) {
      this.#clients.push(await RawModule.subscribed(scope, daemon, this.#item.dataType));
    }
    from.send(this.#item);
    for (const client of this.#clients) {
      const notification = await client.nextNotification(this.text);
      assert.equal(notification.data.toString(), this.text);
      this.#asked.push(notification);
    }
    // Subscribed too late to be asked.
    this.#stranger = await RawModule.subscribed(scope, daemon, this.#item.dataType);
  }

  /** Everything before `D`, or before the outcome. */
  async answer(): Promise<void> {
    const until = this.#steps.indexOf("D");
    for (const step of this.#steps.slice(0, until === -1 ? -1 : until)) {
      await this.#perform(step);
      await this.#relay.daemon.turn();
    }
  }

  /** What comes behind the deadline: answers that are too late. */
  async answerLate(): Promise<void> {
    for (const step of this.#steps.slice(this.#steps.indexOf("D") + 1, -1)) {
      await this.#perform(step);
    }
  }

  end(): void {
    for (const client of [...this.#clients, this.#stranger]) {
      client?.socket.destroy();
    }
  }

  async #perform(step: string): Promise<void> {
    if (step === "?") {
      assert.deepEqual(await this.#relay.spread(), [], `undecided: ${this.text}`);
      return;
    }
    const isStranger = step.startsWith("S");
    const index = isStranger ? 0 : Number(step.slice(1)) - 1;
    const client = isStranger ? this.#stranger : this.#clients[index];
    const asked = this.#asked[index];
    if (client === undefined || asked === undefined) {
      throw new Error(`no client for step ${step}`);
    }
    if (step.startsWith("L")) {
      client.socket.finish();
      await client.socket.expectClosed(step);
    } else {
      client.socket.send(validationFrame(asked.messageId, step.includes("A") ? 1 : 0));
    }
  }
}
