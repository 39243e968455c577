import type { BootstrapStatus, GossipStatus } from "../../monitor/status.ts";
import { countOf, formatDuration } from "../../monitor/quantities.ts";

/** Something that keeps items from spreading or arriving, and what to do about it. */
export interface Finding {
  /** `fault`: something does not work; `notice`: it works, and might work better. */
  readonly severity: "fault" | "notice";
  /** Stable, for scripts. */
  readonly cause: Cause;
  readonly what: string;
  readonly advice: string;
}

export type Cause =
  | "config"
  | "configWarning"
  | "notRunning"
  | "portTaken"
  | "noLink"
  | "bootstrapRefused"
  | "bootstrapSilent"
  | "bootstrapUnreachable"
  | "bootstrapUnknown"
  | "proofsRefused"
  | "puzzleTooSlow"
  | "noSubscriber"
  | "typeNotSubscribed"
  | "verdictsMissing"
  | "modulesReject"
  | "slowModule"
  | "slowPeer"
  | "clock"
  | "busyProcess";

/** What a running node says, and what else was found out. */
export interface Evidence {
  readonly status: GossipStatus;
  /** Of the machine, on the clock on the wall, in ms since 1970. */
  readonly now: number;
  /** The data type that is asked about, if any. */
  readonly dataType: number | undefined;
}

/** The process started before the clock on the wall was set by more than this, in ms. A guess. */
const CLOCK_STEP_MS = 10_000;
/** Nobody's clock is right who has not reached this: the program is younger. 2026-01-01. */
const CLOCK_EARLIEST_MS = Date.UTC(2026, 0, 1);
/** An event loop this late, 99 % of the time, is felt by everybody who waits for anything. A guess. */
const LATE_MS = 500;

/** Everything that is wrong with a running node, faults first. */
export function diagnose(evidence: Evidence): Finding[] {
  const { status } = evidence;
  const findings = [
    ...linkFindings(status),
    ...moduleFindings(evidence),
    ...verdictFindings(status),
    ...slowFindings(status),
    ...clockFindings(evidence),
  ];
  return [
    ...findings.filter(({ severity }) => severity === "fault"),
    ...findings.filter(({ severity }) => severity === "notice"),
  ];
}

function linkFindings(status: GossipStatus): Finding[] {
  const { bootstrap, links, p2p } = status;
  if (links.some(({ phase }) => phase === "established")) return [];
  if (bootstrap.addresses.length === 0) {
    const what = "no node has dialled this one, and it has no bootstrapper to dial";
    const advice = `set bootstrapper, or let others dial ${p2p} (a firewall? an address of this machine only?)`;
    return [{ severity: "notice", cause: "noLink", what, advice }];
  }
  const proofs = proofFindings(status);
  return proofs.length > 0 ? proofs : bootstrap.addresses.flatMap(bootstrapFindings);
}

/** The other end hangs up when it gets a proof that proves nothing to it. */
function proofFindings({ counters, bootstrap }: GossipStatus): Finding[] {
  const { proofsFound, linkEstablished } = counters.totals;
  const hungUp = bootstrap.addresses.some(({ lastFailure }) => lastFailure === "remoteClosed");
  if (proofsFound === 0 || linkEstablished > 0 || !hungUp) return [];
  const proofs = countOf(proofsFound, "proof of work", "proofs of work");
  const what = `${proofs} sent, and every peer closed the link on it`;
  const advice = "give this node the same pow_difficulty as all others of the network";
  return [{ severity: "fault", cause: "proofsRefused", what, advice }];
}

const BOOTSTRAP_FAULTS: Readonly<
  Partial<Record<BootstrapStatus["lastFailure"], readonly [Cause, string, string]>>
> = {
  refused: [
    "bootstrapRefused",
    "refuses connections",
    "nothing listens there: is that node running, and is the port right?",
  ],
  timedOut: [
    "bootstrapSilent",
    "does not answer",
    "a firewall drops the packets, or the machine is off or overloaded",
  ],
  unreachable: [
    "bootstrapUnreachable",
    "cannot be reached",
    "there is no way there from this machine: check its network and its routes",
  ],
  unknownHost: [
    "bootstrapUnknown",
    "has a name that leads nowhere",
    "correct the name in bootstrapper, or give the address itself",
  ],
};

function bootstrapFindings({ address, lastFailure, failures }: BootstrapStatus): Finding[] {
  if (failures === 0) return [];
  const other = [
    "noLink",
    `lost its link (${lastFailure})`,
    "the log of the other node says more",
  ] as const;
  const [cause, what, advice] = BOOTSTRAP_FAULTS[lastFailure] ?? other;
  return [{ severity: "fault", cause, what: `bootstrapper ${address} ${what}`, advice }];
}

function moduleFindings({ status, dataType }: Evidence): Finding[] {
  const types = new Set(status.subscribers.flatMap(({ dataTypes }) => dataTypes));
  const advice = `let a module of this host subscribe at ${status.api} (GOSSIP NOTIFY): a node relays nothing else`;
  if (types.size === 0) {
    const what = "no module has subscribed to anything: all items of peers are dropped here";
    return [{ severity: "fault", cause: "noSubscriber", what, advice }];
  }
  if (dataType !== undefined && !types.has(dataType)) {
    const what = `no module has subscribed to type ${dataType}: its items are dropped here`;
    return [{ severity: "fault", cause: "typeNotSubscribed", what, advice }];
  }
  const { itemUnsubscribed } = status.counters.totals;
  if (itemUnsubscribed === 0) return [];
  const what = `${countOf(itemUnsubscribed, "item")} came of types that no module here has subscribed to`;
  return [{ severity: "notice", cause: "typeNotSubscribed", what, advice }];
}

function verdictFindings({ counters, subscribers }: GossipStatus): Finding[] {
  const { itemAccepted, itemRejected, itemExpired } = counters.totals;
  const observers = subscribers.filter(({ role }) => role === "observer");
  const findings: Finding[] = [];
  if (itemExpired > 0 || observers.length > 0) {
    const names = observers.map(({ subscriber }) => subscriber).join(", ");
    const who = observers.length === 0 ? "" : `; silent: module ${names}`;
    findings.push({
      severity: "fault",
      cause: "verdictsMissing",
      what: `${countOf(itemExpired, "item")} did not spread for want of a verdict${who}`,
      advice:
        "modules must answer each notification with GOSSIP VALIDATION within validation_timeout",
    });
  }
  if (itemRejected > 0 && itemAccepted === 0) {
    findings.push({
      severity: "fault",
      cause: "modulesReject",
      what: `modules rejected all ${countOf(itemRejected, "item")} they gave a verdict on`,
      advice: "see why the module rejects; validation_policy says how many rejections it takes",
    });
  }
  return findings;
}

function slowFindings({ counters, eventLoopDelay }: GossipStatus): Finding[] {
  const { notificationsDropped, framesDropped } = counters.totals;
  const findings: Finding[] = [];
  if (notificationsDropped > 0) {
    findings.push({
      severity: "fault",
      cause: "slowModule",
      what: `${countOf(notificationsDropped, "notification")} dropped: a module reads too slowly`,
      advice:
        "let it read at once and work later; api_queue_bytes and api_queue_messages give it more room",
    });
  }
  if (framesDropped > 0) {
    findings.push({
      severity: "notice",
      cause: "slowPeer",
      what: `${countOf(framesDropped, "frame")} dropped: a peer reads too slowly`,
      advice: "voidgossip status shows which link drops; peer_queue_bytes gives peers more room",
    });
  }
  if (eventLoopDelay.p99Ms > LATE_MS) {
    findings.push({
      severity: "notice",
      cause: "busyProcess",
      what: `the process is late by up to ${formatDuration(eventLoopDelay.p99Ms)} in 99 % of its turns`,
      advice: "give it a core of its own, or lower pow_workers while links are being opened",
    });
  }
  return findings;
}

function clockFindings({ status, now }: Evidence): Finding[] {
  const advice =
    "set the clock (NTP): times in the log and in the address book are wrong by as much";
  const steppedMs = Math.abs(now - status.startedAt - status.uptimeMs);
  if (now < CLOCK_EARLIEST_MS) {
    const what = `the clock says ${new Date(now).toISOString()}, before this program was made`;
    return [{ severity: "fault", cause: "clock", what, advice }];
  }
  if (steppedMs < CLOCK_STEP_MS) return [];
  const what = `the clock was set by ${formatDuration(steppedMs)} while the node ran, or the machine slept`;
  return [{ severity: "notice", cause: "clock", what, advice }];
}

/** Whether proofs of work take too long here for what the network allows [protocol §3.3]. */
export function diagnosePuzzle(
  difficultyBits: number,
  timeoutMs: number,
  hashesPerSecond: number,
): Finding[] {
  const meanMs = (2 ** difficultyBits / hashesPerSecond) * 1_000;
  // The time is exponentially distributed: e^-3 = 5 % of proofs take more than three times the mean.
  if (3 * meanMs <= timeoutMs) return [];
  const takes = `a proof of ${difficultyBits} bits takes ${formatDuration(meanMs)} on average here`;
  return [
    {
      severity: "fault",
      cause: "puzzleTooSlow",
      what: `${takes}, while pow_timeout is ${formatDuration(timeoutMs)}`,
      advice: "more pow_workers, a faster machine, or a network with a smaller pow_difficulty",
    },
  ];
}
