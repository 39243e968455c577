import type { RawModule } from "./raw-module.ts";
import type { Tally } from "./patience.ts";

export const MIB: number = 1_048_576;

/**
 * What the collector of the runtime may leave uncollected on top of the stores and queues that a
 * test fills. Measured on Node 20 with two cores: the peak grows by 73 to 104 MiB, no matter whether
 * 100, 200 or 400 MB pass. So much more than this has to pass that a leak would show.
 */
export const collectorSlackBytes: number = 160 * MIB;

/** Payload of one item of the load: large, so that a hundred megabytes are few messages. */
export const loadItemBytes = 60_000;

/** Three hundred megabytes of them: a leak of every byte would be beyond every bound here. */
export const loadItems: number = Math.ceil(300_000_000 / loadItemBytes);

/** Each one different, so that no two items are the same. */
export function loadData(index: number, bytes: number = loadItemBytes): Buffer {
  const data = Buffer.alloc(bytes, index & 0xff);
  data.writeUInt32BE(index, 0);
  return data;
}

/**
 * Announces `count` large items, never more than sixteen ahead of the slowest of `tallies`: whoever
 * is counted keeps up by definition, so nothing of theirs may be lost.
 */
export async function announceInStep(
  speaker: RawModule,
  dataType: number,
  count: number,
  tallies: readonly Tally[],
): Promise<void> {
  const starts = tallies.map((tally) => tally.count);
  for (let index = 0; index < count; index += 1) {
    speaker.announce(dataType, loadData(index));
    if (index % 16 === 15 || index === count - 1) {
      for (const [who, tally] of tallies.entries()) {
        await tally.reaches((starts[who] ?? 0) + index + 1, `item ${index} at listener ${who}`);
      }
    }
  }
}
