import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Input, Remote } from "../core/input.ts";
import { FrameReader } from "../wire/frame.ts";
import type { Frame } from "../wire/frame.ts";
import type { MessageType } from "../wire/message-type.ts";
import type { WireFault } from "../wire/wire-fault.ts";
import type { Driver } from "./driver.ts";
import type { FrameJoiner } from "./frame-joiner.ts";
import type { CancelTimer, Timers } from "./timers.ts";
import type { Turn } from "./turn.ts";

/** A closed connection may get rid of what was written before for this long, in ms [protocol §7.4]. */
export const CLOSE_LINGER_MS = 2_000;
/** After how much it is looked whether the turn of the event loop is long and others should have theirs. */
export interface Looks {
  /** After so many frames that were read. */
  readonly framesRead: number;
  /** After so many bytes in writes that are taken at once: behind them more may wait, which would go at once, too. Infinity: never. */
  readonly bytesTaken: number;
}

/** What every connection of one daemon shares. */
export interface ConnectionHost {
  readonly driver: Driver;
  readonly timers: Timers;
  readonly turn: Turn;
  readonly joiner: FrameJoiner;
  /** Every connection whose stream is not closed yet, those on their way out included. */
  readonly connections: Set<FrameConnection>;
}

/** Most connections are idle: inputs that occur again and again are made when they do. */
const lostInput = (from: Remote): Input =>
  from.kind === "link"
    ? { kind: "linkLost", link: from.link }
    : { kind: "subscriberGone", subscriber: from.subscriber };

const drainedInput = (from: Remote): Input =>
  from.kind === "link"
    ? { kind: "linkDrained", link: from.link }
    : { kind: "subscriberDrained", subscriber: from.subscriber };

/** Whatever the error, `close` follows. */
const ignoreError = (): void => undefined;

/**
 * Bytes of one stream to inputs of the core, and frames back to bytes. What connections of peers and
 * of modules have in common; knows nothing of either protocol.
 *
 * A frame is cut from the stream only after everything the one before it caused was performed, because
 * that may change what is legal, hold the connection, or close it. What was read but not cut yet
 * waits in the reader.
 */
export abstract class FrameConnection {
  readonly #stream: Duplex;
  protected readonly host: ConnectionHost;
  readonly #from: Remote;
  readonly #reader = new FrameReader();
  readonly #isExpected = (type: MessageType): boolean => this.isExpected(type);
  readonly #onTaken = (error?: Error | null): void => this.#onWriteTaken(error ?? undefined);
  /** `closed`: the core has closed it, or was told that it is lost. Nothing is reported any more. */
  #phase: "open" | "closed" = "open";
  /** `resuming`: the core lets us go on, which happens outside of its step. */
  #reading: "open" | "held" | "resuming" | "stopped" = "open";
  #remote: "writing" | "ended" = "writing";
  /** What the core knows of the frame at the end of the last read. */
  #frame: "none" | "incomplete" = "none";
  #framesInRead = 0;
  #framesRead = 0;
  #untakenWrites = 0;
  #untakenBytes = 0;
  #cancelLinger: CancelTimer | undefined;
  #idleWaiters: (() => void)[] = [];

  constructor(stream: Duplex, host: ConnectionHost, from: Remote) {
    this.#stream = stream;
    this.host = host;
    this.#from = from;
    host.connections.add(this);
    // First of all: a stream without this handler ends the process when its other end resets it.
    stream.on("error", ignoreError);
    stream.on("close", () => this.#onClose());
    stream.on("end", () => this.#onEnd());
  }

  protected abstract readonly looks: Looks;

  /** Judged on the header alone, before the body is there [protocol §1.3]. */
  protected abstract isExpected(type: MessageType): boolean;
  protected abstract inputOf(frame: Frame): Input;
  protected abstract faultInputOf(fault: WireFault): Input;

  /** Begins to read. To be called once the core knows the connection. */
  start(): void {
    if (this.#phase === "closed") return;
    this.#stream.on("data", (chunk: Uint8Array) => this.#onData(chunk));
  }

  hold(): void {
    if (this.#reading === "stopped") return;
    this.#reading = "held";
    this.#stream.pause();
  }

  resume(): void {
    if (this.#reading !== "held") return;
    this.#reading = "resuming";
    setImmediate(() => this.#onResumed());
  }

  /** Reads no further, for good; writes go on. */
  stopReading(): void {
    this.#reading = "stopped";
    this.#stream.pause();
  }

  /** Closes once the other end has what was written, or at the end of its patience. */
  close(): void {
    this.#phase = "closed";
    this.stopReading();
    if (this.#stream.writableLength === 0) {
      this.abort();
      return;
    }
    this.#stream.end(() => this.abort());
    this.#cancelLinger = this.host.timers.after(CLOSE_LINGER_MS, () => this.abort());
  }

  /** Closes at once, whatever is under way. */
  abort(): void {
    this.#phase = "closed";
    this.stopReading();
    this.#stream.destroy();
  }

  /** Closes at once such that the other end sees a failure, not an end. */
  protected reset(): void {
    this.#phase = "closed";
    this.stopReading();
    if (this.#stream instanceof Socket) this.#stream.resetAndDestroy();
    else this.#stream.destroy();
  }

  /** The node is going down: closes at once, in the way the other end takes best. */
  hangUp(): void {
    this.abort();
  }

  /** Resolves when the stream has taken everything written, or is gone. */
  async whenIdle(): Promise<void> {
    if (this.#untakenWrites === 0 || this.#stream.destroyed) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Resolves when the stream is closed. */
  async whenClosed(): Promise<void> {
    if (!this.host.connections.has(this)) return;
    await new Promise<void>((resolve) => this.#stream.once("close", resolve));
  }

  protected write(bytes: Uint8Array): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    this.#untakenWrites++;
    this.#untakenBytes += bytes.length;
    this.#stream.write(bytes, this.#onTaken);
  }

  /** The core writes again at once if it has more, and is told at once as long as nobody waits for long. */
  #onWriteTaken(error: Error | undefined): void {
    const isLast = this.#untakenWrites === 1;
    if (isLast && this.#untakenBytes >= this.looks.bytesTaken && this.host.turn.isLong()) {
      this.host.timers.atEndOfTurn(() => this.#endWrite(error));
    } else {
      this.#endWrite(error);
    }
  }

  #endWrite(error: Error | undefined): void {
    this.#untakenWrites--;
    if (this.#untakenWrites > 0) return;
    this.#untakenBytes = 0;
    if (error === undefined && this.#phase === "open") {
      this.host.driver.submit(drainedInput(this.#from));
    }
    this.#tellIdle();
  }

  /** The core may have written again in answer to the last `drained`: then it is not idle yet. */
  #tellIdle(): void {
    if (this.#untakenWrites > 0 && !this.#stream.destroyed) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  #onData(chunk: Uint8Array): void {
    if (this.#phase === "closed" || this.#reading === "stopped") return;
    this.#reader.push(chunk);
    this.#framesInRead = 0;
    this.#read();
  }

  /** Everything of one read, then one flush. */
  #read(): void {
    const { driver } = this.host;
    try {
      driver.beginBatch();
      this.#cutFrames();
      driver.endBatch();
    } catch (error) {
      driver.fail(error);
    }
  }

  #cutFrames(): void {
    const { driver } = this.host;
    while (this.#reading === "open") {
      const frame = this.#reader.next(this.#isExpected);
      if (frame === undefined) {
        this.#endRead();
        return;
      }
      if (frame.kind === "fault") {
        this.stopReading();
        driver.submit(this.faultInputOf(frame.fault));
        return;
      }
      this.#framesInRead++;
      this.#framesRead++;
      driver.submit(this.inputOf(frame));
      if (this.#framesRead % this.looks.framesRead === 0 && this.host.turn.isLong()) this.#yield();
    }
  }

  /** Reads on in the next turn, unless the core holds it anyway. */
  #yield(): void {
    if (this.#reading !== "open") return;
    this.hold();
    this.resume();
  }

  /** Tells the core about an incomplete frame, but only what changed [protocol §1.3]. */
  #endRead(): void {
    const { driver } = this.host;
    if (this.#reader.bufferedBytes === 0) {
      if (this.#frame === "incomplete") driver.submit({ kind: "frameEnded", from: this.#from });
      this.#frame = "none";
    } else if (this.#frame === "none" || this.#framesInRead > 0) {
      this.#frame = "incomplete";
      driver.submit({ kind: "frameStarted", from: this.#from });
    }
  }

  #onResumed(): void {
    if (this.#reading !== "resuming" || this.#phase === "closed") return;
    this.#reading = "open";
    this.#read();
    if (!this.#isReading()) return;
    if (this.#remote === "ended") this.#lose();
    else this.#stream.resume();
  }

  /** Asked again after reading, which may have changed it. */
  #isReading(): boolean {
    return this.#reading === "open";
  }

  /** Frames that came together with FIN are executed first, if need be after a hold [protocol §2.5a]. */
  #onEnd(): void {
    this.#remote = "ended";
    if (this.#reading === "open") this.#lose();
  }

  #onClose(): void {
    this.#cancelLinger?.();
    this.host.connections.delete(this);
    this.#tellIdle();
    const waitsForResume = this.#reading === "held" || this.#reading === "resuming";
    if (this.#remote === "writing" || !waitsForResume) this.#lose();
  }

  #lose(): void {
    if (this.#phase === "closed") return;
    this.abort();
    this.host.driver.submit(lostInput(this.#from));
  }
}
