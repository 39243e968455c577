import { Command, Option } from "commander";
import { GossipClient } from "../client/gossip-client.ts";
import type { Notification } from "../client/notification.ts";
import type { PeerAddress } from "../core/ports.ts";
import { formatAddress } from "../daemon/address.ts";
import { firstSignal } from "./first-signal.ts";
import { apiOption, dataTypeOption, wholeNumber } from "./option-values.ts";
import { printable } from "./printable.ts";
import { countOf, formatDuration } from "../monitor/quantities.ts";

const HELP = `
Every item is answered with "accept", so that it travels on from this node,
unless --reject is given. When the node goes away, it is dialled again.

Items go to standard output, everything else to standard error. Text is printed
with control characters escaped, other data in hexadecimal. With --json:
  {"at":"2026-11-23T10:00:00.000Z","dataType":1337,"messageId":4711,
   "verdict":"accept","bytes":5,"data":"aGVsbG8="}     one line, data is base64

Examples:
  voidgossip subscribe --type 1337
  voidgossip subscribe --type 1337 --count 1    wait for one item
  voidgossip subscribe --type 1337 --json | jq -r .data

Exit code: 0 after Ctrl-C or --count items, 2 usage, 6 no node answers at the
start.`;

interface SubscribeOptions {
  readonly api: PeerAddress;
  readonly type: number;
  readonly json?: true;
  readonly reject?: true;
  readonly count: number;
}

/** `voidgossip subscribe --api HOST:PORT --type N [--json] [--reject] [--count N]` */
export function subscribeCommand(): Command {
  return new Command("subscribe")
    .description("print what others announce, and give verdicts")
    .addOption(apiOption())
    .addOption(dataTypeOption("data type to listen to, 0 to 65535"))
    .option("--json", "one JSON object per line")
    .option("--reject", "answer every item with reject: it goes no further from this node")
    .addOption(
      new Option("--count <n>", "end after this many items")
        .argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER))
        .default(Infinity, "never"),
    )
    .addHelpText("after", HELP)
    .action(subscribe);
}

async function subscribe(options: SubscribeOptions): Promise<void> {
  const { api, type, count } = options;
  const interrupted = firstSignal();
  const client = await connect(api, interrupted);
  if (client === undefined) return;
  sayWhatHappens(client, api);
  const items = client.subscribe(type, { signal: interrupted });
  const answers = options.reject === true ? "rejected" : "accepted";
  say(`subscribed to type ${type} at ${formatAddress(api)}; items are ${answers}; Ctrl-C ends`);
  let printed = 0;
  for await (const item of items) {
    if (options.reject === true) item.reject();
    else item.accept();
    process.stdout.write(`${options.json === true ? asJson(item) : asText(item)}\n`);
    printed++;
    if (printed >= count) break;
  }
  await client.close();
}

/** Undefined when the user did not want to wait for the connection. */
async function connect(
  api: PeerAddress,
  interrupted: AbortSignal,
): Promise<GossipClient | undefined> {
  try {
    return await GossipClient.connect({ ...api, signal: interrupted });
  } catch (error) {
    if (interrupted.aborted) return undefined;
    throw error;
  }
}

function sayWhatHappens(client: GossipClient, api: PeerAddress): void {
  client.on("retrying", ({ message }, delayMs) => {
    say(`${message}; trying again in ${formatDuration(delayMs)}`);
  });
  client.on("connected", () => say(`connected to ${formatAddress(api)} again`));
  client.on("lagged", () => say("items are lost: they come faster than they can be printed"));
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The connection may have ended between the arrival of an item and its answer: then nobody was told. */
const VERDICTS = { accepted: "accept", rejected: "reject", open: "none", gone: "none" } as const;

function asText(item: Notification): string {
  const at = new Date().toTimeString().slice(0, 8);
  const answer = item.state === "gone" ? "not answered" : item.state;
  const size = countOf(item.data.length, "byte");
  return `${at}  type ${item.dataType}  ${size}, ${answer}: ${printable(item.data)}`;
}

function asJson(item: Notification): string {
  return JSON.stringify({
    at: new Date().toISOString(),
    dataType: item.dataType,
    messageId: item.messageId,
    verdict: VERDICTS[item.state],
    bytes: item.data.length,
    data: Buffer.from(item.data).toString("base64"),
  });
}
