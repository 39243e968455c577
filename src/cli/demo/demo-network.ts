import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder } from "../temporary-folder.ts";
import type { SetupEvent } from "./demo-event.ts";
import { DemoNode } from "./demo-node.ts";
import { resultOf } from "./demo-result.ts";
import type { DemoResult } from "./demo-result.ts";
import { targetsOf } from "./plan.ts";
import type { DemoPlan } from "./plan.ts";

/** Verdicts are in after 30 s at the latest [protocol §4.3]. */
const TRAVEL_DEADLINE_MS = 35_000;
/** Between two looks whether all copies have arrived. A guess. */
const LOOK_INTERVAL_MS = 10;

/**
 * Runs the whole demonstration: daemons, links, modules, one item. The result is there after the plan's
 * deadline at the latest, and says what was missing by then. Leaves nothing behind.
 *
 * @throws the reason of `interrupted`
 */
export async function runDemo(
  plan: DemoPlan,
  report: (event: SetupEvent) => void,
  interrupted: AbortSignal,
): Promise<DemoResult> {
  const folder = temporaryFolder();
  const nodes: DemoNode[] = [];
  const deadline = AbortSignal.timeout(plan.deadlineMs);
  const startedAtMs = performance.now();
  try {
    const links = await inTime([deadline, interrupted], (stop) =>
      setUp(plan, nodes, folder.path, report, stop),
    );
    interrupted.throwIfAborted();
    if (links === "late") return resultOf(plan, nodes, undefined);
    const setUpMs = performance.now() - startedAtMs;
    const travelDeadline = AbortSignal.timeout(TRAVEL_DEADLINE_MS);
    await inTime([deadline, travelDeadline, interrupted], (stop) => travel(plan, nodes, stop));
    interrupted.throwIfAborted();
    return resultOf(plan, nodes, setUpMs);
  } finally {
    await Promise.allSettled(nodes.map((node) => node.stop()));
    folder.remove();
  }
}

/** Links first, then modules: an item may not meet a node that does not listen to its type yet. */
async function setUp(
  plan: DemoPlan,
  nodes: DemoNode[],
  folder: string,
  report: (event: SetupEvent) => void,
  stop: AbortSignal,
): Promise<void> {
  const linking = new Set<Promise<void>>();
  for (let number = 1; number <= plan.nodes; number++) {
    while (linking.size >= plan.solvingAtOnce) await Promise.race(linking);
    const targets = targetsOf(number, plan.nodes);
    const dialled = nodes.filter((node) => targets.includes(node.number));
    const node = new DemoNode(number, plan, dialled, join(folder, String(number)), report);
    await node.start();
    // Nobody is left to stop a node that comes too late.
    if (stop.aborted) return node.stop();
    nodes.push(node);
    const linked: Promise<void> = node.whenLinked.then(() => void linking.delete(linked));
    linking.add(linked);
  }
  await Promise.all(linking);
  for (const node of nodes) await node.subscribe();
}

async function travel(
  plan: DemoPlan,
  nodes: readonly DemoNode[],
  stop: AbortSignal,
): Promise<void> {
  await nodes.find((node) => node.number === plan.origin)?.announce();
  while (!hasArrived(nodes)) await sleep(LOOK_INTERVAL_MS, undefined, { signal: stop });
}

/** Everybody has decided, and every copy that was sent has been read. */
function hasArrived(nodes: readonly DemoNode[]): boolean {
  if (!nodes.every(({ journey }) => journey.isSettled)) return false;
  const sent = nodes.reduce((sum, { journey }) => sum + journey.copiesSent, 0);
  const received = nodes.reduce((sum, node) => sum + node.copiesReceived, 0);
  return sent === received;
}

/** The work, or no longer than until the first of the signals. */
async function inTime(
  signals: readonly AbortSignal[],
  work: (stop: AbortSignal) => Promise<void>,
): Promise<"done" | "late"> {
  const stop = AbortSignal.any([...signals]);
  const stopped = new Promise<"late">((resolve) => {
    if (stop.aborted) resolve("late");
    else stop.addEventListener("abort", () => resolve("late"), { once: true });
  });
  const done = work(stop).then(
    () => "done" as const,
    (error: unknown) => {
      // What fails because it was stopped has been answered for already.
      if (!stop.aborted) throw error;
      return "late" as const;
    },
  );
  return Promise.race([done, stopped]);
}
