/** Frames of the API and of peers, as bytes; shares no code with the program that is measured. */
export const type = {
  announce: 500,
  notify: 501,
  notification: 502,
  validation: 503,
  init: 504,
  peerAnnounce: 507,
};

export function announceFrame(dataType, ttl, data) {
  const frame = Buffer.alloc(8 + data.length);
  frame.writeUInt16BE(frame.length, 0);
  frame.writeUInt16BE(type.announce, 2);
  frame.writeUInt8(ttl, 4);
  frame.writeUInt16BE(dataType, 6);
  data.copy(frame, 8);
  return frame;
}

export function notifyFrame(dataType) {
  return Buffer.from([
    0,
    8,
    type.notify >> 8,
    type.notify & 0xff,
    0,
    0,
    dataType >> 8,
    dataType & 0xff,
  ]);
}

export function validationFrame(messageId, isValid) {
  const frame = Buffer.from([0, 8, type.validation >> 8, type.validation & 0xff, 0, 0, 0, 0]);
  frame.writeUInt16BE(messageId, 4);
  frame.writeUInt16BE(isValid ? 1 : 0, 6);
  return frame;
}

/** Calls `onFrame` for each whole frame that the socket brings. */
export function readFrames(socket, onFrame) {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 4 && rest.length - at >= rest.readUInt16BE(at)) {
      const size = rest.readUInt16BE(at);
      onFrame(rest.subarray(at, at + size));
      at += size;
    }
    rest = rest.subarray(at);
  });
}
