import { countOf, formatCount, formatDuration, formatRough } from "./quantities.ts";
import type { GossipStatus, Health } from "./status.ts";

/** Where a node is in its life. */
export type LifePhase = "starting" | "running" | "stopping";

/** What the judgement is made of. */
export type HealthEvidence = Pick<
  GossipStatus,
  "api" | "p2p" | "links" | "subscribers" | "counters" | "proof" | "bootstrap" | "overlay"
> & { readonly phase: LifePhase };

export function judgeHealth(evidence: HealthEvidence): Health {
  const { phase } = evidence;
  if (phase !== "running") {
    const sentence = phase === "starting" ? "Starting." : "Stopping: nobody is served any more.";
    const health = phase === "starting" ? "ok" : "failing";
    return { health, readiness: "notReady", sentence, reasons: [] };
  }
  const { bootstrap, overlay, links } = evidence;
  const isLinked = links.some((link) => link.phase === "established");
  const dialsAnybody = bootstrap.addresses.length > 0 || overlay.shortage.kind !== "nobodyElse";
  return {
    health: "ok",
    readiness: isLinked || !dialsAnybody ? "ready" : "notReady",
    sentence: isLinked
      ? `Connected. ${bootstrap.summary}.`
      : dialsAnybody
        ? `Not connected. ${bootstrap.summary}.`
        : `Alone. ${bootstrap.summary}: nobody has dialled ${evidence.p2p} so far.`,
    reasons: [...puzzleOf(evidence), ...modulesHealth(evidence), ...troubles(evidence)],
  };
}

function puzzleOf({ proof }: HealthEvidence): string[] {
  if (proof === null) return [];
  const puzzle = `A proof of work of ${proof.difficultyBits} bits is being computed for link ${proof.link}`;
  if (proof.secondsLeft === null) return [`${puzzle}.`];
  const speed = `${formatRough(proof.hashesPerSecond)} hashes/s`;
  return [`${puzzle}: expected in ${formatDuration(proof.secondsLeft * 1_000)} at ${speed}.`];
}

function modulesHealth({ subscribers, api }: HealthEvidence): string[] {
  const types = new Set(subscribers.flatMap((subscriber) => subscriber.dataTypes));
  if (types.size === 0) {
    return [`No module has subscribed to anything at ${api}: items of peers are not passed on.`];
  }
  const observers = subscribers.filter((subscriber) => subscriber.role === "observer");
  if (observers.length === 0) return [];
  const names = observers.map(({ subscriber }) => subscriber).join(", ");
  return [
    `Not waited for, since it gives no verdicts: ${observers.length > 1 ? "modules" : "module"} ${names}.`,
  ];
}

function troubles({ links, counters }: HealthEvidence): string[] {
  const { totals } = counters;
  const held = links.filter((link) => link.reading === "held").length;
  const lost: readonly (readonly [number, string])[] = [
    [totals.notificationsDropped, "notifications were dropped for modules that read too slowly"],
    [totals.framesDropped, "frames were dropped for peers that read too slowly"],
    [totals.itemNotHeld, "items found no room to wait for a verdict"],
  ];
  const sentences = lost
    .filter(([count]) => count > 0)
    .map(([count, what]) => `Since the start ${formatCount(count)} ${what}.`);
  return held === 0
    ? sentences
    : [`Reading is held back on ${countOf(held, "link")}.`, ...sentences];
}
