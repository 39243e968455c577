// What the bare programs share: the least that a relay of the protocol needs, without states, bounds, timers and
// policy.
import { hash } from "node:crypto";

const ENTRIES = 1 << 20;
const WORDS = 5;

const emptyTable = () => ({
  keys: new Int32Array(ENTRIES * WORDS),
  index: new Int32Array(ENTRIES * 2),
  count: 0,
});
let generation = emptyTable();
let older = emptyTable();
const key = new Int32Array(WORDS);

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

/** Whether the item's key [protocol §4.1] was not there yet; then it is now. A frame of `size` bytes at `at`. */
export function remember(chunk, at, size) {
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
export class Batch {
  from = 0;
  end = 0;
  constructor(slabBytes, giveAway) {
    this.slab = Buffer.allocUnsafe(slabBytes);
    this.giveAway = giveAway;
  }
  /** Room for a frame; returns where. */
  grow(size) {
    if (this.end + size > this.slab.length) {
      this.flush();
      this.slab = Buffer.allocUnsafe(this.slab.length);
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

/** Calls `onFrame(chunk, at, size)` for each whole frame that a socket brings, then `onRead` once. */
export function readFrames(socket, onFrame, onRead) {
  let rest = Buffer.alloc(0);
  socket.on("data", (read) => {
    const chunk = rest.length > 0 ? Buffer.concat([rest, read]) : read;
    let at = 0;
    while (chunk.length - at >= 4) {
      const size = (chunk[at] << 8) | chunk[at + 1];
      if (chunk.length - at < size) break;
      onFrame(chunk, at, size);
      at += size;
    }
    rest = chunk.subarray(at);
    onRead();
  });
}
