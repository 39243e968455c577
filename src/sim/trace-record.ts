import type { Input } from "../core/input.ts";
import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { Output } from "../core/output.ts";
import type { ApiRequest, PeerMessage } from "../wire/decode.ts";
import { encodeFrame } from "../wire/message.ts";
import type { TraceHash } from "./trace-hash.ts";

/** Numbers of the records; part of every published trace hash, so only ever appended to. */
const INPUT_CODES: Readonly<Record<Input["kind"], number>> = {
  linkAccepted: 1,
  linkDialed: 2,
  dialFailed: 3,
  linkLost: 4,
  peerMessage: 5,
  peerFault: 6,
  linkDrained: 7,
  subscriberOpened: 8,
  subscriberGone: 9,
  apiRequest: 10,
  apiFault: 11,
  subscriberDrained: 12,
  frameStarted: 13,
  frameEnded: 14,
  proofFound: 15,
  proofFailed: 16,
  flush: 17,
  wakeup: 18,
  listening: 19,
  bookRestored: 20,
  tracing: 21,
  retuned: 22,
};

const OUTPUT_CODES: Readonly<Record<Output["kind"], number>> = {
  write: 32,
  dial: 33,
  cancelDial: 34,
  closeLink: 35,
  holdLink: 36,
  resumeLink: 37,
  solveProof: 38,
  cancelProof: 39,
  notify: 40,
  closeSubscriber: 41,
  holdSubscriber: 42,
  resumeSubscriber: 43,
  wakeAt: 44,
  report: 45,
  trace: 46,
  saveBook: 47,
};

/** Adds one input to the fingerprint: everything that the core could see of it. */
export function recordInput(hash: TraceHash, node: number, now: number, input: Input): void {
  hash.begin(INPUT_CODES[input.kind], node, now);
  if ("link" in input) hash.add(input.link);
  if ("subscriber" in input) hash.add(input.subscriber);
  if ("dial" in input) hash.add(input.dial);
  if (input.kind === "peerMessage") recordPeerMessage(hash, input.message);
  else if (input.kind === "apiRequest") recordRequest(hash, input.request);
}

/** Adds one output. Trace events and reports are left out: they say in other words what happens. */
export function recordOutput(hash: TraceHash, node: number, now: number, output: Output): void {
  if (output.kind === "trace" || output.kind === "report") return;
  hash.begin(OUTPUT_CODES[output.kind], node, now);
  if ("link" in output) hash.add(output.link);
  if ("subscriber" in output) hash.add(output.subscriber);
  if ("dial" in output) hash.add(output.dial);
  if (output.kind === "write") recordFrames(hash, output.frames);
  else if (output.kind === "wakeAt") hash.add(output.at);
  else if (output.kind === "notify") {
    for (const { messageId, dataType, data } of output.notifications) {
      hash.add(messageId);
      hash.add(dataType);
      hash.add(data.length);
    }
  }
}

function recordFrames(hash: TraceHash, frames: readonly OutgoingFrame[]): void {
  for (const frame of frames) hash.add(frame.frameBytes);
}

function recordPeerMessage(hash: TraceHash, message: PeerMessage): void {
  hash.add(message.type);
  switch (message.kind) {
    case "p2pAnnounce":
      hash.add(message.messageId);
      hash.add((message.dataType << 8) | message.ttl);
      hash.addBytes(message.data);
      return;
    case "p2pInit":
      hash.addBytes(message.challenge);
      return;
    case "p2pVerify":
      hash.addBytes(message.nonce);
      return;
    case "p2pOk":
      return;
    case "hello":
    case "ping":
    case "peers":
      hash.addBytes(encodeFrame(message));
      return;
  }
}

function recordRequest(hash: TraceHash, request: ApiRequest): void {
  hash.add(request.type);
  switch (request.kind) {
    case "gossipAnnounce":
      hash.add((request.dataType << 8) | request.ttl);
      hash.addBytes(request.data);
      return;
    case "gossipNotify":
      hash.add(request.dataType);
      return;
    case "gossipValidation":
      hash.add(request.messageId);
      hash.add(request.verdict === "accept" ? 1 : 0);
      return;
  }
}
