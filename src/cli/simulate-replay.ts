import type { Input } from "../core/input.ts";
import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { Output } from "../core/output.ts";
import type { PeerMessage } from "../wire/decode.ts";
import type { Observer } from "../sim/observer.ts";
import { markOf } from "../sim/item-mark.ts";
import type { PlannedEvent } from "../sim/plan.ts";
import type { SimNode } from "../sim/sim-node.ts";

export interface ReplayFilter {
  /** Only this node; undefined for all. */
  readonly node: number | undefined;
  /** Only what is about this item; undefined for everything. */
  readonly item: number | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Tells a run step by step: one line per input and per output of a core. */
export class Teller implements Observer {
  readonly #clock: { now(): number };
  readonly #filter: ReplayFilter;
  readonly #say: (line: string) => void;

  constructor(clock: { now(): number }, filter: ReplayFilter, say: (line: string) => void) {
    this.#clock = clock;
    this.#filter = filter;
    this.#say = say;
  }

  onInput(node: SimNode, input: Input): void {
    if (input.kind === "flush") return;
    this.#tell(node, "<-", describeInput(input));
  }

  onOutput(node: SimNode, output: Output): void {
    this.#tell(node, "->", describeOutput(output));
  }

  onSettled(): void {
    return;
  }

  onPlanned(event: PlannedEvent): void {
    if (!this.#isTime()) return;
    const details = Object.entries(event).filter(([name]) => name !== "kind" && name !== "at");
    const text = JSON.stringify(Object.fromEntries(details));
    this.#say(`${this.#time()} ==== ${event.kind} ${text}`);
  }

  onEnd(): void {
    return;
  }

  #tell(node: SimNode, arrow: string, text: string): void {
    const { node: wanted, item } = this.#filter;
    if (wanted !== undefined && node.plan.number !== wanted) return;
    if (item !== undefined && !new RegExp(`\\bitem ${item}\\b`).test(text)) return;
    if (this.#isTime()) this.#say(`${this.#time()} node ${node.plan.number} ${arrow} ${text}`);
  }

  #isTime(): boolean {
    const now = this.#clock.now();
    return now >= this.#filter.fromMs && now <= this.#filter.toMs;
  }

  #time(): string {
    return `${this.#clock.now()} ms`.padStart(10);
  }
}

function describeInput(input: Input): string {
  switch (input.kind) {
    case "peerMessage":
      return `link ${input.link}: ${describeMessage(input.message)}`;
    case "apiRequest": {
      const { request, subscriber } = input;
      const what =
        request.kind === "gossipAnnounce"
          ? `item ${markOf(request.data)}, type ${request.dataType}, TTL ${request.ttl}`
          : request.kind === "gossipNotify"
            ? `type ${request.dataType}`
            : `${request.verdict} of notification ${request.messageId}`;
      return `subscriber ${subscriber}: ${request.kind} ${what}`;
    }
    default:
      return describePlain(input);
  }
}

function describeOutput(output: Output): string {
  switch (output.kind) {
    case "write":
      return `link ${output.link}: ${output.frames.map(describeFrame).join("; ")}`;
    case "notify": {
      const told = output.notifications.map(
        ({ messageId, data }) => `item ${markOf(data)} as notification ${messageId}`,
      );
      return `subscriber ${output.subscriber}: ${told.join("; ")}`;
    }
    case "report":
      return describePlain(output.event);
    case "trace":
      return `trace ${describePlain(output.event)}`;
    default:
      return describePlain(output);
  }
}

const describeFrame = (frame: OutgoingFrame): string => describeMessage(frame.message);

function describeMessage(message: PeerMessage): string {
  if (message.kind !== "p2pAnnounce") return message.kind;
  const { ttl, messageId, data } = message;
  return `item ${markOf(data)}, TTL ${ttl}, id ${messageId}`;
}

/** The kind, and the other fields as they are. */
function describePlain(record: object): string {
  const words = Object.entries(record).map(([name, value]) => {
    if (name === "kind" || name === "name") return String(value);
    if (value instanceof Uint8Array) return `${name}=${Buffer.from(value).toString("hex")}`;
    return `${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`;
  });
  return words.join(" ");
}
