import { P2PInit, CHALLENGE_BYTES } from "../wire/p2p/p2p-init.ts";
import { P2POk } from "../wire/p2p/p2p-ok.ts";
import { P2PVerify } from "../wire/p2p/p2p-verify.ts";
import { MessageType } from "../wire/message-type.ts";
import { hexOf } from "./bytes.ts";
import type { LinkCloseCause } from "./close-cause.ts";
import type { CoreConfig } from "./core-config.ts";
import type { Effects } from "./effects.ts";
import type { ProofFailure } from "./input.ts";
import type { Link, LinkPort, LinkState, Marking } from "./link.ts";
import { isMarked, markerOf } from "./marker.ts";
import { OutgoingFrame } from "./outgoing-frame.ts";
import type { Digest, LinkId, Random } from "./ports.ts";
import { isProof } from "./proof.ts";

/** From the connection to INIT, in ms [protocol §3.5]. */
const INIT_TIMEOUT_MS = 10_000;
/** From VERIFY to OK, in ms [protocol §3.5]. */
const OK_TIMEOUT_MS = 30_000;
/** Links that may wait for the solver with an INIT in hand, beside the one it works on [§3.5]. */
const AWAITING_SOLVER_MAX = 2;
const ESTABLISHED = { phase: "established" } as const;

/** What the handshake tells the rest of the core. */
export interface HandshakeListener {
  onEstablished(link: Link, marking: Marking): void;
  /** The acceptor has spoken. `closed` when no proof is to be spent on it, and the link is down. */
  onInit(link: Link): "solve" | "closed";
  /** VERIFY goes out. */
  onProved(link: Link): void;
  onFailed(link: Link, cause: LinkCloseCause): void;
  /** The acceptor showed us a challenge of our own: both ends are us [protocol §3.6]. */
  onSelfDial(link: Link, accepted: LinkId): void;
}

/** Proof of work, per link, up to "established" [protocol §3]. */
export class Handshake {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #random: Random;
  readonly #digest: Digest;
  readonly #links: LinkPort;
  readonly #listener: HandshakeListener;
  /** Challenges of our open half-open links, in hexadecimal. */
  readonly #challenges = new Map<string, LinkId>();
  #solving: Link | undefined;
  #awaitingSolver: Link[] = [];

  constructor(
    config: CoreConfig,
    effects: Effects,
    ports: { readonly random: Random; readonly digest: Digest },
    links: LinkPort,
    listener: HandshakeListener,
  ) {
    this.#config = config;
    this.#effects = effects;
    this.#random = ports.random.fork("challenge");
    this.#digest = ports.digest;
    this.#links = links;
    this.#listener = listener;
  }

  /** An unpredictable challenge that no other half-open link has [protocol §3.1]. */
  freshChallenge(): Uint8Array {
    for (;;) {
      const challenge = this.#random.bytes(CHALLENGE_BYTES);
      if (!this.#challenges.has(hexOf(challenge))) return challenge;
    }
  }

  /** The acceptor speaks first [protocol §3.1]. */
  onAccepted(link: Link, challenge: Uint8Array): void {
    this.#challenges.set(hexOf(challenge), link.id);
    this.#effects.setIn(link.deadlines.handshake, this.#config.powTimeoutMs);
    this.#links.send(link, new OutgoingFrame(new P2PInit(challenge)));
  }

  onDialed(link: Link): void {
    this.#effects.setIn(link.deadlines.handshake, INIT_TIMEOUT_MS);
  }

  /** INIT at the dialler: solve, now or when the solver is free. */
  onInit(link: Link, message: P2PInit): void {
    const challenge = new Uint8Array(message.challenge);
    this.#effects.deadlines.clear(link.deadlines.handshake);
    const challengeText = hexOf(challenge);
    const accepted = this.#challenges.get(challengeText);
    if (accepted !== undefined) {
      this.#listener.onSelfDial(link, accepted);
      return;
    }
    link.challenge = challengeText;
    if (this.#listener.onInit(link) === "closed") return;
    if (this.#solving === undefined) {
      this.#solve(link, challenge, this.#marking);
    } else if (this.#awaitingSolver.length < AWAITING_SOLVER_MAX) {
      link.state = { phase: "awaitingSolver", challenge };
      this.#awaitingSolver.push(link);
    } else {
      this.#listener.onFailed(link, "solverBusy");
    }
  }

  onProofFound(link: Link, nonce: Uint8Array): void {
    if (this.#solving !== link || link.state.phase !== "solving") return;
    this.#effects.counters.totals.proofsFound++;
    this.#solving = undefined;
    link.state = { phase: "awaitingOk", marking: link.state.marking };
    this.#effects.setIn(link.deadlines.handshake, OK_TIMEOUT_MS);
    this.#links.send(link, new OutgoingFrame(new P2PVerify(nonce)));
    this.#listener.onProved(link);
    this.#solveNext();
  }

  /** A search that is exhausted below the marker goes on without it [protocol §6.2]. */
  onProofFailed(link: Link, reason: ProofFailure): void {
    if (this.#solving !== link || link.state.phase !== "solving") return;
    if (reason === "exhausted" && link.state.marking === "marked") {
      this.#solve(link, link.state.challenge, "unmarked");
      return;
    }
    this.#solving = undefined;
    this.#listener.onFailed(link, reason);
    this.#solveNext();
  }

  /** VERIFY at the acceptor: one hash, one try [protocol §3.3]. */
  onVerify(link: Link, message: P2PVerify): void {
    if (link.state.phase !== "awaitingVerify") return;
    const { challenge } = link.state;
    if (!isProof(challenge, message.nonce, this.#config.difficultyBits, this.#digest)) {
      this.#listener.onFailed(link, "wrongProof");
      return;
    }
    link.challenge = hexOf(challenge);
    this.#challenges.delete(link.challenge);
    this.#effects.deadlines.clear(link.deadlines.handshake);
    this.#links.send(link, new OutgoingFrame(new P2POk()));
    const isOurs = this.#marking === "marked" && isMarked(challenge, message.nonce, this.#digest);
    link.state = ESTABLISHED;
    this.#listener.onEstablished(link, isOurs ? "marked" : "unmarked");
  }

  onOk(link: Link): void {
    if (link.state.phase !== "awaitingOk") return;
    const { marking } = link.state;
    this.#effects.deadlines.clear(link.deadlines.handshake);
    link.state = ESTABLISHED;
    this.#listener.onEstablished(link, marking);
  }

  /** A handshake deadline has passed. */
  onDeadline(link: Link): void {
    const cause = TIMEOUT_CAUSES[link.state.phase];
    if (cause !== undefined) this.#listener.onFailed(link, cause);
  }

  /** The link is going down: nothing of it stays behind, and its proof is not worked on any more. */
  onClosed(link: Link): void {
    if (link.state.phase === "awaitingVerify") {
      this.#challenges.delete(hexOf(link.state.challenge));
    }
    this.#awaitingSolver = this.#awaitingSolver.filter((waiting) => waiting !== link);
    if (this.#solving !== link) return;
    this.#solving = undefined;
    this.#effects.emit({ kind: "cancelProof", link: link.id });
    this.#solveNext();
  }

  get #marking(): Marking {
    return this.#config.extensions === "on" ? "marked" : "unmarked";
  }

  #solve(link: Link, challenge: Uint8Array, marking: Marking): void {
    this.#solving = link;
    link.state = { phase: "solving", challenge, marking };
    this.#effects.counters.totals.proofsRequested++;
    this.#effects.emit({
      kind: "solveProof",
      link: link.id,
      challenge,
      difficultyBits: this.#config.difficultyBits,
      nonceHigh: marking === "marked" ? markerOf(challenge, this.#digest) : undefined,
    });
  }

  #solveNext(): void {
    const next = this.#awaitingSolver.shift();
    if (next?.state.phase !== "awaitingSolver") return;
    this.#solve(next, next.state.challenge, this.#marking);
  }
}

const TIMEOUT_CAUSES: Readonly<Record<LinkState["phase"], LinkCloseCause | undefined>> = {
  awaitingInit: "initTimeout",
  awaitingVerify: "verifyTimeout",
  awaitingOk: "okTimeout",
  awaitingSolver: undefined,
  solving: undefined,
  established: undefined,
};

/** The one type that is legal in each phase [protocol §3.4]; none while the next word is ours. */
const EXPECTED_TYPE: Readonly<Record<LinkState["phase"], MessageType | undefined>> = {
  awaitingInit: MessageType.p2pInit,
  awaitingSolver: undefined,
  solving: undefined,
  awaitingOk: MessageType.p2pOk,
  awaitingVerify: MessageType.p2pVerify,
  established: MessageType.p2pAnnounce,
};

/** What is legal on a link right now, by its phase and by what was negotiated [§3.4, §6.3]. */
export function isExpectedOn(link: Link, type: MessageType): boolean {
  if (EXPECTED_TYPE[link.state.phase] === type) return true;
  if (!link.isEstablished) return false;
  switch (link.negotiation.kind) {
    case "base":
      return false;
    case "open":
      return type === MessageType.hello;
    case "extended":
      return type === MessageType.ping || type === MessageType.peers;
  }
}
