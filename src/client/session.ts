import type { Duplex } from "node:stream";
import { GossipNotify } from "../wire/api/gossip-notify.ts";
import { GossipValidation } from "../wire/api/gossip-validation.ts";
import type { Verdict } from "../wire/api/gossip-validation.ts";
import { decodeNotification, isNotificationType } from "../wire/decode.ts";
import { FrameReader } from "../wire/frame.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { writeFrame } from "../wire/message.ts";
import type { WireMessage } from "../wire/message.ts";
import type { PendingAnnouncement } from "./announce-backlog.ts";
import { ConnectionLostError, ProtocolViolationError } from "./errors.ts";
import type { GossipClientError } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import { Notification } from "./notification.ts";
import type { VerdictDesk } from "./notification.ts";
import type { CancelTimer, Timers } from "./timers.ts";

/** Twice the verdicts on every possible message id: a server that takes none of them is not alive. */
const CONTROL_BYTES_MAX = 2 * 0x1_0000 * 8;
/** A write of verdicts that has grown to this many bytes takes no further one. One socket read. */
const WRITE_BYTES_FULL = 65_536;
/** How long `close` waits for the other side to take the last bytes and to say goodbye. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface SessionHandlers {
  onNotification(notification: Notification): void;
  /** The connection is gone, not by our wish. The last call. */
  onLost(reason: GossipClientError): void;
  /** The socket takes bytes: the next announcement, if there is one. */
  takeAnnouncement(): PendingAnnouncement | undefined;
}

/**
 * `together`: bytes go out as soon as the socket takes them. `apart`: for servers that take each read for
 * one message, the next frame waits until the last one was flushed and `gapMs` have passed. Nothing less
 * helps, since a write of its own is no segment of its own, and a segment no read.
 */
export type FrameSpacing =
  { readonly kind: "together" } | { readonly kind: "apart"; readonly gapMs: number };

type SessionState =
  | { readonly kind: "active" }
  /** Verdicts that were given still go out; everything else has ended. */
  | { readonly kind: "closing"; readonly cancelDeadline: CancelTimer }
  | { readonly kind: "ended" };

type WriterState =
  | { readonly kind: "ready" }
  /** Until the stream's `drain`. */
  | { readonly kind: "blocked" }
  /** Until the last frame was flushed. */
  | { readonly kind: "flushing" }
  | { readonly kind: "gap"; readonly cancel: CancelTimer };

/** One connection to a gossip module, from its first byte to its last. */
export class Session implements VerdictDesk {
  readonly #stream: Duplex;
  readonly #spacing: FrameSpacing;
  readonly #timers: Timers;
  readonly #handlers: SessionHandlers;
  readonly #frames = new FrameReader();
  /** Data types this connection is subscribed to, until it ends [protocol §2.2]. */
  readonly #subscribed = new Set<number>();
  /** Open message id -> which arrival of this id it is. Numbers only, so that no data is kept. */
  readonly #arrivalById = new Map<number, number>();
  /** NOTIFY and VALIDATION. They overtake announcements, so subscribing comes before announcing. */
  readonly #control = new Fifo<WireMessage>();
  readonly #inFlight = new Set<PendingAnnouncement>();
  readonly #whenEnded: Promise<void>;
  #onEnded: () => void = noop;
  #controlBytes = 0;
  #unflushedWrites = 0;
  #arrivals = 0;
  #state: SessionState = { kind: "active" };
  #writer: WriterState = { kind: "ready" };
  #tickEnd: "unasked" | "asked" = "unasked";
  #socketError: Error | undefined;

  constructor(stream: Duplex, spacing: FrameSpacing, timers: Timers, handlers: SessionHandlers) {
    this.#stream = stream;
    this.#spacing = spacing;
    this.#timers = timers;
    this.#handlers = handlers;
    this.#whenEnded = new Promise((resolve) => (this.#onEnded = resolve));
    stream.on("data", (chunk: Uint8Array) => this.#onChunk(chunk));
    stream.on("drain", () => this.#onDrain());
    stream.on("error", (error) => {
      this.#socketError = error;
      // Most streams do this by themselves; a given one may not.
      stream.destroy();
    });
    stream.on("end", () => this.#onGone());
    stream.on("close", () => this.#onGone());
  }

  /** Sends NOTIFY for types that are new here: the gossip module knows no way to take one back. */
  subscribe(dataTypes: Iterable<number>): void {
    for (const dataType of dataTypes) {
      if (this.#subscribed.has(dataType)) continue;
      this.#subscribed.add(dataType);
      this.#queueControl(new GossipNotify(dataType));
    }
    this.pump();
  }

  isOpen(messageId: number, arrival: number): boolean {
    return this.#state.kind === "active" && this.#arrivalById.get(messageId) === arrival;
  }

  answer(messageId: number, arrival: number, verdict: Verdict): boolean {
    if (!this.isOpen(messageId, arrival)) return false;
    this.#arrivalById.delete(messageId);
    this.#queueControl(new GossipValidation(messageId, verdict));
    return true;
  }

  /** Writes what waits, as far as the socket takes it. */
  pump(): void {
    while (this.#writer.kind === "ready" && this.#state.kind !== "ended") {
      if (this.#control.length > 0) {
        this.#write(this.#takeControl(), noop);
        continue;
      }
      const announcement =
        this.#state.kind === "active" ? this.#handlers.takeAnnouncement() : undefined;
      if (announcement === undefined) break;
      this.#inFlight.add(announcement);
      this.#write(announcement.frame, () => {
        this.#inFlight.delete(announcement);
        announcement.onSent();
      });
    }
    this.#endStreamWhenDone();
  }

  /**
   * Sends the verdicts already given and what the socket already holds, says goodbye, and waits for the
   * other side to do the same, so that no reset can overtake the last bytes. Bounded by a deadline.
   */
  close(): Promise<void> {
    if (this.#state.kind === "active") {
      const cancelDeadline = this.#timers.after(CLOSE_TIMEOUT_MS, () => this.#stream.destroy());
      this.#state = { kind: "closing", cancelDeadline };
      this.pump();
    }
    return this.#whenEnded;
  }

  /** What is given in one tick shares a write, which costs more than many verdicts do. */
  #queueControl(message: WireMessage): void {
    this.#control.push(message);
    this.#controlBytes += message.frameBytes;
    if (this.#controlBytes >= WRITE_BYTES_FULL) {
      this.#pumpControl();
    } else if (this.#tickEnd === "unasked") {
      this.#tickEnd = "asked";
      process.nextTick(() => {
        this.#tickEnd = "unasked";
        this.#pumpControl();
      });
    }
  }

  #pumpControl(): void {
    this.pump();
    if (this.#controlBytes > CONTROL_BYTES_MAX) {
      this.#end(new ConnectionLostError("the gossip module does not read its socket"));
    }
  }

  /** The frames of the next write, in one piece. */
  #takeControl(): Uint8Array {
    const framesMax = this.#spacing.kind === "apart" ? 1 : this.#control.length;
    const messages: WireMessage[] = [];
    let bytes = 0;
    while (messages.length < framesMax && bytes < WRITE_BYTES_FULL) {
      const message = this.#control.shift();
      if (message === undefined) break;
      messages.push(message);
      bytes += message.frameBytes;
    }
    this.#controlBytes -= bytes;
    const buffer = Buffer.allocUnsafe(bytes);
    const writer = new ByteWriter(buffer);
    for (const message of messages) writeFrame(message, writer);
    return buffer;
  }

  #write(bytes: Uint8Array, onSent: () => void): void {
    this.#unflushedWrites += 1;
    if (this.#spacing.kind === "apart") this.#writer = { kind: "flushing" };
    const hasRoom = this.#stream.write(bytes, (error) => {
      this.#unflushedWrites -= 1;
      // A failed write is followed by "close", which settles everything that is still in flight.
      if (error instanceof Error) return;
      onSent();
      this.#onFlushed();
    });
    if (!hasRoom && this.#writer.kind === "ready") this.#writer = { kind: "blocked" };
  }

  #onFlushed(): void {
    if (this.#spacing.kind === "apart" && this.#writer.kind === "flushing") {
      const cancel = this.#timers.after(this.#spacing.gapMs, () => this.#becomeReady());
      this.#writer = { kind: "gap", cancel };
    }
    this.#endStreamWhenDone();
  }

  #onDrain(): void {
    if (this.#writer.kind === "blocked") this.#becomeReady();
  }

  #becomeReady(): void {
    this.#writer = { kind: "ready" };
    this.pump();
  }

  #endStreamWhenDone(): void {
    if (this.#state.kind !== "closing" || this.#stream.writableEnded) return;
    if (this.#control.length === 0 && this.#unflushedWrites === 0) this.#stream.end();
  }

  #onChunk(chunk: Uint8Array): void {
    if (this.#state.kind !== "active") return;
    this.#frames.push(chunk);
    // A listener may close the client between two frames of one chunk.
    while (this.#isActive()) {
      const next = this.#frames.next(isNotificationType);
      if (next === undefined) return;
      if (next.kind === "fault") {
        this.#end(new ProtocolViolationError(next.fault));
        return;
      }
      const { messageId, dataType, data } = decodeNotification(next);
      this.#arrivals += 1;
      this.#arrivalById.set(messageId, this.#arrivals);
      // Copied: a reader that keeps ten bytes must not keep the whole chunk they came in.
      this.#handlers.onNotification(
        new Notification(this, this.#arrivals, messageId, dataType, new Uint8Array(data)),
      );
    }
  }

  #isActive(): boolean {
    return this.#state.kind === "active";
  }

  #onGone(): void {
    const where = this.#frames.bufferedBytes > 0 ? " in the middle of a message" : "";
    const reason =
      this.#socketError === undefined
        ? `the gossip module closed the connection${where}`
        : `the connection broke${where}: ${this.#socketError.message}`;
    this.#end(new ConnectionLostError(reason, { cause: this.#socketError }));
  }

  #end(reason: GossipClientError): void {
    const state = this.#state;
    if (state.kind === "ended") return;
    this.#state = { kind: "ended" };
    if (state.kind === "closing") state.cancelDeadline();
    if (this.#writer.kind === "gap") this.#writer.cancel();
    this.#control.clear();
    this.#arrivalById.clear();
    this.#stream.destroy();
    for (const announcement of this.#inFlight) announcement.onFailed(reason);
    this.#inFlight.clear();
    this.#onEnded();
    if (state.kind === "active") this.#handlers.onLost(reason);
  }
}

function noop(): void {
  return;
}
