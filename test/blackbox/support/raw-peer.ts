import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

import { Mailbox, Tally, patienceMs, within } from "./patience.ts";
import type { Scope } from "./patience.ts";
import { MessageNumber, initFrame, okFrame, peerAnnounceFrame } from "./raw-frames.ts";
import { readWireItem, verifyFrame } from "./raw-frames.ts";
import type { RawFrame, WireItem } from "./raw-frames.ts";
import { RawSocket } from "./raw-socket.ts";
import type { DialOptions, SocketAddress } from "./raw-socket.ts";

/** Zero bits that SHA-256(challenge || nonce) begins with [protocol §3.2]. */
function leadingZeroBits(challenge: Uint8Array, nonce: Uint8Array): number {
  const digest = createHash("sha256").update(challenge).update(nonce).digest();
  const firstSetByte = digest.findIndex((byte) => byte !== 0);
  return firstSetByte * 8 + Math.clz32(digest[firstSetByte] ?? 0) - 24;
}

/** The first nonce whose digest begins with at least `bits` zero bits and `isWanted` likes. */
export function solve(
  challenge: Uint8Array,
  bits: number,
  isWanted: (zeroBits: number) => boolean = (zeroBits) => zeroBits >= bits,
): Buffer {
  const nonce = Buffer.alloc(8);
  for (let tries = 0; tries < 2 ** 32; tries += 1) {
    nonce.writeUInt32BE(tries, 4);
    if (isWanted(leadingZeroBits(challenge, nonce))) {
      return nonce;
    }
  }
  throw new Error(`no nonce below 2^32 gives ${bits} zero bits`);
}

export function challengeOf(received: RawFrame): Buffer {
  assert.equal(received.type, MessageNumber.init);
  assert.equal(received.size, 12);
  return received.bytes.subarray(4);
}

/** An item with everything that a test does not care about filled in. */
export function anItem(
  dataType: number,
  text: string | Buffer,
  more: Partial<WireItem> = {},
): WireItem {
  const data = typeof text === "string" ? Buffer.from(text) : text;
  const messageId = createHash("sha256").update(data).digest().readUInt16BE(0);
  return { messageId, dataType, ttl: 0, reserved: 0, data, ...more };
}

export interface PeerDialOptions extends DialOptions {
  readonly difficultyBits?: number;
}

/** A peer over one established link, byte by byte. */
export class RawPeer {
  readonly socket: RawSocket;

  constructor(socket: RawSocket) {
    this.socket = socket;
  }

  /** Dials the daemon and goes through the handshake. */
  static async dial(
    scope: Scope,
    daemon: { readonly p2p: SocketAddress },
    options: PeerDialOptions = {},
  ): Promise<RawPeer> {
    const socket = await RawSocket.dial(daemon.p2p, options);
    scope.after(() => {
      socket.destroy();
    });
    const challenge = challengeOf(await socket.next("INIT"));
    socket.send(verifyFrame(solve(challenge, options.difficultyBits ?? 0)));
    const ok = await socket.next("OK");
    assert.deepEqual(ok.bytes, okFrame());
    return new RawPeer(socket);
  }

  send(...items: readonly WireItem[]): void {
    this.socket.send(Buffer.concat(items.map(peerAnnounceFrame)));
  }

  /** Counts every item from now on. */
  countItems(onItem: (item: WireItem) => void = () => undefined): Tally {
    const tally = new Tally();
    this.socket.consume((received) => {
      onItem(readWireItem(received));
      tally.add();
    });
    return tally;
  }

  async nextItem(what: string): Promise<WireItem> {
    return readWireItem(await this.socket.next(what));
  }

  /** The next item must be this one, byte for byte as far as `more` and the item say. */
  async expectItem(data: Uint8Array, what: string): Promise<WireItem> {
    const item = await this.nextItem(what);
    if (!item.data.equals(data)) {
      throw new Error(`wanted ${what}, got ${item.data.subarray(0, 40).toString("latin1")}`);
    }
    return item;
  }
}

/** Scripted acceptors: the daemon dials them as its bootstrappers. */
export class RawAcceptor {
  /** One `host:port` for each listener. */
  readonly authorities: readonly string[];
  readonly #servers: readonly Server[];
  readonly #arrivals = new Mailbox<RawSocket>();
  readonly #open = new Set<RawSocket>();
  #take = (arrival: RawSocket): void => {
    this.#arrivals.put(arrival);
  };

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
    this.authorities = servers.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return `${address}:${port}`;
    });
    for (const server of servers) {
      server.on("connection", (socket) => {
        const arrival = new RawSocket(socket);
        this.#open.add(arrival);
        socket.on("close", () => {
          this.#open.delete(arrival);
        });
        this.#take(arrival);
      });
    }
  }

  static async listen(
    scope: Scope,
    options: { readonly count?: number; readonly host?: string; readonly port?: number } = {},
  ): Promise<RawAcceptor> {
    const servers: Server[] = [];
    for (let started = 0; started < (options.count ?? 1); started += 1) {
      const server = createServer();
      await within(
        new Promise<void>((resolve, reject) => {
          server.once("error", reject);
          server.listen(
            { host: options.host ?? "127.0.0.1", port: options.port ?? 0, exclusive: true },
            resolve,
          );
        }),
        "a listener",
      );
      servers.push(server);
    }
    const acceptor = new RawAcceptor(servers);
    scope.after(async () => acceptor.close());
    return acceptor;
  }

  /** As the value of `bootstrapper`. */
  get bootstrapper(): string {
    return this.authorities.join(", ");
  }

  /** Connections that nobody has taken yet. */
  get waiting(): number {
    return this.#arrivals.unread.length;
  }

  /** From now on connections go here as they come, and `accept` has nothing to give. */
  consume(take: (arrival: RawSocket) => void): void {
    this.#take = take;
  }

  async accept(
    what: string = "the daemon to dial",
    limitMs: number = patienceMs,
  ): Promise<RawSocket> {
    return this.#arrivals.next(what, limitMs);
  }

  /** Accepts and goes through the handshake; `lastly` travels in the segment of OK. */
  async handshake(
    challenge: Uint8Array,
    options: { readonly difficultyBits?: number; readonly lastly?: Uint8Array } = {},
  ): Promise<RawPeer> {
    const socket = await this.accept();
    socket.send(initFrame(challenge));
    await expectProof(socket, challenge, options.difficultyBits ?? 0);
    socket.send(Buffer.concat([okFrame(), options.lastly ?? Buffer.alloc(0)]));
    return new RawPeer(socket);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) {
      socket.destroy();
    }
    await Promise.all(
      this.#servers.map(
        async (server) =>
          new Promise<void>((resolve) => {
            server.close(() => {
              resolve();
            });
          }),
      ),
    );
  }
}

/** The daemon's VERIFY must solve the challenge. */
export async function expectProof(
  socket: RawSocket,
  challenge: Uint8Array,
  difficultyBits: number,
): Promise<void> {
  const verify = await socket.next("VERIFY");
  assert.equal(verify.type, MessageNumber.verify);
  assert.equal(verify.size, 12);
  const zeroBits = leadingZeroBits(challenge, verify.bytes.subarray(4));
  assert.ok(zeroBits >= difficultyBits, `the nonce has ${zeroBits} zero bits`);
}
