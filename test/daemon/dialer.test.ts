import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { describe, it } from "node:test";
import type { DialFailure } from "../../src/core/input.ts";
import { dialId } from "../../src/core/ports.ts";
import type { PeerAddress } from "../../src/core/ports.ts";
import { Dialer, dialFailureOf } from "../../src/daemon/dialer.ts";

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

async function aListener(): Promise<{ server: Server; address: PeerAddress }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, address: { host: "127.0.0.1", port: (server.address() as AddressInfo).port } };
}

type Outcome =
  | { readonly kind: "dialed"; readonly socket: Socket; readonly remote: PeerAddress }
  | { readonly kind: "failed"; readonly reason: DialFailure };

/** A dialer and a promise of the next thing that comes out of it. */
function aDialer(listensAt: string = "127.0.0.1"): {
  dialer: Dialer;
  outcome: Promise<Outcome>;
  outcomes: Outcome[];
} {
  const outcomes: Outcome[] = [];
  let dialer = new Dialer({
    listensAt: "0.0.0.0",
    onDialed: () => undefined,
    onDialFailed: () => undefined,
  });
  const outcome = new Promise<Outcome>((resolve) => {
    const settle = (settled: Outcome): void => {
      outcomes.push(settled);
      resolve(settled);
    };
    dialer = new Dialer({
      listensAt,
      onDialed: (_dial, socket, remote) => settle({ kind: "dialed", socket, remote }),
      onDialFailed: (_dial, reason) => settle({ kind: "failed", reason }),
    });
  });
  return { dialer, outcome, outcomes };
}

describe("the dialer", () => {
  it("hands over a connected socket with the address it reached", async () => {
    const { server, address } = await aListener();
    const { dialer, outcome } = aDialer();
    dialer.dial(dialId(1), address);
    const dialed = await outcome;
    assert.ok(dialed.kind === "dialed");
    assert.deepEqual(dialed.remote, address);
    dialed.socket.destroy();
    server.close();
  });

  it("dials from the address we listen at, so that others find us at the one they see", async (t) => {
    const { server, address } = await aListener();
    t.after(() => server.close());
    // All of 127.0.0.0/8 is loopback on Linux; elsewhere only one address is.
    const own = process.platform === "linux" ? "127.3.2.1" : "127.0.0.1";
    for (const [listensAt, seen] of [
      [own, own],
      ["0.0.0.0", "127.0.0.1"],
      ["10.0.0.1", "127.0.0.1"],
      ["::1", "127.0.0.1"],
    ] as const) {
      const arrival = once(server, "connection") as Promise<[Socket]>;
      const { dialer, outcome } = aDialer(listensAt);
      dialer.dial(dialId(1), address);
      const [accepted] = await arrival;
      assert.equal(accepted.remoteAddress, seen, listensAt);
      const dialed = await outcome;
      assert.ok(dialed.kind === "dialed");
      dialed.socket.destroy();
      accepted.destroy();
    }
  });

  it("reports a refusal", async () => {
    const { server, address } = await aListener();
    server.close();
    await once(server, "close");
    const { dialer, outcome } = aDialer();
    dialer.dial(dialId(1), address);
    assert.deepEqual(await outcome, { kind: "failed", reason: "refused" });
  });

  it("says nothing about a dial that was cancelled, nor about any after it was closed", async () => {
    const { server, address } = await aListener();
    const { dialer, outcomes } = aDialer();
    dialer.dial(dialId(1), address);
    dialer.cancel(dialId(1));
    dialer.cancel(dialId(2));
    dialer.dial(dialId(3), address);
    dialer.close();
    dialer.dial(dialId(4), address);
    server.close();
    await once(server, "close");
    assert.deepEqual(outcomes, []);
  });

  it("puts what systems and resolvers say into four words", () => {
    const reasons: [string, DialFailure][] = [
      ["ECONNREFUSED", "refused"],
      ["ECONNRESET", "refused"],
      ["ETIMEDOUT", "timedOut"],
      ["ENOTFOUND", "unknownHost"],
      ["EAI_AGAIN", "unknownHost"],
      ["EAI_FAIL", "unknownHost"],
      ["ENETUNREACH", "unreachable"],
      ["EHOSTUNREACH", "unreachable"],
      ["EADDRNOTAVAIL", "unreachable"],
      ["EMFILE", "unreachable"],
    ];
    for (const [code, reason] of reasons) assert.equal(dialFailureOf(withCode(code)), reason);
    assert.equal(dialFailureOf(new Error("without a code")), "unreachable");
  });

  it("lets the most telling answer of several addresses count", () => {
    const several = (...codes: string[]): Error => new AggregateError(codes.map(withCode));
    assert.equal(dialFailureOf(several("ENETUNREACH", "ECONNREFUSED")), "refused");
    assert.equal(dialFailureOf(several("ENETUNREACH", "ETIMEDOUT")), "timedOut");
    assert.equal(dialFailureOf(several("ENETUNREACH", "EHOSTUNREACH")), "unreachable");
  });
});
