import { once } from "node:events";
import { connect } from "node:net";
import { type } from "./frames.mjs";

const verify = Buffer.from([0, 12, 505 >> 8, 505 & 255, 0, 0, 0, 0, 0, 0, 0, 0]);
const initBytes = 12;
const okBytes = 4;

/** An established link to a daemon without puzzle: INIT, VERIFY with any nonce, OK. */
export async function openLink(address, localAddress = "127.0.0.1") {
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port), localAddress, noDelay: true });
  // Whoever cares looks at `destroyed`: a hostile one is hung up on.
  socket.on("error", () => {});
  await once(socket, "connect");
  await bytesOf(socket, initBytes);
  socket.write(verify);
  await bytesOf(socket, okBytes);
  return socket;
}

async function bytesOf(socket, count) {
  for (let have = 0; have < count;) {
    const chunk = socket.read(count - have);
    if (chunk === null) await Promise.race([once(socket, "readable"), closed(socket)]);
    else have += chunk.length;
  }
}

async function closed(socket) {
  await once(socket, "close");
  throw new Error("the daemon closed the link during the handshake");
}

export function peerAnnounceFrame(dataType, messageId, ttl, data) {
  const frame = Buffer.alloc(12 + data.length);
  frame.writeUInt16BE(frame.length, 0);
  frame.writeUInt16BE(type.peerAnnounce, 2);
  frame.writeUInt16BE(messageId, 4);
  frame.writeUInt16BE(dataType, 6);
  frame.writeUInt8(ttl, 8);
  data.copy(frame, 12);
  return frame;
}
