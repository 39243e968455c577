import type { ItemEvent, ItemStep } from "../../../src/monitor/monitor-event.ts";

/** The key of the n-th item of a test. */
export const keyOf = (item: number): string => item.toString(16).padStart(40, "0");

export function anItem(item: number, afterMs: number, step: ItemStep): ItemEvent {
  return { at: 1_000 + afterMs, key: keyOf(item), afterMs, ...step };
}

export const arrival = (item: number, link: number = 1): ItemEvent =>
  anItem(item, 0, { step: "arrived", dataType: 1337, ttl: 4, bytes: 12, link });
