// The least a node of a network can be: frames in, dedupe by the key of protocol §4.1, a module in process, frames out
// to the other links, with one write for each link and turn of the event loop. No handshake, no states, no
// bounds, no timers, no policy. What it reaches is about what the platform allows.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { Batch, readFrames, remember } from "../lib/bare.mjs";

const DATA_TYPE = 1337;
const PEER_DATA = 507;
const HEADER_BYTES = 12;
const SLAB_BYTES = 1 << 16;

const batches = new Map();
let turnEnd = "unasked";

function flushAtEndOfTurn() {
  if (turnEnd === "asked") return;
  turnEnd = "asked";
  setImmediate(() => {
    turnEnd = "unasked";
    for (const batch of batches.values()) batch.flush();
  });
}

function forward(frame, at, size, except) {
  for (const [socket, batch] of batches) {
    if (socket === except) continue;
    const to = batch.grow(size);
    frame.copy(batch.slab, to, at, at + size);
  }
}

function addLink(socket, onMessage) {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("close", () => batches.delete(socket));
  batches.set(socket, new Batch(SLAB_BYTES, (bytes) => socket.write(bytes)));
  const onFrame = (chunk, at, size) => {
    if (chunk.readUInt16BE(at + 2) !== PEER_DATA || !remember(chunk, at, size)) return;
    onMessage(new Uint8Array(chunk.subarray(at + HEADER_BYTES, at + size)));
    forward(chunk, at, size, socket);
  };
  readFrames(socket, onFrame, flushAtEndOfTurn);
}

async function dialUntilItListens(port) {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return socket;
    } catch {
      await new Promise((go) => setTimeout(go, 20));
    }
  }
}

let lastId = 0;

function announce(data) {
  const size = HEADER_BYTES + data.length;
  const frame = Buffer.alloc(size);
  frame.writeUInt16BE(size, 0);
  frame.writeUInt16BE(PEER_DATA, 2);
  frame.writeUInt16BE(++lastId & 0xffff, 4);
  frame.writeUInt16BE(DATA_TYPE, 6);
  frame.set(data, HEADER_BYTES);
  remember(frame, 0, size);
  forward(frame, 0, size, undefined);
  flushAtEndOfTurn();
  return Promise.resolve();
}

export async function start({ port, dials }, onMessage) {
  const server = createServer((socket) => addLink(socket, onMessage));
  await once(server.listen(port, "127.0.0.1"), "listening");
  for (const dial of dials) {
    void dialUntilItListens(dial).then((socket) => addLink(socket, onMessage));
  }
  return {
    linkCount: () => batches.size,
    publish: announce,
    lost: () => ({}),
    stop: async () => {
      server.close();
      for (const socket of batches.keys()) socket.destroy();
    },
  };
}
