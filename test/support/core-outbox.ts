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
    case "dial":
      return `dial ${output.address.host}:${output.address.port}`;
    case "closeLink":
      return `close ${output.link}: ${output.cause}`;
    case "closeSubscriber":
      return `close ${output.subscriber}: ${output.cause}`;
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
  }
}

/** The connection an output is about, as a plain number; links and subscribers have distinct ones. */
export function connectionOf(output: Output): number | undefined {
  const about = output.kind === "report" ? output.event : output;
  if ("link" in about) return about.link;
  return "subscriber" in about ? about.subscriber : undefined;
}
