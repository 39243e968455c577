import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { LinkId } from "../core/ports.ts";
import type { Linking, NetworkOptions } from "./plan.ts";
import type { RandomStream } from "./random-stream.ts";
import { appended, LinkEnd, noChunks, SimLink, withoutFirst } from "./sim-link.ts";

/** What the network puts into the event queue. */
export type NetworkEvent =
  /** The first chunk in flight from this end arrives at the other. */
  | { readonly kind: "arrive"; readonly end: LinkEnd }
  /** The socket of this end has taken its last write. */
  | { readonly kind: "taken"; readonly end: LinkEnd }
  /** This end goes on reading what has arrived. */
  | { readonly kind: "read"; readonly end: LinkEnd }
  /** Keepalive has had no answer at this end since its link froze for the n-th time. */
  | { readonly kind: "unanswered"; readonly end: LinkEnd; readonly freeze: number }
  /** This end learns that its link is gone. */
  | { readonly kind: "lost"; readonly end: LinkEnd };

/** What the network needs of the nodes. */
export interface NetworkHost {
  readonly now: number;
  schedule(at: number, event: NetworkEvent): void;
  /** Hands one frame to the node's core. Whether that may change `end` is for the caller to look at. */
  deliver(end: LinkEnd, frame: OutgoingFrame): void;
  /** All frames of one read are in. */
  endOfRead(end: LinkEnd): void;
  lost(end: LinkEnd): void;
  drained(end: LinkEnd): void;
  newLinkId(node: number): LinkId;
  /** How fast the node reads, in bytes a second; undefined is at once, 0 is not at all. */
  readingRate(node: number): number | undefined;
}

/**
 * Links as TCP makes them: bytes arrive in order, once, or not at all; a socket takes a bounded amount
 * beyond what the other end has read; what is lost is lost with the link, as the tail of a direction.
 */
export class Network {
  readonly #host: NetworkHost;
  readonly #options: NetworkOptions;
  readonly #latency: RandomStream;
  readonly #jitter: RandomStream;
  /** Every link that at least one end believes in. */
  readonly links: Set<SimLink> = new Set<SimLink>();
  /** Which nodes are cut off from all others that are not in here; empty when there is no partition. */
  #side: ReadonlySet<number> = new Set<number>();
  #ends = 0;

  constructor(host: NetworkHost, options: NetworkOptions, random: RandomStream) {
    this.#host = host;
    this.#options = options;
    this.#latency = random.fork("latency");
    this.#jitter = random.fork("jitter");
  }

  /** One way between two nodes, the same in both directions and whenever it is asked. */
  latencyBetween(a: number, b: number): number {
    const { latencyMinMs, latencyMaxMs } = this.#options;
    if (latencyMinMs === latencyMaxMs) return latencyMinMs;
    const pair = `${Math.min(a, b)}-${Math.max(a, b)}`;
    return this.#latency.fork(pair).between(latencyMinMs, latencyMaxMs);
  }

  isReachable(a: number, b: number): boolean {
    return this.#side.has(a) === this.#side.has(b);
  }

  /** A connection that is there from now on; the first number dialled. */
  connect(plan: number, linking: Linking, dialler: number, acceptor: number): SimLink {
    const link = new SimLink(plan, linking, this.latencyBetween(dialler, acceptor));
    link.connect(
      new LinkEnd(this.#ends++, dialler, this.#host.newLinkId(dialler), link),
      new LinkEnd(this.#ends++, acceptor, this.#host.newLinkId(acceptor), link),
    );
    this.links.add(link);
    this.#refreeze(link);
    return link;
  }

  /** Puts one write on the wire. Whether the socket has taken it already. */
  write(end: LinkEnd, frames: readonly OutgoingFrame[]): "taken" | "waits" {
    const carried = end.link.linking === "wired" ? frames.filter(isPayload) : frames;
    if (carried.length === 0 || end.link.condition === "dead") return this.#account(end, 0);
    let bytes = 0;
    for (const frame of carried) bytes += frame.frameBytes;
    this.#launch(end, carried, bytes, false);
    return this.#account(end, bytes);
  }

  /** The core closes its end: what it wrote still arrives, and then the end of the stream. */
  close(end: LinkEnd): void {
    this.#shut(end);
    if (end.link.condition === "dead" || end.other.phase === "closed") return;
    this.#launch(end, [], 0, true);
  }

  /** What is on its way in either direction is lost; both ends learn it, one latency apart. */
  cut(link: SimLink): void {
    if (link.condition === "dead") return;
    this.#kill(link);
    this.#tellLost(link.dialler, 0);
    this.#tellLost(link.acceptor, link.latencyMs);
  }

  /** One end is gone without a word; the other learns it from keepalive, or from its own patience. */
  halfOpen(gone: LinkEnd): void {
    if (gone.link.condition === "dead") return;
    this.#kill(gone.link);
    this.#tellLost(gone, 0);
    this.#tellLost(gone.other, this.#options.keepaliveMs);
  }

  /** The node at this end has crashed: nobody is left here to be told. */
  abandon(end: LinkEnd, manner: "reset" | "powerLoss"): void {
    const { condition, latencyMs } = end.link;
    this.#shut(end);
    this.#kill(end.link);
    if (condition === "dead") return;
    const isHeard = manner === "reset" && condition === "up";
    this.#tellLost(end.other, isHeard ? latencyMs : this.#options.keepaliveMs);
  }

  /** Whoever still believes in a dead link learns the truth now. */
  bury(link: SimLink): void {
    this.#tellLost(link.dialler, 0);
    this.#tellLost(link.acceptor, 0);
  }

  /** From now on the two sides hear nothing of each other. */
  partition(side: ReadonlySet<number>): void {
    this.#side = side;
    for (const link of this.links) this.#refreeze(link);
  }

  onEvent(event: NetworkEvent): void {
    const { end } = event;
    switch (event.kind) {
      case "arrive":
        this.#onArrival(end);
        return;
      case "taken":
        if (end.phase === "open") this.#host.drained(end);
        return;
      case "read":
        end.isReadScheduled = false;
        this.read(end);
        return;
      case "unanswered":
        // While data waits to be acknowledged TCP tries that instead, for far longer.
        if (end.link.freezes !== event.freeze || end.link.condition !== "frozen") return;
        if (end.phase === "open" && end.inFlight.length === 0) this.halfOpen(end);
        return;
      case "lost":
        if (end.phase === "closed") return;
        this.#shut(end);
        this.#host.lost(end);
        return;
    }
  }

  /** Reads what has arrived, as long as the core wants it. */
  read(end: LinkEnd): void {
    const rate = this.#host.readingRate(end.node);
    if (rate === 0) return;
    let hasRead = false;
    while (end.phase === "open" && !end.isHeld && !end.isReadScheduled) {
      const [chunk] = end.arrived;
      if (chunk === undefined) break;
      if (chunk.isEnd) {
        this.#shut(end);
        this.#host.lost(end);
        return;
      }
      hasRead = true;
      const frame = chunk.frames[end.position++];
      if (frame !== undefined) this.#host.deliver(end, frame);
      if (end.position < chunk.frames.length) continue;
      end.arrived = withoutFirst(end.arrived);
      end.position = 0;
      this.#onRead(end.other, chunk.bytes);
      if (rate !== undefined) this.#readLater(end, Math.ceil((chunk.bytes * 1_000) / rate));
    }
    if (hasRead) this.#host.endOfRead(end);
  }

  /** Goes on reading after a pause; outside of the step that ended the pause. */
  readLater(end: LinkEnd): void {
    if (end.arrived.length > 0) this.#readLater(end, 0);
  }

  #readLater(end: LinkEnd, afterMs: number): void {
    if (end.isReadScheduled) return;
    end.isReadScheduled = true;
    this.#host.schedule(this.#host.now + afterMs, { kind: "read", end });
  }

  #account(end: LinkEnd, bytes: number): "taken" | "waits" {
    end.unreadBytes += bytes;
    if (end.link.condition === "dead" && end.other.phase === "closed") return "waits";
    if (end.unreadBytes <= this.#options.socketBufferBytes) return "taken";
    end.isBlocked = true;
    return "waits";
  }

  #launch(end: LinkEnd, frames: readonly OutgoingFrame[], bytes: number, isEnd: boolean): void {
    const { now } = this.#host;
    const { bytesPerSecond, jitterMs } = this.#options;
    let leavesAt = now;
    if (bytesPerSecond > 0) {
      const startUs = Math.max(end.freeAtUs, now * 1_000);
      end.freeAtUs = startUs + Math.ceil((bytes * 1_000_000) / bytesPerSecond);
      leavesAt = Math.ceil(end.freeAtUs / 1_000);
    }
    const jitter = jitterMs === 0 ? 0 : this.#jitter.below(jitterMs + 1);
    const arrivesAt = Math.max(end.lastArrivesAt, leavesAt + end.link.latencyMs + jitter);
    end.lastArrivesAt = arrivesAt;
    end.inFlight = appended(end.inFlight, { frames, bytes, arrivesAt, isEnd });
    this.#scheduleArrival(end);
  }

  #scheduleArrival(end: LinkEnd): void {
    const [first] = end.inFlight;
    if (first === undefined || end.isArrivalScheduled || end.link.condition !== "up") return;
    end.isArrivalScheduled = true;
    const at = Math.max(first.arrivesAt, this.#host.now);
    this.#host.schedule(at, { kind: "arrive", end });
  }

  #onArrival(from: LinkEnd): void {
    from.isArrivalScheduled = false;
    const [chunk] = from.inFlight;
    if (chunk === undefined || from.link.condition !== "up") return;
    from.inFlight = withoutFirst(from.inFlight);
    this.#scheduleArrival(from);
    const to = from.other;
    if (to.phase === "closed") return;
    to.arrived = appended(to.arrived, chunk);
    this.read(to);
  }

  /** The other end has read so much of what `from` sent: a blocked write may be taken now. */
  #onRead(from: LinkEnd, bytes: number): void {
    from.unreadBytes -= bytes;
    if (!from.isBlocked || from.unreadBytes > this.#options.socketBufferBytes) return;
    from.isBlocked = false;
    this.#host.schedule(this.#host.now + from.link.latencyMs, { kind: "taken", end: from });
  }

  #refreeze(link: SimLink): void {
    if (link.condition === "dead") return;
    const isUp = this.isReachable(link.dialler.node, link.acceptor.node);
    if (isUp === (link.condition === "up")) return;
    link.condition = isUp ? "up" : "frozen";
    if (!isUp) {
      this.#startKeepalive(link);
      return;
    }
    for (const end of [link.dialler, link.acceptor]) {
      // Lost packets are sent again: what waited arrives one latency after the way is free.
      const again = this.#host.now + link.latencyMs;
      end.lastArrivesAt = Math.max(end.lastArrivesAt, again);
      end.inFlight = end.inFlight.map((chunk) => ({
        ...chunk,
        arrivesAt: Math.max(chunk.arrivesAt, again),
      }));
      this.#scheduleArrival(end);
    }
  }

  #startKeepalive(link: SimLink): void {
    link.freezes++;
    const at = this.#host.now + this.#options.keepaliveMs;
    for (const end of [link.dialler, link.acceptor]) {
      this.#host.schedule(at, { kind: "unanswered", end, freeze: link.freezes });
    }
  }

  #kill(link: SimLink): void {
    link.condition = "dead";
    for (const end of [link.dialler, link.acceptor]) {
      end.inFlight = noChunks();
      end.arrived = noChunks();
      end.position = 0;
    }
  }

  #tellLost(end: LinkEnd, afterMs: number): void {
    if (end.phase === "open") this.#host.schedule(this.#host.now + afterMs, { kind: "lost", end });
  }

  #shut(end: LinkEnd): void {
    end.phase = "closed";
    end.isEstablished = false;
    end.arrived = noChunks();
    if (end.link.isClosed) this.links.delete(end.link);
  }
}

const isPayload = (frame: OutgoingFrame): boolean => frame.lane === "payload";
