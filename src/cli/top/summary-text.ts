import { countOf } from "../../monitor/quantities.ts";
import { shareOf } from "../../monitor/view/stores.ts";
import { line } from "./line.ts";
import type { Line } from "./line.ts";
import { dropWords, itemWords } from "./rate-words.ts";
import { clockOf } from "./view.ts";
import type { NodeView } from "./view.ts";

/** For a file or a pipe: a node in one line, at one moment. */
export function summaryOf({ status, samples, contact, atMs }: NodeView): Line {
  const clock = clockOf(atMs);
  if (contact.kind === "lost") return line(`${clock}  No answer: ${contact.reason}.`, "bad");
  const { health, links, subscribers } = status;
  const established = links.filter(({ phase }) => phase === "established").length;
  const parts = [
    `${clock}  ${health.sentence}`,
    `${countOf(established, "link")}, ${countOf(subscribers.length, "module")}.`,
  ];
  const last = samples.at(-1);
  if (last !== undefined) {
    const items = itemWords(last).map(({ text }) => text);
    const drops = dropWords(last).map(({ text }) => text);
    parts.push(`Items/s: ${items.join(", ")}.`, `Drops/s: ${drops.join(", ")}.`);
  }
  return line(parts.join(" "));
}

/** The same for machines. */
export function recordOf({ status, samples, contact, atMs }: NodeView): object {
  const at = new Date(atMs).toISOString();
  if (contact.kind === "lost") return { at, contact: "lost", reason: contact.reason };
  const { pid, uptimeMs, health, links, subscribers, stores } = status;
  return {
    at,
    contact: "live",
    pid,
    uptimeMs,
    ...health,
    links: links.filter(({ phase }) => phase === "established").length,
    modules: subscribers.length,
    measured: samples.at(-1) ?? null,
    stores: Object.fromEntries(stores.map((store) => [store.name, shareOf(store)])),
  };
}
