import type { SubscriberId } from "../core/ports.ts";
import { BitRow } from "./bit-row.ts";
import { HopsRow } from "./hops-row.ts";

/** No copy, no notification. */
export const NEVER = -1;

/** TTL 0 is no limit: more hops left than any copy with one has [protocol §4.6]. */
export const HOPS_UNLIMITED = 256;

/** How far a copy with this TTL could still travel, for comparison. */
export const hopsLeft = (ttl: number): number => (ttl === 0 ? HOPS_UNLIMITED : ttl);

/** What happened to one item, in every node. Times are milliseconds after its announcement. */
export class ItemRecord {
  readonly number: number;
  readonly origin: number;
  /** The connection that announced it. */
  readonly announcer: SubscriberId;
  readonly announcedAt: number;
  readonly ttl: number;
  readonly dataType: number;
  /** Hops that the first copy had travelled. */
  readonly hopsFirst: Int16Array;
  /** The fewest hops any copy had travelled. */
  readonly hopsMin: Int16Array;
  readonly arrivedAfterMs: Int32Array;
  readonly notifiedAfterMs: Int32Array;
  /** Nodes that were up and had a subscriber of its type when it was announced; not its origin. */
  readonly wantedBy: BitRow = new BitRow();
  /**
   * By ordinal of the link end that read copies: how far the best of those that its sender had could
   * travel, as they tell. TTL 0 is 256 [protocol §4.6].
   */
  readonly hopsAtSender: HopsRow = new HopsRow();
  /** Copies read from links, the first ones included. */
  copies = 0;
  /** As it travels; known from its first copy on. */
  messageId: number | undefined;

  constructor(fields: {
    readonly number: number;
    readonly origin: number;
    readonly announcer: SubscriberId;
    readonly announcedAt: number;
    readonly ttl: number;
    readonly dataType: number;
    readonly nodes: number;
  }) {
    this.number = fields.number;
    this.origin = fields.origin;
    this.announcer = fields.announcer;
    this.announcedAt = fields.announcedAt;
    this.ttl = fields.ttl;
    this.dataType = fields.dataType;
    this.hopsFirst = new Int16Array(fields.nodes).fill(NEVER);
    this.hopsMin = new Int16Array(fields.nodes).fill(NEVER);
    this.arrivedAfterMs = new Int32Array(fields.nodes).fill(NEVER);
    this.notifiedAfterMs = new Int32Array(fields.nodes).fill(NEVER);
    this.hopsFirst[fields.origin] = 0;
    this.hopsMin[fields.origin] = 0;
  }

  /** A copy from `sender` was read. */
  onCopy(node: number, sender: number, now: number): void {
    this.copies++;
    if (this.arrivedAfterMs[node] === NEVER) {
      this.arrivedAfterMs[node] = now - this.announcedAt;
      if (this.hopsFirst[node] === NEVER) this.hopsFirst[node] = this.#hopsBehind(sender);
    }
    const hops = Math.max(this.hopsMin[sender] ?? 0, 0) + 1;
    const best = this.hopsMin[node] ?? NEVER;
    if (best === NEVER || hops < best) this.hopsMin[node] = hops;
  }

  onNotified(node: number, now: number): void {
    if (this.notifiedAfterMs[node] === NEVER) this.notifiedAfterMs[node] = now - this.announcedAt;
  }

  /** With a TTL, better copies are sent on again [protocol §4.6]; without, only the first one is. */
  #hopsBehind(sender: number): number {
    const hops = this.ttl === 0 ? this.hopsFirst[sender] : this.hopsMin[sender];
    return Math.max(hops ?? 0, 0) + 1;
  }
}
