import { assert } from "./assert.ts";
import type { CoreConfig } from "./core-config.ts";
import { Deadline } from "./deadline-queue.ts";
import type { LinkDirection } from "./event.ts";
import { groupKey, hostKey, isInRange, parseIpAddress } from "./ip-address.ts";
import { Link } from "./link.ts";
import type { LinkDeadlines, LinkState } from "./link.ts";
import type { Instant, LinkId, PeerAddress } from "./ports.ts";
import { ReadBudget } from "./read-budget.ts";
import { SendQueue } from "./send-queue.ts";

/** Who acts when a deadline of a link passes. */
export type LinkDeadlineHandlers = {
  readonly [Name in keyof LinkDeadlines]: (link: Link) => void;
};

/** All links of this node, established ones also as a list. */
export class LinkTable {
  readonly #config: CoreConfig;
  readonly #handlers: LinkDeadlineHandlers;
  readonly #linkById = new Map<LinkId, Link>();
  /** Rebuilt when a link comes up or goes down, never changed in place: others may hold on to it. */
  #established: readonly Link[] = [];

  constructor(config: CoreConfig, handlers: LinkDeadlineHandlers) {
    this.#config = config;
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#linkById.size;
  }

  get(id: LinkId): Link | undefined {
    return this.#linkById.get(id);
  }

  all(): Iterable<Link> {
    return this.#linkById.values();
  }

  established(): readonly Link[] {
    return this.#established;
  }

  inboundEstablished(): Link[] {
    return this.#established.filter((link) => link.direction === "inbound");
  }

  /** Whether we dialled this very address already [protocol §3.6]. */
  hasDialed(remote: PeerAddress): boolean {
    for (const link of this.#linkById.values()) {
      const { host, port } = link.remote;
      if (link.direction === "outbound" && host === remote.host && port === remote.port)
        return true;
    }
    return false;
  }

  open(
    id: LinkId,
    direction: LinkDirection,
    remote: PeerAddress,
    state: LinkState,
    now: Instant,
  ): Link {
    assert(!this.#linkById.has(id), `link ${id} is open already`);
    const { limits } = this.#config;
    const link: Link = new Link({
      id,
      direction,
      remote,
      ...this.originOf(remote),
      openedAt: now,
      queue: new SendQueue({
        bytesMax: limits.linkQueueBytes,
        framesMax: limits.linkQueueFrames,
      }),
      budget: new ReadBudget(limits.linkFramesPerSecond, limits.linkBytesPerSecond, now),
      deadlines: this.#deadlinesFor(() => link),
      state,
    });
    this.#linkById.set(id, link);
    return link;
  }

  /** Addresses in `local_ranges` are exempt from all bounds: each counts for itself [protocol §3.5]. */
  originOf(remote: PeerAddress): { readonly hostKey: string; readonly groupKey: string } {
    const address = parseIpAddress(remote.host);
    const isLocal =
      address !== undefined && this.#config.localRanges.some((range) => isInRange(address, range));
    if (address === undefined || isLocal) {
      const itself = `${remote.host} ${remote.port}`;
      return { hostKey: itself, groupKey: itself };
    }
    return { hostKey: hostKey(address), groupKey: groupKey(address) };
  }

  onEstablished(link: Link): void {
    this.#established = [...this.#established, link];
  }

  remove(link: Link): void {
    this.#linkById.delete(link.id);
    this.#established = this.#established.filter((other) => other !== link);
  }

  #deadlinesFor(link: () => Link): LinkDeadlines {
    const deadline = (handler: (link: Link) => void): Deadline =>
      new Deadline(() => {
        handler(link());
      });
    return {
      handshake: deadline(this.#handlers.handshake),
      frame: deadline(this.#handlers.frame),
      budget: deadline(this.#handlers.budget),
      pendingShare: deadline(this.#handlers.pendingShare),
      stall: deadline(this.#handlers.stall),
      negotiation: deadline(this.#handlers.negotiation),
      liveness: deadline(this.#handlers.liveness),
      exchange: deadline(this.#handlers.exchange),
    };
  }
}
