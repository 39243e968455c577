// The least a relay in Node can be: frames in, dedupe by the key of protocol §4.1, frames out. No states,
// no bounds, no timers, no policy. What it reaches is about what the platform allows.
//
//   node bare.mjs forward | whole | per-message
//
// forward: one shared batch for each read. whole: the same, but a module is notified first and an item is
// forwarded after its verdict. per-message: forward, with one write for each item and link.
import { hash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

const mode = process.argv[2];
const ENTRIES = 1 << 20;
const WORDS = 5;
const SLAB_BYTES = 1 << 20;
const BACKLOG_MAX = 1 << 20;
const PENDING_MAX = 8192;

const links = new Set();
let module;
let sender;
let generation = {
  keys: new Int32Array(ENTRIES * WORDS),
  index: new Int32Array(ENTRIES * 2),
  count: 0,
};
let older = { keys: new Int32Array(ENTRIES * WORDS), index: new Int32Array(ENTRIES * 2), count: 0 };
const key = new Int32Array(WORDS);
const pending = new Array(65_536);
let pendingCount = 0;
let nextId = 0;

function placeOf({ keys, index }) {
  for (
    let place = (key[1] ^ key[0]) & (ENTRIES * 2 - 1);
    ;
    place = (place + 1) & (ENTRIES * 2 - 1)
  ) {
    const entry = index[place] - 1;
    if (entry < 0) return place;
    const at = entry * WORDS;
    let word = 0;
    while (word < WORDS && keys[at + word] === key[word]) word++;
    if (word === WORDS) return place;
  }
}

/** Whether the key was not there yet; then it is now. */
function remember(chunk, at, size) {
  const digest = hash("sha256", chunk.subarray(at + 12, at + size), "binary");
  key[0] = (chunk[at + 6] << 24) | (chunk[at + 7] << 16) | (chunk[at + 4] << 8) | chunk[at + 5];
  for (let word = 0; word < 4; word++) {
    const from = word * 4;
    key[word + 1] =
      (digest.charCodeAt(from) << 24) |
      (digest.charCodeAt(from + 1) << 16) |
      (digest.charCodeAt(from + 2) << 8) |
      digest.charCodeAt(from + 3);
  }
  const place = placeOf(generation);
  if (generation.index[place] !== 0 || older.index[placeOf(older)] !== 0) return false;
  if (generation.count === ENTRIES) {
    [generation, older] = [older, generation];
    generation.index.fill(0);
    generation.count = 0;
    return remember(chunk, at, size);
  }
  generation.keys.set(key, generation.count * WORDS);
  generation.index[place] = ++generation.count;
  return true;
}

/** Gathers frames in slabs, and gives away what was gathered since the last time. */
class Batch {
  slab = Buffer.allocUnsafe(SLAB_BYTES);
  from = 0;
  end = 0;
  constructor(giveAway) {
    this.giveAway = giveAway;
  }
  /** Room for a frame; returns where. */
  grow(size) {
    if (this.end + size > SLAB_BYTES) {
      this.flush();
      this.slab = Buffer.allocUnsafe(SLAB_BYTES);
      this.from = this.end = 0;
    }
    this.end += size;
    return this.end - size;
  }
  flush() {
    if (this.from < this.end) this.giveAway(this.slab.subarray(this.from, this.end));
    this.from = this.end;
  }
}

const notifications = new Batch((bytes) => module.write(bytes));
const forwards = new Batch((bytes) => {
  for (const link of links) if (link !== sender) link.write(bytes);
});

function onItem(chunk, at, size) {
  if (!remember(chunk, at, size)) return;
  if (mode === "whole") {
    const to = notifications.grow(size - 4);
    const { slab } = notifications;
    chunk.copy(slab, to + 8, at + 12, at + size);
    slab.writeUInt16BE(size - 4, to);
    slab.writeUInt16BE(502, to + 2);
    slab.writeUInt16BE(nextId, to + 4);
    slab[to + 6] = chunk[at + 6];
    slab[to + 7] = chunk[at + 7];
    pending[nextId] = { slab, to, size, ttl: chunk[at + 8], id: chunk.readUInt16BE(at + 4) };
    nextId = (nextId + 1) & 0xffff;
    pendingCount++;
    return;
  }
  const to = forwards.grow(size);
  chunk.copy(forwards.slab, to, at, at + size);
  if (forwards.slab[to + 8] > 1) forwards.slab[to + 8]--;
  if (mode === "per-message") forwards.flush();
}

function onVerdict(chunk, at) {
  const item = pending[chunk.readUInt16BE(at + 4)];
  pendingCount--;
  if ((chunk[at + 7] & 1) === 0) return;
  const to = forwards.grow(item.size);
  const { slab } = forwards;
  item.slab.copy(slab, to + 12, item.to + 8, item.to + item.size - 4);
  slab.writeUInt16BE(item.size, to);
  slab.writeUInt16BE(507, to + 2);
  slab.writeUInt16BE(item.id, to + 4);
  slab[to + 6] = item.slab[item.to + 6];
  slab[to + 7] = item.slab[item.to + 7];
  slab[to + 8] = item.ttl > 1 ? item.ttl - 1 : item.ttl;
  slab.fill(0, to + 9, to + 12);
}

function review() {
  let isFull = pendingCount > PENDING_MAX;
  for (const link of links) isFull ||= link.writableLength > BACKLOG_MAX;
  if (isFull) sender?.pause();
  else sender?.resume();
}

function serve(onFrame, onOpen) {
  return createServer({ noDelay: true }, (socket) => {
    let rest = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("close", () => links.delete(socket));
    socket.on("drain", review);
    onOpen(socket);
    socket.on("data", (read) => {
      const chunk = rest.length > 0 ? Buffer.concat([rest, read]) : read;
      let at = 0;
      while (chunk.length - at >= 4) {
        const size = (chunk[at] << 8) | chunk[at + 1];
        if (chunk.length - at < size) break;
        onFrame(socket, chunk, at, size);
        at += size;
      }
      rest = chunk.subarray(at);
      forwards.flush();
      notifications.flush();
      review();
    });
  }).listen(0, "127.0.0.1");
}

const peers = serve(
  (socket, chunk, at, size) => {
    const type = chunk.readUInt16BE(at + 2);
    if (type === 505) socket.write(Buffer.from([0, 4, 506 >> 8, 506 & 255]));
    if (type !== 507) return;
    sender = socket;
    onItem(chunk, at, size);
  },
  (socket) => {
    links.add(socket);
    socket.write(Buffer.from([0, 12, 504 >> 8, 504 & 255, 0, 0, 0, 0, 0, 0, 0, 0]));
  },
);
const api = serve(
  (socket, chunk, at) => {
    if (chunk.readUInt16BE(at + 2) === 501) module = socket;
    else onVerdict(chunk, at);
  },
  () => {},
);

await Promise.all([peers, api].map((server) => once(server, "listening")));
console.log(JSON.stringify({ p2p: peers.address().port, api: api.address().port }));
