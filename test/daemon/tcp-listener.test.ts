import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import type { PeerAddress } from "../../src/core/ports.ts";
import { AddressInUseError, ListenError } from "../../src/daemon/gossip-error.ts";
import { TcpListener } from "../../src/daemon/tcp-listener.ts";

interface Accepted {
  readonly socket: Socket;
  readonly remote: PeerAddress;
}

function aListener(): { listener: TcpListener; accepted: Promise<Accepted> } {
  let accept: (accepted: Accepted) => void = () => undefined;
  const accepted = new Promise<Accepted>((resolve) => (accept = resolve));
  const listener = new TcpListener({
    socket: "p2p_address",
    server: {},
    onSocket: (socket, remote) => accept({ socket, remote }),
    onAcceptFailed: () => undefined,
  });
  return { listener, accepted };
}

async function remoteSeenAt(listenHost: string, dialHost: string): Promise<PeerAddress> {
  const { listener, accepted } = aListener();
  await listener.listen({ host: listenHost, port: 0 });
  const client = connect(listener.address?.port ?? 0, dialHost);
  await once(client, "connect");
  const { socket, remote } = await accepted;
  assert.equal(remote.port, client.localPort);
  client.destroy();
  socket.destroy();
  await listener.close();
  return remote;
}

const hasIpv6 = Object.values(networkInterfaces()).some((interfaces) =>
  interfaces?.some(({ address }) => address === "::1"),
);

describe("a listening socket", () => {
  it("listens on IPv4 and on host names, and knows its actual port", async () => {
    assert.equal((await remoteSeenAt("127.0.0.1", "127.0.0.1")).host, "127.0.0.1");
    assert.match((await remoteSeenAt("localhost", "localhost")).host, /^(127\.0\.0\.1|::1)$/);
  });

  it("listens on IPv6", { skip: !hasIpv6 }, async () => {
    assert.equal((await remoteSeenAt("::1", "::1")).host, "::1");
  });

  it("sees IPv4-mapped IPv6 as IPv4", { skip: !hasIpv6 }, async () => {
    assert.equal((await remoteSeenAt("::", "127.0.0.1")).host, "127.0.0.1");
  });

  it("names the taken address", async () => {
    const { listener: first } = aListener();
    await first.listen({ host: "127.0.0.1", port: 0 });
    const port = first.address?.port ?? 0;
    const { listener: second } = aListener();
    await assert.rejects(second.listen({ host: "127.0.0.1", port }), (error) => {
      assert.ok(error instanceof AddressInUseError);
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} \\(p2p_address\\)`));
      return true;
    });
    await second.close();
    await first.close();
    assert.equal(first.address, undefined);
  });

  it("says why an address cannot be bound", async () => {
    // TEST-NET-1 (RFC 5737): no interface has it.
    const failed = aListener().listener.listen({ host: "192.0.2.1", port: 0 });
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof ListenError);
      assert.match(error.message, /no network interface/);
      return true;
    });
  });
});
