import type { DialTrouble } from "../core/close-cause.ts";
import type { BootstrapSnapshot, CoreSnapshot, Shortage } from "../core/snapshot.ts";
import { formatAddress } from "./address.ts";

/**
 * One sentence about links, without its full stop: how many of those we want are there, and what keeps
 * us from more. For example `0 of 8 links: bootstrapper 10.0.0.1:6001 refused 12 times, next try in 31 s`.
 */
export function describeLinks(snapshot: CoreSnapshot): string {
  const { links, overlay, bootstrap } = snapshot;
  const established = links.filter((link) => link.phase === "established").length;
  if (overlay.extensions === "off") {
    const reasons = bootstrap.length === 0 ? [NOBODY_TO_DIAL] : bootstrap.map(describeBootstrapper);
    return `${countOf(established, "link")}: ${reasons.join("; ")}`;
  }
  const others = established - overlay.outboundLinks;
  const beside = others > 0 ? `, ${others} more opened by others` : "";
  const count = `${overlay.outboundLinks} of ${overlay.outboundLinksTarget} links${beside}`;
  const reasons = reasonsOf(snapshot, established);
  return reasons.length === 0 ? count : `${count}: ${reasons.join("; ")}`;
}

const NOBODY_TO_DIAL = "no bootstrapper is configured, others come to us";

/** Bootstrappers that we are linked to explain nothing. */
function reasonsOf({ bootstrap, overlay }: CoreSnapshot, established: number): string[] {
  const { shortage } = overlay;
  if (shortage.kind === "none") return [];
  const reasons = bootstrap.filter(({ state }) => state !== "linked").map(describeBootstrapper);
  if (shortage.kind !== "nobodyElse") return [...reasons, describeShortage(shortage)];
  if (reasons.length > 0) return reasons;
  const isAlone = bootstrap.length === 0 && established === 0;
  return [isAlone ? NOBODY_TO_DIAL : "no other address is known"];
}

function describeShortage(shortage: Exclude<Shortage, { kind: "none" | "nobodyElse" }>): string {
  switch (shortage.kind) {
    case "proving":
      return `${countOf(shortage.proofs, "proof of work", "proofs of work")} under way`;
    case "dialing":
      return `dialling ${countOf(shortage.dials, "address", "addresses")}`;
    case "proofBudget":
      return `all proofs of work that are allowed were spent, next one ${inSeconds(shortage)}`;
    case "sources":
      return `waiting for addresses from more than one neighbor, next try ${inSeconds(shortage)}`;
    case "backoff":
      return `${countOf(shortage.addresses, "other address", "other addresses")} failed lately, next try ${inSeconds(shortage)}`;
  }
}

function describeBootstrapper(one: BootstrapSnapshot): string {
  const subject = `bootstrapper ${formatAddress(one.address)}`;
  const times = one.failures === 1 ? "once" : `${one.failures} times`;
  const history = one.failures === 0 ? "" : ` ${wordsOf(one.lastFailure)} ${times},`;
  switch (one.state) {
    case "linked":
      return `${subject} linked`;
    case "dialing":
      return `${subject}${history} trying now`;
    case "waiting":
      return `${subject}${history} next try ${inSeconds(one)}`;
  }
}

const TROUBLE_WORDS: Readonly<Partial<Record<DialTrouble | "none", string>>> = {
  refused: "refused",
  timedOut: "did not answer",
  unreachable: "was unreachable",
  unknownHost: "was not found by its name",
  remoteClosed: "closed the link",
  initTimeout: "sent no INIT",
  okTimeout: "sent no OK",
  silent: "fell silent",
  none: "failed",
};

const wordsOf = (trouble: DialTrouble | "none"): string =>
  TROUBLE_WORDS[trouble] ?? `lost its link (${trouble})`;

const inSeconds = ({ retryInMs }: { readonly retryInMs: number }): string =>
  `in ${Math.ceil(retryInMs / 1_000)} s`;

const countOf = (count: number, one: string, many: string = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
