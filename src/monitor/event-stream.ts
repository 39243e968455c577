import type { ServerResponse } from "node:http";
import { respondJson } from "./read-only-http.ts";
import type { Page } from "./read-only-http.ts";

/** People and pages that watch one daemon at the same time. A guess. */
export const EVENT_READERS_MAX = 16;
/** What one reader has not taken; beyond it events are lost for it. A guess. */
export const READER_BYTES_MAX: number = 256 * 1024;
/** What happens within this time leaves together, in ms: nobody sees the difference. A guess. */
const BATCH_MS = 50;
/** Shows both ends that the other still lives, in ms; proxies give up after 30 s and more. A guess. */
const HEARTBEAT_MS = 15_000;
/** A reader that has taken nothing for so many heartbeats is gone. A guess. */
const HEARTBEATS_UNTAKEN_MAX = 2;

/** A name, and what is written as JSON. */
interface NamedEvent {
  readonly name: string;
  readonly data: unknown;
}

/** Where the events come from. */
interface Watched {
  /** Tells everything from here on. Returns what ends it. */
  watch(listener: (event: NamedEvent) => void): () => void;
}

interface Reader {
  readonly response: ServerResponse;
  lost: number;
  heartbeatsUntaken: number;
}

/**
 * `/events`: one server-sent stream for each reader. Every event is written once for all. A reader that
 * does not keep up loses events and is told how many; nobody else notices.
 */
export class EventStream {
  readonly #feed: Watched;
  readonly #readers = new Set<Reader>();
  #batch: string[] = [];
  #batchTimer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(feed: Watched) {
    this.#feed = feed;
  }

  get readers(): number {
    return this.#readers.size;
  }

  readonly page: Page = (ask) => {
    const { method, response } = ask;
    if (method === "GET" && this.#readers.size >= EVENT_READERS_MAX) {
      respondJson(ask, 503, { error: `${EVENT_READERS_MAX} readers are here already` });
      return;
    }
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    if (method === "HEAD") response.end();
    else this.#add(response);
  };

  /** Ends all streams. */
  close(): void {
    for (const reader of this.#readers) this.#remove(reader);
  }

  #add(response: ServerResponse): void {
    const reader: Reader = { response, lost: 0, heartbeatsUntaken: 0 };
    // What gathered before is for those who were here.
    this.#flush();
    this.#readers.add(reader);
    response.on("close", () => this.#remove(reader));
    response.on("error", () => undefined);
    response.on("drain", () => (reader.heartbeatsUntaken = 0));
    response.write(": voidgossip events\n\n");
    if (this.#readers.size > 1) return;
    this.#stopWatching = this.#feed.watch((event) => this.#onEvent(event));
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
  }

  #remove(reader: Reader): void {
    reader.response.destroy();
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    this.#stopWatching?.();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    this.#batch = [];
  }

  #onEvent(event: NamedEvent): void {
    this.#batch.push(frameOf(event));
    this.#batchTimer ??= setTimeout(() => this.#flush(), BATCH_MS).unref();
  }

  #flush(): void {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    if (this.#batch.length === 0) return;
    const bytes = Buffer.from(this.#batch.join(""));
    const events = this.#batch.length;
    this.#batch = [];
    for (const reader of this.#readers) this.#give(reader, bytes, events);
  }

  #give(reader: Reader, bytes: Buffer, events: number): void {
    const { response } = reader;
    if (response.writableLength + bytes.length > READER_BYTES_MAX) {
      reader.lost += events;
      return;
    }
    if (reader.lost > 0) {
      response.write(frameOf({ name: "lost", data: { count: reader.lost } }));
      reader.lost = 0;
    }
    response.write(bytes);
  }

  #beat(): void {
    for (const reader of this.#readers) {
      if (!reader.response.writableNeedDrain) {
        reader.response.write(": still here\n\n");
      } else if (++reader.heartbeatsUntaken > HEARTBEATS_UNTAKEN_MAX) {
        this.#remove(reader);
      }
    }
  }
}

const frameOf = ({ name, data }: NamedEvent): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
