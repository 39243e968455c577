import type { LinkCloseCause } from "./close-cause.ts";
import type { Effects } from "./effects.ts";
import type { Link } from "./link.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { Instant } from "./ports.ts";
import type { QueueRoom } from "./send-queue.ts";

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

/** Frames of this tick that go to the same links, not in their queues yet. */
interface Run {
  readonly links: readonly Link[];
  readonly frames: OutgoingFrame[];
  bytes: number;
  /** What the run may hold at most before the first of its links has a queue over half full. */
  readonly room: QueueRoom;
}

const NO_RUN: Run = { links: [], frames: [], bytes: 0, room: { bytes: 0, frames: 0 } };

/**
 * Gets frames from the send queues to the sockets: at most one write at a time per link, with all that
 * one tick has gathered, and the bounds of the queue enforced on what the socket did not take
 * [protocol §4.11].
 *
 * A flood sends one item after the other to the same links. These frames are gathered once and queued
 * together, so that an item costs the same for any number of links.
 */
export class LinkSender {
  readonly #effects: Effects;
  readonly #listener: LinkSenderListener;
  #run: Run = NO_RUN;
  #gathered: Link[] = [];

  constructor(effects: Effects, listener: LinkSenderListener) {
    this.#effects = effects;
    this.#listener = listener;
  }

  /** Queues a frame; it leaves with the next flush. */
  send(link: Link, frame: OutgoingFrame): void {
    this.queueRun();
    link.queue.push(frame);
    this.#onQueued(link, 1);
  }

  /**
   * The same for a payload and all these links. A queue over half full counts from this moment, not from
   * the flush: one read of a module can hold 8,192 verdicts, which would overflow it.
   *
   * @param links the same array for as long as they are the same ones.
   */
  sendToAll(links: readonly Link[], frame: OutgoingFrame): void {
    if (links !== this.#run.links) {
      this.queueRun();
      this.#run = { links, frames: [], bytes: 0, room: roomInHalf(links) };
    }
    const { frames, room } = this.#run;
    frames.push(frame);
    this.#run.bytes += frame.frameBytes;
    if (this.#run.bytes > room.bytes || frames.length > room.frames) this.queueRun();
  }

  /** Puts what was sent to many links into their queues, which is to be done before one is looked at. */
  queueRun(): void {
    const { links, frames, bytes } = this.#run;
    this.#run = NO_RUN;
    if (frames.length === 0) return;
    for (const link of links) {
      link.queue.pushPayloads(frames, bytes);
      link.itemsOut += frames.length;
      this.#onQueued(link, frames.length);
    }
  }

  /** The end of a tick: idle sockets get a write, busy ones are held to their bounds. */
  flush(isOpen: (link: Link) => boolean): void {
    this.queueRun();
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
    this.queueRun();
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

  #onQueued(link: Link, frames: number): void {
    this.#effects.counters.totals.framesQueued += frames;
    if (!link.isFull && link.queue.isOverHalf) {
      link.isFull = true;
      this.#listener.onBacklogChanged();
    }
    if (link.isGathered) return;
    if (!link.queue.isBusy) link.progressedAt = this.#effects.now;
    link.isGathered = true;
    this.#gathered.push(link);
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
      this.#effects.counters.totals.framesDropped += dropped;
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

/** How much fits into all of these queues before one more of them is over half full. */
function roomInHalf(links: readonly Link[]): QueueRoom {
  let [bytes, frames] = [Infinity, Infinity];
  for (const { isFull, queue } of links) {
    if (isFull) continue;
    const room = queue.roomInHalf;
    bytes = Math.min(bytes, room.bytes);
    frames = Math.min(frames, room.frames);
  }
  return { bytes, frames };
}
