import { assert } from "./assert.ts";
import type { CoreConfig } from "./core-config.ts";
import type { LinkDirection } from "./event.ts";
import { groupKey, hostKey, isInRange, parseIpAddress, subnetKey } from "./ip-address.ts";
import { Link } from "./link.ts";
import type { LinkDeadlineHandlers } from "./link-deadlines.ts";
import type { LinkOrigin, LinkState } from "./link.ts";
import type { Instant, LinkId, PeerAddress } from "./ports.ts";
import { ReadBudget } from "./read-budget.ts";
import { SendQueue } from "./send-queue.ts";
import type { SendQueueLimits } from "./send-queue.ts";

/** All links of this node, established ones also as a list. */
export class LinkTable {
  readonly #config: CoreConfig;
  readonly #handlers: LinkDeadlineHandlers<Link>;
  readonly #queueLimits: SendQueueLimits;
  readonly #linkById = new Map<LinkId, Link>();
  readonly #established = new Set<Link>();
  readonly #inbound = new Set<Link>();
  /**
   * The established ones when somebody last asked, if they still are. Never changed in place, because
   * others may hold on to it; made when it is asked for, because ten thousand links that come up one
   * after the other would leave ten thousand long arrays behind.
   */
  #asked: readonly Link[] | undefined;

  constructor(config: CoreConfig, handlers: LinkDeadlineHandlers<Link>) {
    this.#config = config;
    this.#handlers = handlers;
    const { linkQueueBytes, linkQueueFrames } = config.limits;
    this.#queueLimits = { bytesMax: linkQueueBytes, framesMax: linkQueueFrames };
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
    this.#asked ??= [...this.#established];
    return this.#asked;
  }

  inboundEstablished(): ReadonlySet<Link> {
    return this.#inbound;
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
    const link = new Link({
      id,
      direction,
      remote,
      ...this.originOf(remote),
      openedAt: now,
      queue: new SendQueue(this.#queueLimits),
      budget: new ReadBudget(limits.linkFramesPerSecond, limits.linkBytesPerSecond, now),
      deadlineHandlers: this.#handlers,
      state,
    });
    this.#linkById.set(id, link);
    return link;
  }

  /** Addresses in `local_ranges` are exempt from all bounds: each counts for itself [protocol §3.5]. */
  originOf(remote: PeerAddress): LinkOrigin {
    const address = parseIpAddress(remote.host);
    const isLocal =
      address !== undefined && this.#config.localRanges.some((range) => isInRange(address, range));
    if (address === undefined || isLocal) {
      const itself = `${remote.host} ${remote.port}`;
      return { hostKey: itself, subnetKey: itself, groupKey: itself };
    }
    return {
      hostKey: hostKey(address),
      subnetKey: subnetKey(address),
      groupKey: groupKey(address),
    };
  }

  onEstablished(link: Link): void {
    this.#established.add(link);
    if (link.direction === "inbound") this.#inbound.add(link);
    this.#asked = undefined;
  }

  remove(link: Link): void {
    this.#linkById.delete(link.id);
    this.#inbound.delete(link);
    if (this.#established.delete(link)) this.#asked = undefined;
  }
}
