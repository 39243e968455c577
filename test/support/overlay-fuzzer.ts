import assert from "node:assert/strict";
import type { Input } from "../../src/core/input.ts";
import type { Output } from "../../src/core/output.ts";
import type { LinkId } from "../../src/core/ports.ts";
import type { PeerMessage } from "../../src/wire/decode.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import type { PeerRecord } from "../../src/wire/p2p/peers.ts";
import { Ping } from "../../src/wire/p2p/ping.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../../src/wire/p2p/p2p-verify.ts";
import { CoreHarness, SeededRandom } from "./core-harness.ts";
import { addressOf, bookOf, helloFor, markedNonce, publicAddresses } from "./extended-links.ts";

const INBOUND_MAX = 10;
const TARGET = 4;
const HOSTS = ["127.0.0.1", "10.0.0.1", "203.0.113.1", "203.0.113.2", "20.0.0.1", "2001:db8::1"];
const PAUSES_MS = [0, 1, 20, 200, 1_100, 3_001, 5_000, 16_000, 26_000, 61_000];

/** What the test knows of one link. */
interface Known {
  readonly direction: "inbound" | "outbound";
  challenge: Uint8Array;
  /** Whether VERIFY was marked, and whether HELLO came from the peer. */
  marking: "marked" | "unmarked";
  hello: "none" | "came";
}

/** Drives the overlay of one core with invented peers, honest and not, and checks what goes out. */
export class OverlayFuzzer {
  readonly node: CoreHarness;
  readonly causes = new Set<string>();
  readonly #random: SeededRandom;
  readonly #links = new Map<LinkId, Known>();
  readonly #dials = new Map<number, Output & { readonly kind: "dial" }>();
  readonly #startedAt: number;
  #solving: LinkId | undefined;
  #proofs = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.node = new CoreHarness({
      extensions: "on",
      seed,
      inboundLinksMax: INBOUND_MAX,
      outboundLinksTarget: TARGET,
      bootstrappers: [addressOf("boot.example:6001"), addressOf("127.0.0.1:7")],
      ...(this.#random.below(2) === 0 ? { localRanges: [] } : {}),
    });
    this.#startedAt = this.node.now;
    this.#step({ kind: "listening", listener: { port: 6001, scope: "public" } });
    const count = this.#random.below(60);
    const book = bookOf(publicAddresses(count), {}, publicAddresses(2));
    this.#step({ kind: "bookRestored", book });
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      if (this.#random.below(6) === 0) this.#take(this.node.advance(this.#pick(PAUSES_MS)));
      else this.#step(this.#input());
      this.#checkBounds();
    }
  }

  #input(): Input {
    const roll = this.#random.below(100);
    if (roll < 20) return this.#accepted();
    if (roll < 40) return this.#dialOutcome();
    if (roll < 50 && this.#solving !== undefined) return this.#proofOutcome(this.#solving);
    const link = this.#pick([...this.#links.keys(), this.node.freshLinkId()]);
    if (roll < 56) return { kind: "linkLost", link };
    return { kind: "peerMessage", link, message: this.#message(link) };
  }

  #accepted(): Input {
    const remote = { host: this.#pick(HOSTS), port: 1_024 + this.#random.below(60_000) };
    const link = this.node.freshLinkId();
    return { kind: "linkAccepted", link, remote };
  }

  #dialOutcome(): Input {
    if (this.#dials.size === 0) return { kind: "wakeup" };
    const dial = this.#pick([...this.#dials.values()]);
    this.#dials.delete(dial.dial);
    if (this.#random.below(3) === 0) {
      const reason = this.#pick(["refused", "timedOut", "unreachable", "unknownHost"] as const);
      return { kind: "dialFailed", dial: dial.dial, reason };
    }
    const host = dial.address.host === "boot.example" ? this.#pick(HOSTS) : dial.address.host;
    const remote = { host, port: dial.address.port };
    return { kind: "linkDialed", link: this.node.freshLinkId(), dial: dial.dial, remote };
  }

  #proofOutcome(link: LinkId): Input {
    this.#solving = undefined;
    const roll = this.#random.below(8);
    if (roll === 0) return { kind: "proofFailed", link, reason: "exhausted" };
    if (roll === 1) return { kind: "proofFailed", link, reason: "solverFailed" };
    return { kind: "proofFound", link, nonce: this.#random.bytes(8) };
  }

  /** Mostly the next word of an honest peer. */
  #message(link: LinkId): PeerMessage {
    const known = this.#links.get(link);
    if (known === undefined || this.#random.below(12) === 0) return this.#anyMessage();
    const { challenge } = known;
    const phase = this.node.snapshot().links.find((one) => one.link === link)?.phase;
    switch (phase) {
      case "awaitingInit":
        return new P2PInit(this.#random.bytes(8));
      case "awaitingVerify":
        return new P2PVerify(
          this.#random.below(4) === 0 ? this.#random.bytes(8) : markedNonce(challenge),
        );
      case "awaitingOk":
        return new P2POk();
      default:
        return known.hello === "none" && this.#random.below(4) > 0
          ? this.#hello(challenge)
          : this.#extendedMessage();
    }
  }

  #hello(challenge: Uint8Array): PeerMessage {
    return helloFor(this.#random.below(20) === 0 ? this.#random.bytes(8) : challenge, {
      version: this.#random.below(4),
      listenPort: this.#pick([0, 6001, 7, 5]),
      inbound: this.#pick(["accepted", "none"] as const),
      peerExchange: this.#pick(["offered", "refused"] as const),
    });
  }

  #extendedMessage(): PeerMessage {
    const records = Array.from({ length: this.#random.below(33) }, () => this.#record());
    return this.#pick<PeerMessage>([
      new Ping("ask", this.#random.bytes(8)),
      new Ping("answer", this.#random.bytes(8)),
      new Peers("get"),
      new Peers("list", records),
      new P2PAnnounce(this.#random.below(9), 1, 0, new Uint8Array(3)),
    ]);
  }

  #anyMessage(): PeerMessage {
    return this.#pick<PeerMessage>([
      new P2PInit(this.#random.bytes(8)),
      new P2PVerify(this.#random.bytes(8)),
      new P2POk(),
      this.#hello(this.#random.bytes(8)),
      this.#extendedMessage(),
    ]);
  }

  #record(): PeerRecord {
    const address = this.#random.bytes(this.#random.below(2) === 0 ? 4 : 16);
    return { address, port: this.#random.below(65_536), ageSeconds: this.#random.below(2 ** 32) };
  }

  #step(input: Input): void {
    this.#note(input);
    this.#take(this.node.tick(input));
  }

  /** Before the core acts: its answer is judged by what came. */
  #note(input: Input): void {
    if (input.kind === "linkAccepted" || input.kind === "linkDialed") {
      this.#links.set(input.link, {
        direction: input.kind === "linkAccepted" ? "inbound" : "outbound",
        challenge: new Uint8Array(8),
        marking: "unmarked",
        hello: "none",
      });
    }
    if (input.kind !== "peerMessage") return;
    const known = this.#links.get(input.link);
    if (known === undefined) return;
    const { message } = input;
    if (message.kind === "hello" && known.marking === "marked") known.hello = "came";
    if (message.kind === "p2pInit") known.challenge = message.challenge;
    if (message.kind === "p2pVerify" && known.direction === "inbound") {
      const isMarked = Buffer.from(markedNonce(known.challenge).subarray(0, 4)).equals(
        Buffer.from(message.nonce.subarray(0, 4)),
      );
      if (isMarked) known.marking = "marked";
    }
  }

  #take(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.kind === "dial") this.#dials.set(output.dial, output);
      if (output.kind === "cancelDial") this.#dials.delete(output.dial);
      if (output.kind === "write") {
        for (const { message } of output.frames) this.#onWritten(output.link, message);
      }
      if (output.kind === "solveProof") this.#onSolve(output);
      if (output.kind === "cancelProof") this.#solving = undefined;
      if (output.kind !== "report" || output.event.name !== "linkClosed") continue;
      this.causes.add(output.event.cause);
      this.#links.delete(output.event.link);
    }
  }

  #onSolve({ link, nonceHigh }: Output & { readonly kind: "solveProof" }): void {
    this.#solving = link;
    const known = this.#links.get(link);
    assert.ok(known !== undefined, "a proof for nobody");
    known.marking = nonceHigh === undefined ? "unmarked" : "marked";
    if (nonceHigh !== undefined) this.#proofs++;
  }

  /** [protocol §6.1]: nothing above 507 to anybody who has not shown support. */
  #onWritten(link: LinkId, message: PeerMessage): void {
    const known = this.#links.get(link);
    assert.ok(known !== undefined, "a write to nobody");
    if (message.kind === "p2pInit") known.challenge = message.challenge;
    if (message.kind === "hello") {
      assert.equal(known.marking, "marked");
      if (known.direction === "outbound") assert.equal(known.hello, "came");
    }
    if (message.kind === "ping" || message.kind === "peers") assert.equal(known.hello, "came");
  }

  #checkBounds(): void {
    const { links, stores } = this.node.snapshot();
    for (const { name, entries, entriesMax } of stores) {
      assert.ok(entries <= entriesMax, `${name}: ${entries} of ${entriesMax}`);
    }
    const isUp = (direction: string): number =>
      links.filter((one) => one.direction === direction && one.phase === "established").length;
    assert.ok(isUp("outbound") <= TARGET, `${isUp("outbound")} outbound links`);
    // Newcomers that are only introduced have no slot.
    assert.ok(isUp("inbound") <= INBOUND_MAX + 64);
    assert.ok(this.#dials.size <= 32 + 30, `${this.#dials.size} dials at once`);
    const minutes = (this.node.now - this.#startedAt) / 60_000;
    const proofsMax = 12 + minutes + 8 + minutes / 7.5;
    assert.ok(this.#proofs <= proofsMax, `${this.#proofs} proofs, ${proofsMax} are earned`);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.below(choices.length)] as T;
  }
}
