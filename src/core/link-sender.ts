import type { LinkCloseCause } from "./close-cause.ts";
import type { Effects } from "./effects.ts";
import type { Link } from "./link.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { Instant } from "./ports.ts";

/** A link whose socket takes nothing for this long is closed, in ms [protocol §4.11]. */
const STALL_MS = 30_000;

/** What sending tells the rest of the core. */
export interface LinkSenderListener {
  /** The link has to go. */
  onUnsendable(link: Link, cause: LinkCloseCause): void;
  /** A queue got over half full, or one that is has moved on: who may be read can have changed. */
  onBacklogChanged(): void;
  /** There may be room for offers to a link that came up lately [protocol §4.9]. */
  onRoom(link: Link): void;
}

/**
 * Gets frames from the send queues to the sockets: at most one write at a time per link, with all that
 * one tick has gathered, and the bounds of the queue enforced on what the socket did not take
 * [protocol §4.11].
 */
export class LinkSender {
  readonly #effects: Effects;
  readonly #listener: LinkSenderListener;
  #gathered: Link[] = [];

  constructor(effects: Effects, listener: LinkSenderListener) {
    this.#effects = effects;
    this.#listener = listener;
  }

  /**
   * Queues a frame; it leaves with the next flush. A queue over half full counts from this moment, not
   * from the flush: one read of a module can hold 8,192 verdicts, which would overflow it.
   */
  send(link: Link, frame: OutgoingFrame): void {
    link.queue.push(frame);
    this.#effects.counters.add("framesQueued");
    if (!link.isFull && link.queue.isOverHalf) {
      link.isFull = true;
      this.#listener.onBacklogChanged();
    }
    if (link.isGathered) return;
    if (!link.queue.isBusy) link.progressedAt = this.#effects.now;
    link.isGathered = true;
    this.#gathered.push(link);
  }

  /** The end of a tick: idle sockets get a write, busy ones are held to their bounds. */
  flush(isOpen: (link: Link) => boolean): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const link of gathered) {
      link.isGathered = false;
      if (!isOpen(link)) continue;
      if (link.queue.isBusy) this.#enforceBounds(link);
      else this.#write(link);
    }
  }

  /** The socket has taken the last write. */
  onDrained(link: Link): void {
    link.progressedAt = this.#effects.now;
    link.queue.drained();
    if (link.isFull) {
      // Even if it stays full: it may have been stuck until now, and counts again.
      link.isFull = link.queue.isOverHalf;
      this.#listener.onBacklogChanged();
    }
    this.#effects.deadlines.clear(link.deadlines.stall);
    this.#listener.onRoom(link);
    this.#write(link);
    if (!link.queue.isBusy) this.#endEpisode(link);
  }

  /** The `stall` deadline of a link whose write has been at the socket all the time. */
  onStallDue(link: Link): void {
    if (link.queue.isBusy) this.#listener.onUnsendable(link, "stalled");
  }

  #write(link: Link): void {
    if (!link.queue.isWaiting) return;
    if (!link.queue.isBusy) link.progressedAt = this.#effects.now;
    link.sentAt = this.#effects.now;
    this.#effects.emit({ kind: "write", link: link.id, frames: link.queue.takeWrite() });
    this.#effects.deadlines.set(link.deadlines.stall, (this.#effects.now + STALL_MS) as Instant);
  }

  #enforceBounds(link: Link): void {
    const dropped = link.queue.trim();
    if (dropped > 0) {
      this.#effects.counters.add("framesDropped", dropped);
      if (link.droppedInEpisode === 0) {
        this.#effects.report({ name: "linkLagging", link: link.id });
      }
      link.droppedInEpisode += dropped;
      link.framesDropped += dropped;
    }
    if (link.queue.isControlOverflowing) this.#listener.onUnsendable(link, "controlOverflow");
  }

  #endEpisode(link: Link): void {
    if (link.droppedInEpisode === 0) return;
    const dropped = link.droppedInEpisode;
    link.droppedInEpisode = 0;
    this.#effects.report({ name: "linkRecovered", link: link.id, dropped });
  }
}
