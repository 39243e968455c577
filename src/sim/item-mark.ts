/**
 * The simulator's own identity of an item: the first eight bytes of its data, which no rule of the core
 * looks at. So the checkers recognise items without the core's keys, which may be what is wrong.
 */
const MARK = 0x7669;
const MARK_BYTES = 8;

/** Data of this length, at least eight bytes, that belongs to no other item. */
export function markedPayload(item: number, byteLength: number): Uint8Array {
  const payload = new Uint8Array(Math.max(byteLength, MARK_BYTES));
  const view = new DataView(payload.buffer);
  view.setUint16(0, MARK);
  view.setUint32(4, item);
  return payload;
}

/** The number of the item that this is the data of, or -1. */
export function markOf(data: Uint8Array): number {
  if (data.length < MARK_BYTES || data[0] !== MARK >> 8 || data[1] !== (MARK & 0xff)) return -1;
  return (
    (data[4] ?? 0) * 0x1000000 + ((data[5] ?? 0) << 16) + ((data[6] ?? 0) << 8) + (data[7] ?? 0)
  );
}
