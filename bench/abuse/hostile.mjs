// One hostile peer or module at full speed, until it is killed.
//   node hostile.mjs KIND P2P_ADDRESS API_ADDRESS DATA_TYPE
import { connect } from "node:net";
import { announceFrame, notifyFrame } from "../lib/frames.mjs";
import { connectTo } from "../lib/daemon.mjs";
import { openLink, peerAnnounceFrame } from "../lib/peer.mjs";
import { sleep } from "../lib/process.mjs";

const [kind, p2p, api, dataTypeText] = process.argv.slice(2);
const dataType = Number(dataTypeText);
/** A host of its own: the daemon exempts no range. */
const host = "127.66.0.1";
let sequence = 0;

/** Writes whatever `next` gives for as long as the other end reads. */
async function pour(socket, next) {
  socket.resume();
  let goOn = () => {};
  socket.on("drain", () => goOn()).on("close", () => goOn());
  while (!socket.destroyed) {
    const batch = Buffer.concat(Array.from({ length: 64 }, next));
    const isTaken = socket.write(batch);
    await new Promise((go) => (isTaken ? setImmediate(go) : (goOn = go)));
  }
}

const payload = (bytes) => {
  const data = Buffer.alloc(bytes, 0x66);
  data.writeUInt32BE(++sequence, 0);
  return data;
};
const forged = (frame, size, type) => {
  frame.writeUInt16BE(size, 0);
  frame.writeUInt16BE(type, 2);
  return frame;
};

const kinds = {
  /** T5: valid items, all new. */
  floodNew: async () =>
    pour(await openLink(p2p, host), () =>
      peerAnnounceFrame(dataType, sequence & 0xffff, 0, payload(64)),
    ),
  /** T5: one item for ever. */
  floodSame: async () => {
    const frame = peerAnnounceFrame(dataType, 1, 0, payload(64));
    return pour(await openLink(p2p, host), () => frame);
  },
  /** T11: a module that is asked and never answers, and large items for it to be asked about. */
  silentModule: async () => {
    const module = await connectTo(api);
    module.write(notifyFrame(dataType));
    module.resume();
    return pour(await openLink(p2p, host), () =>
      peerAnnounceFrame(dataType, sequence & 0xffff, 0, payload(30_000)),
    );
  },
  /** T12: a peer that reads nothing. */
  deafPeer: async () => (await openLink(p2p, host)).pause(),
  /** T12: a module that reads nothing. */
  deafModule: async () => {
    const module = await connectTo(api);
    module.write(notifyFrame(dataType));
    module.pause();
  },
  /** T13: every copy has further to go than the last. */
  betterCopies: async () => {
    let ttl = 0;
    let data = payload(64);
    return pour(await openLink(p2p, host), () => {
      ttl = (ttl % 255) + 1;
      if (ttl === 1) data = payload(64);
      return peerAnnounceFrame(dataType, 7, ttl, data);
    });
  },
  /** T22: the same content under every id there is. */
  sameContent: async () => {
    const data = payload(64);
    return pour(await openLink(p2p, host), () =>
      peerAnnounceFrame(dataType, sequence++ & 0xffff, 0, data),
    );
  },
  /** T23: connections that send what is no frame, one after the other. */
  malformed: async () => {
    const wrongs = [
      forged(Buffer.alloc(12), 3, 507),
      forged(Buffer.alloc(12), 12, 507),
      forged(Buffer.alloc(65_535), 65_535, 505),
      forged(Buffer.alloc(12), 12, 65_535),
    ];
    for (let n = 0; ; n++) {
      const socket = connect({
        host: p2p.split(":")[0],
        port: Number(p2p.split(":")[1]),
        localAddress: host,
      });
      socket.on("error", () => {}).resume();
      socket.write(wrongs[n % wrongs.length]);
      await new Promise((go) => socket.once("close", go));
    }
  },
  /** T25: a thousand connections of one host that say nothing, again and again. */
  connections: async () => {
    const [address, port] = p2p.split(":");
    for (;;) {
      const sockets = Array.from({ length: 1_000 }, () =>
        connect({ host: address, port: Number(port), localAddress: host })
          .on("error", () => {})
          .resume(),
      );
      await sleep(200);
      for (const socket of sockets) socket.destroy();
    }
  },
  /** T30: a module that announces without end. */
  loudModule: async () => pour(await connectTo(api), () => announceFrame(dataType, 0, payload(64))),
  /** T30: a module whose frames have no end. */
  lyingModule: async () => {
    for (;;) {
      const module = await connectTo(api);
      module.on("error", () => {}).resume();
      module.write(forged(Buffer.alloc(65_000, 1), 65_535, 500));
      module.write(forged(Buffer.alloc(1_000), 2, 500));
      await Promise.race([new Promise((go) => module.once("close", go)), sleep(50)]);
      module.destroy();
    }
  },
};

await kinds[kind]();
// Those that only stand there.
setInterval(() => {}, 1_000);
