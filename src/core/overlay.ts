import type { Hello } from "../wire/p2p/hello.ts";
import type { Peers } from "../wire/p2p/peers.ts";
import type { Ping } from "../wire/p2p/ping.ts";
import { AddressBook } from "./address-book.ts";
import type { SavedBook } from "./saved-book.ts";
import { overlayGroup } from "./address-scope.ts";
import type { LinkCloseCause } from "./close-cause.ts";
import type { CoreConfig } from "./core-config.ts";
import type { Effects } from "./effects.ts";
import type { Link, LinkExtension, LinkPort, Marking } from "./link.ts";
import { Liveness } from "./liveness.ts";
import { Membership } from "./membership.ts";
import { Negotiator } from "./negotiation.ts";
import { PeerExchange } from "./peer-exchange.ts";
import type { Digest, Random } from "./ports.ts";

export interface OverlayPorts {
  readonly random: Random;
  readonly digest: Digest;
}

/** What the overlay asks of whoever owns the links. */
export interface OverlayListener {
  all(): Iterable<Link>;
  close(link: Link, cause: LinkCloseCause): void;
  onExtended(link: Link): void;
  /** A request for addresses was answered: a link that was only to be introduced may go. */
  onIntroduced(link: Link): void;
}

/**
 * Everything that two of ours do beyond the base protocol: recognising each other, keeping links alive,
 * learning addresses, choosing neighbours [protocol §6, §7].
 */
export class Overlay {
  readonly membership: Membership;
  readonly negotiation: Negotiator;
  readonly liveness: Liveness;
  readonly exchange: PeerExchange;
  readonly book: AddressBook;
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #links: LinkPort;
  readonly #listener: OverlayListener;

  constructor(
    config: CoreConfig,
    effects: Effects,
    ports: OverlayPorts,
    links: LinkPort,
    listener: OverlayListener,
  ) {
    this.#config = config;
    this.#effects = effects;
    this.#links = links;
    this.#listener = listener;
    this.book = new AddressBook(ports.random.fork("address-book"), ports.digest);
    this.membership = new Membership(config, effects, ports.random, this.book, {
      links: () => listener.all(),
      close: (id, cause) => {
        const link = links.get(id);
        if (link !== undefined) listener.close(link, cause);
      },
    });
    this.negotiation = new Negotiator(effects, links, {
      onExtended: (link) => {
        this.#onExtended(link);
      },
      onWrongChallenge: (link) => {
        listener.close(link, "wrongChallenge");
      },
    });
    this.liveness = new Liveness(effects, ports.random, links, {
      onSilent: (link) => {
        listener.close(link, "silent");
      },
    });
    this.exchange = new PeerExchange(config, effects, ports.random, this.book, links, {
      onUnasked: (link) => {
        listener.close(link, "unaskedPeers");
      },
      onLearned: (link) => {
        this.membership.onLearned(link);
      },
      onAnswered: (link) => {
        listener.onIntroduced(link);
      },
    });
  }

  /** What the last run knew. */
  onBookRestored(saved: SavedBook): void {
    const { localRanges } = this.#config;
    this.book.restore(
      saved,
      ({ host, port }) => overlayGroup(host, port, localRanges),
      this.#effects.now,
    );
    this.membership.onBookRestored(saved.anchors);
  }

  onEstablished(link: Link, marking: Marking): void {
    if (marking === "marked") this.negotiation.onMarkedLink(link);
    this.membership.onEstablished(link.id);
  }

  onMessage(link: Link, message: Hello | Ping | Peers): void {
    switch (message.kind) {
      case "hello":
        this.negotiation.onHello(link, message);
        return;
      case "ping":
        this.liveness.onPing(link, message);
        return;
      case "peers":
        this.exchange.onPeers(link, message);
        return;
    }
  }

  #onExtended(link: Link): void {
    const listenPort = link.extension?.listenPort ?? 0;
    this.#effects.report({ name: "linkExtended", link: link.id, listenPort });
    if (this.#endDuplicates(link) === "linkEnded") return;
    this.membership.onAdvertised(link);
    this.liveness.onExtended(link);
    this.exchange.onExtended(link);
    this.#listener.onExtended(link);
  }

  /**
   * Of two links to one peer the one with the smaller challenge stays [protocol §3.6]. Who accepted the other
   * one closes it: where an inbound peer listens is only its word, which must not cost us a link we chose.
   */
  #endDuplicates(link: Link): "linkEnded" | "linkStays" {
    const established = this.#links.established();
    for (const other of established) {
      if (other === link || !isSamePeer(link, other)) continue;
      if (link.challenge === undefined || other.challenge === undefined) continue;
      // A link that is only introduced goes anyway: it must not take a lasting one with it.
      const isStaying = established.includes(link) && link.challenge < other.challenge;
      const loser = isStaying ? other : link;
      if (loser.direction === "outbound") continue;
      this.#listener.close(loser, "duplicateLink");
      if (loser === link) return "linkEnded";
    }
    return "linkStays";
  }
}

/**
 * Both extended, the same remote address, and the port dialled on one is the listen port in the other's
 * HELLO. Two inbound links are both kept: one may be the dead half of a restart [protocol §3.6].
 */
function isSamePeer(a: Link, b: Link): boolean {
  if (a.extension === undefined || b.extension === undefined) return false;
  if (a.remote.host !== b.remote.host) return false;
  return isDialledAtPortOf(a, b.extension) || isDialledAtPortOf(b, a.extension);
}

function isDialledAtPortOf(link: Link, { listenPort }: LinkExtension): boolean {
  return link.direction === "outbound" && link.remote.port === listenPort;
}
