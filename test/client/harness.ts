import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";
import type { TestContext } from "node:test";
import { GossipClient } from "../../src/client/gossip-client.ts";
import type { Notification } from "../../src/client/notification.ts";
import type { ClientOptions, ConnectOptions } from "../../src/client/options.ts";
import type { Subscription } from "../../src/client/subscription.ts";
import { HandTimers } from "./hand-timers.ts";
import { ScriptedServer, ServerSide, within } from "./scripted-server.ts";

export interface Setup {
  readonly server: ScriptedServer;
  readonly client: GossipClient;
  /** The server's end of the first connection. */
  readonly side: ServerSide;
  readonly timers: HandTimers;
}

/** A client connected to a scripted server over TCP; both end with the test. */
export async function connected(
  context: TestContext,
  options: Omit<ConnectOptions, "host" | "port" | "timers"> = {},
): Promise<Setup> {
  const server = await ScriptedServer.start();
  context.after(() => server.stop());
  const timers = new HandTimers();
  const client = await GossipClient.connect(server.address, { ...options, timers });
  context.after(() => closeBoth(client, server));
  return { server, client, side: await server.accept(), timers };
}

async function closeBoth(client: GossipClient, server: ScriptedServer): Promise<void> {
  const closed = client.close();
  await server.stop();
  await closed;
}

/** Streams that are full after one large frame; the default differs between versions of Node. */
export const smallPair = (): [Duplex, Duplex] => duplexPair({ highWaterMark: 16_384 });

/** A client over one end of an in-memory pair; the other end is scripted. */
export function overPair(options: ClientOptions = {}): {
  readonly client: GossipClient;
  readonly side: ServerSide;
} {
  const [mine, theirs] = smallPair();
  // As a socket does by default: a goodbye is answered.
  theirs.once("end", () => theirs.end());
  return { client: GossipClient.over(mine, options), side: new ServerSide(theirs) };
}

/** The next notification, which must come. */
export async function nextOf(subscription: Subscription): Promise<Notification> {
  const result = await within("a notification", subscription.next());
  return result.value ?? assert.fail("the iterator has ended");
}

export const textOf = (notification: Notification): string =>
  Buffer.from(notification.data).toString("hex");

/** The error with which a promise rejects. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  return within(
    "a rejection",
    promise.then(
      () => assert.fail("it did not reject"),
      (error: unknown) => (error instanceof Error ? error : assert.fail("no Error")),
    ),
  );
}
