import type { PeerMessage } from "../../src/wire/decode.ts";
import type { Output } from "../../src/core/output.ts";

/**
 * What came out of the core, one line per output, so that a test can compare a whole outbox. Reports of
 * the log are left out unless asked for, and so are wakeups: `CoreHarness` plays the timer.
 */
export function linesOf(
  outputs: readonly Output[],
  reports: "silent" | "reports" = "silent",
): string[] {
  return outputs
    .filter(({ kind }) => kind !== "wakeAt" && (kind !== "report" || reports === "reports"))
    .map(lineOf);
}

function lineOf(output: Output): string {
  switch (output.kind) {
    case "write":
      return `write ${output.link}: ${output.frames.map(({ message }) => nameOf(message)).join(", ")}`;
    case "notify":
      return `notify ${output.subscriber}: ${output.notifications
        .map(({ data }) => JSON.stringify(new TextDecoder().decode(data)))
        .join(", ")}`;
    case "closeLink":
      return `close ${output.link}: ${output.cause}`;
    case "closeSubscriber":
      return `close ${output.subscriber}: ${output.cause}`;
    case "holdLink":
      return `hold ${output.link}`;
    case "resumeLink":
      return `resume ${output.link}`;
    case "holdSubscriber":
      return `hold ${output.subscriber}`;
    case "resumeSubscriber":
      return `resume ${output.subscriber}`;
    default:
      return lineOfUnconnected(output);
  }
}

type Unconnected = Exclude<
  Output,
  { kind: "write" | "notify" | `close${string}` | `hold${string}` | `resume${string}` }
>;

function lineOfUnconnected(output: Unconnected): string {
  switch (output.kind) {
    case "dial":
      return `dial ${output.address.host}:${output.address.port}`;
    case "cancelDial":
      return `cancel dial ${output.dial}`;
    case "solveProof":
      return `solve for ${output.link}`;
    case "cancelProof":
      return `cancel proof for ${output.link}`;
    case "saveBook":
      return "save book";
    case "report":
      return `report ${output.event.name}`;
    case "trace":
      return `trace ${output.event.kind}`;
    default:
      return shortLineOf(output);
  }
}

function shortLineOf(output: Exclude<Output, { readonly kind: "report" | "trace" }>): string {
  switch (output.kind) {
    case "cancelDial":
      return `cancel dial ${output.dial}`;
    case "wakeAt":
      return `wake at ${output.at}`;
    case "solveProof":
      return `solve for ${output.link}`;
    case "cancelProof":
      return `cancel proof for ${output.link}`;
    default:
      return `${output.kind.startsWith("hold") ? "hold" : "resume"} ${connectionOf(output)}`;
  }
}

function nameOf(message: PeerMessage): string {
  switch (message.kind) {
    case "p2pInit":
      return "INIT";
    case "p2pVerify":
      return "VERIFY";
    case "p2pOk":
      return "OK";
    case "p2pAnnounce":
      return `item ${message.messageId} ttl ${message.ttl}`;
    case "hello":
      return "HELLO";
    case "ping":
      return message.role === "ask" ? "PING" : "PONG";
    case "peers":
      return message.role === "get" ? "GET" : `LIST of ${message.records.length}`;
  }
}

/** The connection an output is about, as a plain number; links and subscribers have distinct ones. */
export function connectionOf(output: Output): number | undefined {
  const about = output.kind === "report" ? output.event : output;
  if ("link" in about) return about.link;
  return "subscriber" in about ? about.subscriber : undefined;
}
