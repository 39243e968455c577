import type { PeerMessage } from "../wire/decode.ts";
import type { MessageType } from "../wire/message-type.ts";
import { describeWireFault } from "../wire/wire-fault.ts";
import type { WireFault } from "../wire/wire-fault.ts";
import type { P2PAnnounce } from "../wire/p2p/p2p-announce.ts";
import type { AddressBook } from "./address-book.ts";
import type { SavedBook } from "./saved-book.ts";
import { assertNever } from "./assert.ts";
import type { LinkCloseCause } from "./close-cause.ts";
import type { CoreConfig } from "./core-config.ts";
import type { Effects } from "./effects.ts";
import { HalfOpenLinks } from "./half-open.ts";
import { Handshake, isExpectedOn } from "./handshake.ts";
import { admitInbound } from "./inbound-slots.ts";
import type { LinkDirection } from "./event.ts";
import type { DialFailure, Listener, ProofFailure } from "./input.ts";
import type { Link, LinkPort, LinkState, Marking } from "./link.ts";
import type { LinkDeadlineHandlers } from "./link-deadlines.ts";
import { LinkSender } from "./link-sender.ts";
import { LinkTable } from "./link-table.ts";
import { listenAddressOf } from "./listen-address.ts";
import { Overlay } from "./overlay.ts";
import type { OverlayPorts } from "./overlay.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { DialId, Instant, LinkId, PeerAddress } from "./ports.ts";
import type {
  AddressSnapshot,
  BootstrapSnapshot,
  LinkSnapshot,
  OverlaySnapshot,
} from "./snapshot.ts";

/** Newcomers that are introduced at the same time; more are closed at once. A guess. */
export const INTRODUCED_MAX = 64;
/** How long a newcomer without a slot may take to ask for addresses, in ms. A guess. */
const INTRODUCTION_MS = 5_000;

/** What the side of the peers tells the rest of the core. */
export interface PeerSideListener {
  onOpened(link: Link): void;
  onEstablished(link: Link): void;
  onItem(link: Link, message: P2PAnnounce): void;
  onFrameRead(link: Link, frameBytes: number): void;
  onBudgetDue(link: Link): void;
  onShareDue(link: Link): void;
  onBacklogChanged(): void;
  /** There may be room for offers to a link that came up lately. */
  onRoom(link: Link): void;
}

/** Links to peers: accepting, dialling, handshakes, sending, and every way a link can end. */
export class PeerSide implements LinkPort {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #listener: PeerSideListener;
  readonly #links: LinkTable;
  readonly #halfOpen = new HalfOpenLinks();
  readonly #handshake: Handshake;
  readonly #sender: LinkSender;
  readonly #overlay: Overlay;
  /** Newcomers without a slot: introduced to others, then closed [protocol §7.1]. */
  readonly #introduced = new Set<Link>();

  constructor(
    config: CoreConfig,
    effects: Effects,
    ports: OverlayPorts,
    listener: PeerSideListener,
  ) {
    this.#config = config;
    this.#effects = effects;
    this.#listener = listener;
    this.#links = new LinkTable(config, this.#deadlineHandlers());
    this.#handshake = new Handshake(config, effects, ports, this, {
      onEstablished: (link, marking) => {
        this.#onEstablished(link, marking);
      },
      onInit: (link) => this.#overlay.membership.onInit(link),
      onProved: (link) => {
        this.#overlay.membership.onProved(link.id);
      },
      onFailed: (link, cause) => {
        this.#close(link, cause, "");
      },
      onSelfDial: (link, accepted) => {
        this.#onSelfDial(link, accepted);
      },
    });
    this.#sender = new LinkSender(effects, {
      onUnsendable: (link, cause) => {
        this.#close(link, cause, "");
      },
      onBacklogChanged: () => {
        listener.onBacklogChanged();
      },
      onRoom: (link) => {
        listener.onRoom(link);
      },
    });
    this.#overlay = new Overlay(config, effects, ports, this, {
      all: () => this.#links.all(),
      close: (link, cause) => {
        this.#close(link, cause, "");
      },
      onExtended: (link) => {
        if (this.#introduced.has(link)) effects.setIn(link.deadlines.negotiation, INTRODUCTION_MS);
      },
      onIntroduced: (link) => {
        this.#onIntroduced(link);
      },
    });
  }

  get count(): number {
    return this.#links.size;
  }

  get halfOpenCount(): number {
    return this.#halfOpen.size;
  }

  get(id: LinkId): Link | undefined {
    return this.#links.get(id);
  }

  all(): Iterable<Link> {
    return this.#links.all();
  }

  established(): readonly Link[] {
    return this.#links.established();
  }

  send(link: Link, frame: OutgoingFrame): void {
    this.#sender.send(link, frame);
  }

  sendToAll(links: readonly Link[], frame: OutgoingFrame): void {
    this.#sender.sendToAll(links, frame);
  }

  hasRoomInHalf(link: Link, frameBytes: number): boolean {
    this.#sender.queueRun();
    return link.queue.hasRoomInHalf(frameBytes);
  }

  flush(): void {
    this.#sender.flush((link) => this.#links.get(link.id) === link);
  }

  expects(id: LinkId, type: MessageType): boolean {
    const link = this.#links.get(id);
    return link !== undefined && isExpectedOn(link, type);
  }

  onAccepted(id: LinkId, remote: PeerAddress): void {
    this.#effects.counters.totals.linksAccepted++;
    const challenge = this.#handshake.freshChallenge();
    const state = { phase: "awaitingVerify", challenge } as const;
    const link = this.#open(id, "inbound", remote, state);
    if (!this.#halfOpen.mayAdmit(link.hostKey)) {
      this.#close(link, "halfOpenPerAddress", "");
      return;
    }
    this.#halfOpen.add(link);
    this.#handshake.onAccepted(link, challenge);
    this.#listener.onOpened(link);
    const victim = this.#halfOpen.victim();
    if (victim !== undefined) this.#close(victim, "halfOpenTotal", "");
  }

  onDialed(id: LinkId, dial: DialId, remote: PeerAddress): void {
    const isDuplicate = this.#links.hasDialed(remote);
    const state = { phase: "awaitingInit" } as const;
    const link = this.#open(id, "outbound", remote, state);
    const isWanted = this.#overlay.membership.onDialed(dial, link) === "wanted";
    if (isDuplicate || !isWanted) {
      this.#overlay.membership.onDuplicate(id);
      this.#close(link, "duplicateLink", "");
      return;
    }
    this.#handshake.onDialed(link);
    this.#listener.onOpened(link);
  }

  onDialFailed(dial: DialId, reason: DialFailure): void {
    this.#overlay.membership.onDialFailed(dial, reason);
  }

  onLost(id: LinkId): void {
    const link = this.#links.get(id);
    if (link !== undefined) this.#forget(link, "remoteClosed", "");
  }

  onFault(id: LinkId, fault: WireFault): void {
    const link = this.#links.get(id);
    if (link !== undefined) this.#close(link, fault.kind, describeWireFault(fault));
  }

  onDrained(id: LinkId): void {
    const link = this.#links.get(id);
    if (link !== undefined) this.#sender.onDrained(link);
  }

  onFrameStarted(id: LinkId): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    link.heardAt = this.#effects.now;
    link.frameClock.onFrameStarted(this.#effects);
  }

  onFrameEnded(id: LinkId): void {
    const link = this.#links.get(id);
    if (link !== undefined) link.frameClock.onFrameEnded(this.#effects);
  }

  onProofFound(id: LinkId, nonce: Uint8Array): void {
    const link = this.#links.get(id);
    if (link !== undefined) this.#handshake.onProofFound(link, nonce);
  }

  onProofFailed(id: LinkId, reason: ProofFailure): void {
    const link = this.#links.get(id);
    if (link !== undefined) this.#handshake.onProofFailed(link, reason);
  }

  onMessage(id: LinkId, message: PeerMessage): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    if (!isExpectedOn(link, message.type)) {
      const { type, frameBytes: size } = message;
      this.onFault(id, { kind: "unexpectedType", type, size });
      return;
    }
    link.heardAt = this.#effects.now;
    this.#listener.onFrameRead(link, message.frameBytes);
    switch (message.kind) {
      case "p2pAnnounce":
        this.#listener.onItem(link, message);
        return;
      case "p2pInit":
        this.#handshake.onInit(link, message);
        return;
      case "p2pVerify":
        this.#handshake.onVerify(link, message);
        return;
      case "p2pOk":
        this.#handshake.onOk(link);
        return;
      case "hello":
      case "ping":
      case "peers":
        this.#overlay.onMessage(link, message);
        return;
      default:
        assertNever(message);
    }
  }

  onListening(listener: Listener): void {
    this.#overlay.negotiation.onListening(listener);
  }

  onBookRestored(book: SavedBook): void {
    this.#overlay.onBookRestored(book);
  }

  get book(): AddressBook {
    return this.#overlay.book;
  }

  savedBook(): SavedBook {
    return this.#overlay.membership.savedBook();
  }

  bootstrapSnapshot(now: Instant): BootstrapSnapshot[] {
    return this.#overlay.membership.bootstrapSnapshot(now);
  }

  overlaySnapshot(now: Instant): OverlaySnapshot {
    return this.#overlay.membership.snapshot(now);
  }

  addresses(now: Instant): AddressSnapshot[] {
    return this.#overlay.membership.addresses(now);
  }

  snapshot(now: Instant): LinkSnapshot[] {
    this.#sender.queueRun();
    return Array.from(this.#links.all(), (link) => ({
      link: link.id,
      direction: link.direction,
      remote: link.remote,
      phase: link.state.phase,
      peer: peerKindOf(link),
      listensAt: listenAddressOf(link),
      delayMs: link.extension?.delayMs,
      openForMs: now - link.openedAt,
      reading: link.gate.isHeld ? "held" : "open",
      queueBytes: link.queue.bytes,
      queueFrames: link.queue.frames,
      itemsIn: link.itemsIn,
      itemsOut: link.itemsOut,
      framesDropped: link.framesDropped,
    }));
  }

  #open(link: LinkId, direction: LinkDirection, remote: PeerAddress, state: LinkState): Link {
    if (this.#effects.tracing.isOn) {
      this.#effects.trace({ kind: "linkOpened", link, direction, remote });
    }
    return this.#links.open(link, direction, remote, state, this.#effects.now);
  }

  #deadlineHandlers(): LinkDeadlineHandlers<Link> {
    return {
      handshake: (link) => {
        this.#handshake.onDeadline(link);
      },
      frame: (link) => {
        this.#close(link, "frameTimeout", "");
      },
      budget: (link) => {
        this.#listener.onBudgetDue(link);
      },
      pendingShare: (link) => {
        this.#listener.onShareDue(link);
      },
      stall: (link) => {
        this.#sender.onStallDue(link);
      },
      negotiation: (link) => {
        this.#onNegotiationDue(link);
      },
      liveness: (link) => {
        this.#overlay.liveness.onDue(link);
      },
      exchange: (link) => {
        this.#overlay.exchange.onDue(link);
      },
    };
  }

  #onEstablished(link: Link, marking: Marking): void {
    this.#halfOpen.remove(link);
    link.establishedAt = this.#effects.now;
    if (link.direction === "inbound" && !this.#findSlotFor(link)) {
      this.#introduce(link, marking);
      return;
    }
    this.#links.onEstablished(link);
    const { id, direction, remote } = link;
    this.#effects.report({ name: "linkEstablished", link: id, direction, remote });
    this.#overlay.onEstablished(link, marking);
    this.#listener.onEstablished(link);
  }

  /** Whether an inbound link gets a slot, perhaps that of another [protocol §7.1]. */
  #findSlotFor(link: Link): boolean {
    const inbound = this.#links.inboundEstablished();
    const admission = admitInbound(link, inbound, this.#config.inboundLinksMax, this.#effects.now);
    if (admission.kind === "replace") this.#close(admission.victim, "evicted", "");
    return admission.kind !== "refuse";
  }

  /** A full node still introduces: HELLO and one answer to a request for addresses, then goodbye. */
  #introduce(link: Link, marking: Marking): void {
    if (marking === "unmarked" || this.#introduced.size >= INTRODUCED_MAX) {
      this.flush();
      this.#close(link, "inboundFull", "");
      return;
    }
    this.#introduced.add(link);
    this.#overlay.negotiation.onMarkedLink(link);
  }

  #onIntroduced(link: Link): void {
    if (!this.#introduced.has(link)) return;
    this.flush();
    // The answer waits behind another write: then the deadline closes the link.
    if (link.queue.isWaiting) return;
    this.#close(link, "inboundFull", "");
  }

  #onNegotiationDue(link: Link): void {
    if (this.#introduced.has(link)) this.#close(link, "inboundFull", "");
    else this.#overlay.negotiation.onGraceOver(link);
  }

  /** Both ends of a link to ourselves close [protocol §3.6]. */
  #onSelfDial(link: Link, accepted: LinkId): void {
    this.#overlay.membership.onSelfDial(link.id);
    const otherEnd = this.#links.get(accepted);
    if (otherEnd !== undefined) this.#close(otherEnd, "selfDial", "");
    this.#close(link, "selfDial", "");
  }

  #close(link: Link, cause: LinkCloseCause, detail: string): void {
    if (this.#links.get(link.id) !== link) return;
    this.#forget(link, cause, detail);
    this.#effects.emit({ kind: "closeLink", link: link.id, cause });
  }

  #forget(link: Link, cause: LinkCloseCause, detail: string): void {
    this.#links.remove(link);
    this.#halfOpen.remove(link);
    for (const deadline of link.deadlines.made()) this.#effects.deadlines.clear(deadline);
    this.#handshake.onClosed(link);
    this.#introduced.delete(link);
    this.#overlay.membership.onClosed(link, cause);
    const { id, direction, remote } = link;
    const { phase } = link.state;
    this.#effects.counters.addLinkClosed(cause);
    this.#effects.report({ name: "linkClosed", link: id, direction, remote, phase, cause, detail });
    this.#listener.onBacklogChanged();
  }
}

function peerKindOf({ negotiation }: Link): LinkSnapshot["peer"] {
  return negotiation.kind === "open" ? negotiation.taken : negotiation.kind;
}
