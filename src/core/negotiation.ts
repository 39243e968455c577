import { Hello } from "../wire/p2p/hello.ts";
import { mayTravel, scopeOfHost } from "./address-scope.ts";
import { fromHex, hexOf } from "./bytes.ts";
import type { Effects } from "./effects.ts";
import type { Listener } from "./input.ts";
import type { Link, LinkPort } from "./link.ts";
import { OutgoingFrame } from "./outgoing-frame.ts";
import type { Instant } from "./ports.ts";
import { TokenBucket } from "./token-bucket.ts";

/** The dialler takes the acceptor for base this long after OK, in ms [protocol §6.2]. */
const DIALER_GRACE_MS = 1_000;
/** The acceptor of a marked VERIFY takes the dialler for base after this, in ms [protocol §6.2]. */
const ACCEPTOR_GRACE_MS = 10_000;
/** Ping answers: ten a second [protocol §6.4]. */
const PING_ANSWERS_BURST = 10;
const PING_ANSWER_INTERVAL_MS = 100;
/** Answers to requests for addresses: four at once, one a minute [protocol §6.5]. */
const PEERS_ANSWERS_BURST = 4;
const PEERS_ANSWER_INTERVAL_MS = 60_000;

/** What negotiation tells the rest of the core. */
export interface NegotiationListener {
  /** Both have said HELLO. */
  onExtended(link: Link): void;
  onWrongChallenge(link: Link): void;
}

/** How two of ours recognise each other inside the base handshake [protocol §6.1-§6.3]. */
export class Negotiator {
  readonly #effects: Effects;
  readonly #links: LinkPort;
  readonly #listener: NegotiationListener;
  #listening: Listener | undefined;

  constructor(effects: Effects, links: LinkPort, listener: NegotiationListener) {
    this.#effects = effects;
    this.#links = links;
    this.#listener = listener;
  }

  /** From now on peers are told where they can dial us. */
  onListening(listener: Listener): void {
    this.#listening = listener;
  }

  /** A link whose VERIFY was marked has come up: the acceptor says HELLO in one write with OK. */
  onMarkedLink(link: Link): void {
    if (link.direction === "inbound") {
      this.#sendHello(link);
      link.negotiation = { kind: "open", ownHello: "sent", taken: "unknown" };
      this.#effects.setIn(link.deadlines.negotiation, ACCEPTOR_GRACE_MS);
    } else {
      link.negotiation = { kind: "open", ownHello: "unsent", taken: "unknown" };
      this.#effects.setIn(link.deadlines.negotiation, DIALER_GRACE_MS);
    }
  }

  /** Legal once, while negotiation is open; a late one still upgrades [protocol §6.2]. */
  onHello(link: Link, hello: Hello): void {
    if (link.negotiation.kind !== "open") return;
    if (hexOf(hello.challenge) !== link.challenge) {
      this.#listener.onWrongChallenge(link);
      return;
    }
    if (link.negotiation.ownHello === "unsent") this.#sendHello(link);
    this.#effects.deadlines.clear(link.deadlines.negotiation);
    link.negotiation = {
      kind: "extended",
      extension: {
        listenPort: hello.inbound === "accepted" ? hello.listenPort : 0,
        inbound: hello.inbound,
        peerExchange: hello.peerExchange,
        pingAnswers: new TokenBucket(PING_ANSWERS_BURST, PING_ANSWER_INTERVAL_MS),
        peersAnswers: new TokenBucket(PEERS_ANSWERS_BURST, PEERS_ANSWER_INTERVAL_MS),
        pingToken: undefined,
        pingAskedAt: 0 as Instant,
        delayMs: undefined,
        getsSent: 0,
        getsOpen: 0,
      },
    };
    this.#listener.onExtended(link);
  }

  /** The grace is over: the peer counts as base, and may still say HELLO. */
  onGraceOver(link: Link): void {
    if (link.negotiation.kind === "open") link.negotiation = { ...link.negotiation, taken: "base" };
  }

  #sendHello(link: Link): void {
    const listener = this.#listening;
    const isReachable =
      listener !== undefined && mayTravel(listener.scope, scopeOfHost(link.remote.host));
    this.#links.send(
      link,
      new OutgoingFrame(
        new Hello({
          inbound: isReachable ? "accepted" : "none",
          peerExchange: "offered",
          listenPort: isReachable ? listener.port : 0,
          challenge: fromHex(link.challenge ?? "") ?? NO_CHALLENGE,
        }),
      ),
    );
  }
}

const NO_CHALLENGE = new Uint8Array(8);
