import type { Explanation, ItemStory } from "../monitor/explanation.ts";
import { countOf, formatDuration } from "../monitor/quantities.ts";
import type { Style } from "./style.ts";
import { left, right, table } from "./table.ts";

type Step = ItemStory["steps"][number];
type StepOf<Name extends Step["step"]> = Step & { readonly step: Name };
/** Where the other end of a link is, by link. */
type Remotes = Readonly<Record<string, string>>;

/** The life of an item: what became of it in one sentence, then step by step. */
export function storyText(
  { story, others }: Explanation & { readonly kind: "found" },
  remotes: Remotes,
  style: Style,
): string[] {
  const { key, dataType, messageId, at, stepsOmitted } = story;
  const rows = story.steps.flatMap((step) => {
    const [first = "", ...more] = sentencesOf(step, remotes);
    const time = `+${formatDuration(step.afterMs)}`;
    return [[time, first], ...more.map((sentence) => ["", sentence])];
  });
  const [, ...lines] = table([right(""), left("")], rows);
  return [
    style.strong(outcomeOf(story)),
    `Item of type ${dataType}, message id ${messageId}, came at ${new Date(at).toISOString()}`,
    style.faint(`key ${key}`),
    "",
    ...lines,
    ...(stepsOmitted > 0 ? [`and ${countOf(stepsOmitted, "later step")}`] : []),
    ...(others > 0
      ? ["", `${countOf(others, "older item")} with this id: give more of the key`]
      : []),
  ];
}

function sentencesOf(step: Step, remotes: Remotes): string[] {
  switch (step.step) {
    case "announced":
      return [`announced by module ${step.subscriber}, ${sizeOf(step)}`];
    case "arrived":
      return [`arrived over ${linkName(step.link, remotes)}, ${sizeOf(step)}`];
    case "duplicate":
      return [
        `a copy with TTL ${step.ttl} came over ${linkName(step.link, remotes)}: duplicate, dropped`,
      ];
    case "asked":
      return [askedSentence(step)];
    case "verdict":
      return [verdictSentence(step)];
    case "accepted":
    case "rejected":
    case "expired":
      return [SETTLED[step.step]];
    case "forwarded":
      return forwardedSentences(step, remotes);
    case "dropped":
      return [droppedSentence(step, remotes)];
  }
}

const SETTLED = {
  accepted: "accepted: it may spread",
  rejected: "rejected: it does not spread",
  expired: "expired: no verdict came in time, so it does not spread",
} as const;

const sizeOf = ({ bytes, ttl }: { readonly bytes: number; readonly ttl: number }): string =>
  `${countOf(bytes, "byte")} with TTL ${ttl}`;

function askedSentence({ subscriber, role }: StepOf<"asked">): string {
  return `module ${subscriber} was asked${role === "observer" ? ", but is not waited for" : ""}`;
}

function verdictSentence({ subscriber, verdict, tookMs }: StepOf<"verdict">): string {
  const said = verdict === "accept" ? "accepted" : "rejected";
  return `module ${subscriber} ${said}, ${formatDuration(tookMs)} after it was asked`;
}

function forwardedSentences(step: StepOf<"forwarded">, remotes: Remotes): string[] {
  const occasion = {
    announced: "sent",
    accepted: "sent",
    improved: "sent again, since this copy may go further,",
    offered: "offered, since it has just come up,",
  }[step.occasion];
  const skipped = [
    ...(step.holders.length > 0
      ? [`not to ${linkNames(step.holders, remotes)}: it came from there`]
      : []),
    ...(step.beyondDegree > 0
      ? [`not to ${countOf(step.beyondDegree, "more link")}: degree allows no more`]
      : []),
  ];
  return [`${occasion} to ${linkNames(step.links, remotes)} with TTL ${step.ttl}`, ...skipped];
}

function droppedSentence(step: StepOf<"dropped">, remotes: Remotes): string {
  switch (step.reason) {
    case "queueFull":
      return `module ${step.subscriber} was not asked: its queue is full`;
    case "lastHop":
      return "sent to nobody: it came with TTL 1, so this is its last hop";
    case "noOtherLink":
      return "sent to nobody: there is no link but those it came from";
    default:
      return `${DROPPED[step.reason](step.dataType ?? 0)} (over ${linkName(step.link, remotes)}, TTL ${step.ttl})`;
  }
}

const DROPPED = {
  unsubscribed: (type: number) => `dropped: no module here has subscribed to type ${type}`,
  repeatedContent: () => "dropped: this link has sent the same data under other ids too often",
  notHeld: () => "not held for a verdict, so not sent on: too many items wait for one",
  noRoom: () => "a better copy was dropped: too much data waits for verdicts",
  reforwardRefused: () => "a better copy was dropped: this link has caused enough of them",
} as const;

const linkName = (link: number, remotes: Remotes): string => {
  const remote = remotes[link];
  return remote === undefined ? `link ${link}` : `link ${link} (${remote})`;
};

const linkNames = (links: readonly number[], remotes: Remotes): string =>
  links.map((link) => linkName(link, remotes)).join(", ");

/** What became of it, from its steps: the first that decides. */
function outcomeOf({ steps }: ItemStory): string {
  const has = (name: Step["step"]): boolean => steps.some(({ step }) => step === name);
  const dropped = (reason: string): boolean =>
    steps.some((step) => step.step === "dropped" && step.reason === reason);
  const sentTo = new Set(steps.flatMap((step) => (step.step === "forwarded" ? step.links : [])));
  const copies = steps.filter(({ step }) => step === "duplicate").length;
  const more = copies === 0 ? "" : ` ${countOf(copies, "duplicate")} came after it.`;
  const sent = `sent to ${countOf(sentTo.size, "link")}`;
  if (has("announced")) {
    const kept = "Announced here, and kept for links that come up.";
    return `${sentTo.size === 0 ? kept : `Announced here, ${sent}.`}${more}`;
  }
  if (has("rejected")) return `Stopped here: a module rejected it.${more}`;
  if (has("expired")) return `Stopped here: no module gave a verdict in time.${more}`;
  if (dropped("unsubscribed")) return "Stopped here: no module has subscribed to its type.";
  if (dropped("repeatedContent")) return "Stopped here: the same data came too often.";
  if (dropped("notHeld")) return `Delivered here, not sent on: too many items wait.${more}`;
  if (dropped("lastHop")) return `Delivered here, and no further: it came with TTL 1.${more}`;
  if (sentTo.size > 0) return `Relayed: accepted, ${sent}.${more}`;
  if (has("accepted")) return `Accepted, and nobody else to send it to.${more}`;
  return `Waits for a verdict.${more}`;
}
