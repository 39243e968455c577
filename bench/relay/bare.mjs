// The least a relay in Node can be: frames in, dedupe by the key of protocol §4.1, frames out. No states,
// no bounds, no timers, no policy. What it reaches is about what the platform allows.
//
//   node bare.mjs forward | whole | per-message
//
// forward: one shared batch for each read. whole: the same, but a module is notified first and an item is
// forwarded after its verdict. per-message: forward, with one write for each item and link.
import { once } from "node:events";
import { createServer } from "node:net";
import { Batch, readFrames, remember } from "../lib/bare.mjs";

const mode = process.argv[2];
const SLAB_BYTES = 1 << 20;
const BACKLOG_MAX = 1 << 20;
const PENDING_MAX = 8192;

const links = new Set();
let module;
let sender;
const pending = new Array(65_536);
let pendingCount = 0;
let nextId = 0;

const notifications = new Batch(SLAB_BYTES, (bytes) => module.write(bytes));
const forwards = new Batch(SLAB_BYTES, (bytes) => {
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
    socket.on("error", () => {});
    socket.on("close", () => links.delete(socket));
    socket.on("drain", review);
    onOpen(socket);
    readFrames(
      socket,
      (chunk, at, size) => onFrame(socket, chunk, at, size),
      () => {
        forwards.flush();
        notifications.flush();
        review();
      },
    );
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
