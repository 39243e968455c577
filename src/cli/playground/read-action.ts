import { NODE_ACTIONS } from "./playground-event.ts";
import type { PlaygroundAction } from "./playground-event.ts";

/** In characters. A guess: what people type, and no more than fits a frame many times over. */
const TEXT_LENGTH_MAX = 1_000;
/** One byte on the wire [protocol §2.1]. */
const TTL_MAX = 255;

/** The action that a request asks for, or what is wrong with it. */
export function readAction(body: string, nodes: number): PlaygroundAction | string {
  const { action, node, ttl, text } = fieldsOf(body);
  if (!isWhole(node, 1, nodes)) return `node: a number from 1 to ${nodes}`;
  if (action === "announce") {
    if (!isWhole(ttl, 0, TTL_MAX)) return `ttl: a number from 0 to ${TTL_MAX}`;
    if (typeof text !== "string" || text === "" || text.length > TEXT_LENGTH_MAX) {
      return `text: 1 to ${TEXT_LENGTH_MAX} characters`;
    }
    return { action, node, ttl, text };
  }
  const known = NODE_ACTIONS.find((name) => name === action);
  return known === undefined
    ? `action: announce, ${NODE_ACTIONS.join(", ")}`
    : { action: known, node };
}

type Fields = Readonly<Partial<Record<"action" | "node" | "ttl" | "text", unknown>>>;

function fieldsOf(body: string): Fields {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // What is no JSON has no fields, and is told what fields it needs.
    return {};
  }
}

const isWhole = (value: unknown, min: number, max: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
