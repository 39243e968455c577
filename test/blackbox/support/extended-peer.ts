import assert from "node:assert/strict";

import { ExtensionNumber, helloFrame, isPeersRequest, markerOf } from "./extension-frames.ts";
import type { Scope } from "./patience.ts";
import { Tally } from "./patience.ts";
import { MessageNumber, initFrame, okFrame, verifyFrame } from "./raw-frames.ts";
import type { RawFrame } from "./raw-frames.ts";
import { challengeOf } from "./raw-peer.ts";
import type { RawAcceptor } from "./raw-peer.ts";
import { RawSocket } from "./raw-socket.ts";
import type { DialOptions, SocketAddress } from "./raw-socket.ts";

export interface ExtendedOptions extends DialOptions {
  /** Where it says it listens; 0 for nowhere. */
  readonly listenPort?: number;
}

/** A peer that speaks the extension, byte by byte; proofs have to need no work. */
export class ExtendedPeer {
  readonly socket: RawSocket;
  readonly challenge: Buffer;
  /** Frames as they came: after HELLO, or with it where the daemon dialled. */
  readonly frames: RawFrame[] = [];
  readonly #arrivals = new Tally();

  private constructor(socket: RawSocket, challenge: Buffer) {
    this.socket = socket;
    this.challenge = challenge;
    socket.consume((received) => {
      this.frames.push(received);
      this.#arrivals.add();
    });
  }

  /** VERIFY is marked, and OK and HELLO have come: what this end says is up to the test. */
  static async dialSilently(
    scope: Scope,
    daemon: { readonly p2p: SocketAddress },
    options: DialOptions = {},
  ): Promise<ExtendedPeer> {
    const socket = await RawSocket.dial(daemon.p2p, options);
    scope.after(() => {
      socket.destroy();
    });
    const challenge = challengeOf(await socket.next("INIT"));
    socket.send(verifyFrame(Buffer.concat([markerOf(challenge), Buffer.alloc(4)])));
    assert.deepEqual((await socket.next("OK")).bytes, okFrame());
    const hello = await socket.next("HELLO");
    assert.equal(hello.type, ExtensionNumber.hello);
    assert.deepEqual(hello.bytes.subarray(12, 20), challenge);
    return new ExtendedPeer(socket, challenge);
  }

  static async dial(
    scope: Scope,
    daemon: { readonly p2p: SocketAddress },
    options: ExtendedOptions = {},
  ): Promise<ExtendedPeer> {
    const peer = await ExtendedPeer.dialSilently(scope, daemon, options);
    peer.socket.send(helloFrame(peer.challenge, options.listenPort));
    await peer.receives("the first request for addresses", isPeersRequest);
    return peer;
  }

  /** Takes the next dial of the daemon, and says that it listens where it was dialled. */
  static async accept(acceptor: RawAcceptor, challenge: Uint8Array): Promise<ExtendedPeer> {
    const socket = await acceptor.accept();
    socket.send(initFrame(challenge));
    const verify = await socket.next("VERIFY");
    assert.deepEqual(verify.bytes.subarray(4, 8), markerOf(challenge));
    const hello = helloFrame(challenge, Number(acceptor.bootstrapper.split(":").at(-1)));
    const peer = new ExtendedPeer(socket, Buffer.from(challenge));
    socket.send(Buffer.concat([okFrame(), hello]));
    await peer.receives("HELLO", ({ type }) => type === ExtensionNumber.hello);
    await peer.receives("the first request for addresses", isPeersRequest);
    return peer;
  }

  count(isMeant: (received: RawFrame) => boolean): number {
    return this.frames.filter(isMeant).length;
  }

  /** Resolves when so many frames of a kind have come. */
  async receives(
    what: string,
    isMeant: (received: RawFrame) => boolean,
    count: number = 1,
  ): Promise<void> {
    await this.#arrivals.until(() => this.count(isMeant) >= count, what);
  }
}

export const isAboveBase = ({ type }: RawFrame): boolean => type > MessageNumber.peerAnnounce;
