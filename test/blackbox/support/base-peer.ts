import { randomBytes } from "node:crypto";

import { Tally } from "./patience.ts";
import type { Scope } from "./patience.ts";
import { MessageNumber, initFrame, okFrame, readWireItem, verifyFrame } from "./raw-frames.ts";
import type { RawFrame, WireItem } from "./raw-frames.ts";
import { RawAcceptor, RawPeer, challengeOf, expectProof, solve } from "./raw-peer.ts";
import { RawSocket } from "./raw-socket.ts";
import type { SocketAddress } from "./raw-socket.ts";

/**
 * A gossip module of somebody else: INIT, VERIFY, OK and ANNOUNCE are all it knows. It takes and makes
 * links, and floods what it has not heard before.
 */
export class BasePeer {
  /** As a value of `bootstrapper`. */
  readonly address: string;
  /** Every type that was ever sent to it, by any link. */
  readonly typesReceived = new Set<number>();
  readonly #difficultyBits: number;
  readonly #links = new Set<RawPeer>();
  readonly #heard = new Set<string>();
  readonly #arrivals = new Tally();
  /** Links that were ended by the other side. */
  linksLost = 0;

  private constructor(acceptor: RawAcceptor, difficultyBits: number) {
    this.#difficultyBits = difficultyBits;
    this.address = acceptor.bootstrapper;
    acceptor.consume((arrival) => {
      void this.#welcome(arrival);
    });
  }

  static async listen(scope: Scope, difficultyBits: number = 0): Promise<BasePeer> {
    return new BasePeer(await RawAcceptor.listen(scope), difficultyBits);
  }

  async dial(scope: Scope, daemon: { readonly p2p: SocketAddress }): Promise<void> {
    const socket = await RawSocket.dial(daemon.p2p);
    scope.after(() => {
      socket.destroy();
    });
    const challenge = challengeOf(this.#note(await socket.next("INIT")));
    socket.send(verifyFrame(solve(challenge, this.#difficultyBits)));
    this.#note(await socket.next("OK"));
    this.#serve(new RawPeer(socket));
  }

  get links(): number {
    return this.#links.size;
  }

  say(item: WireItem): void {
    this.#heard.add(item.data.toString());
    this.#flood(item, undefined);
  }

  async hears(text: string): Promise<void> {
    await this.#arrivals.until(() => this.#heard.has(text), `"${text}" at a base peer`);
  }

  async #welcome(socket: RawSocket): Promise<void> {
    const challenge = randomBytes(8);
    socket.send(initFrame(challenge));
    // A feeler reads INIT and closes: then there is no link.
    await expectProof(socket, challenge, this.#difficultyBits).then(
      () => {
        socket.send(okFrame());
        this.#serve(new RawPeer(socket));
      },
      () => undefined,
    );
  }

  #serve(link: RawPeer): void {
    this.#links.add(link);
    link.socket.consume((received) => {
      this.#onFrame(received, link);
    });
    void link.socket.ending("the end of a link", 2 ** 31 - 1).then(() => {
      this.#links.delete(link);
      this.linksLost += 1;
    });
  }

  #onFrame(received: RawFrame, from: RawPeer): void {
    this.#note(received);
    if (received.type !== MessageNumber.peerAnnounce) {
      return;
    }
    const item = readWireItem(received);
    if (!this.#heard.has(item.data.toString())) {
      this.#heard.add(item.data.toString());
      this.#flood(item, from);
      this.#arrivals.add();
    }
  }

  #flood(item: WireItem, from: RawPeer | undefined): void {
    for (const link of this.#links) {
      if (link !== from) {
        link.send(item);
      }
    }
  }

  #note(received: RawFrame): RawFrame {
    this.typesReceived.add(received.type);
    return received;
  }
}
