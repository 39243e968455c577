import { Command } from "commander";
import { DataTooLargeError } from "../client/errors.ts";
import { GossipClient } from "../client/gossip-client.ts";
import type { PeerAddress } from "../core/ports.ts";
import { formatAddress } from "../daemon/address.ts";
import { ExitCode } from "../daemon/gossip-error.ts";
import { PEER_DATA_BYTES_MAX } from "../wire/message-type.ts";
import { CommandError } from "./failure.ts";
import { apiOption, dataTypeOption, ttlOption } from "./option-values.ts";
import { countOf } from "../monitor/quantities.ts";

const HELP = `
The API of gossip has no answer: exit code 0 says that the node has been given
the item, not that anybody heard it. An item holds any bytes, ${PEER_DATA_BYTES_MAX} at most.

Examples:
  voidgossip announce --type 1337 "hello"
  voidgossip announce --api 127.0.0.1:7002 --type 1337 --ttl 3 - < picture.png
  voidgossip announce --type 1337 -- -5     data that begins with a hyphen

Exit code: 0 handed over, 2 usage or too much data, 6 no node answers.`;

interface AnnounceOptions {
  readonly api: PeerAddress;
  readonly type: number;
  readonly ttl: number;
}

/** `voidgossip announce --api HOST:PORT --type N [--ttl N] [DATA | -]` */
export function announceCommand(): Command {
  return new Command("announce")
    .description("say something to every interested host")
    .argument("[data]", "what to say, as text; standard input if this is - or missing")
    .addOption(apiOption())
    .addOption(dataTypeOption("data type of the item, 0 to 65535"))
    .addOption(ttlOption())
    .addHelpText("after", HELP)
    .action(async (given: string | undefined, options: AnnounceOptions) => {
      const isText = given !== undefined && given !== "-";
      await announce(options, isText ? Buffer.from(given) : await readStdin());
    });
}

async function announce({ api, type, ttl }: AnnounceOptions, data: Uint8Array): Promise<void> {
  if (data.length > PEER_DATA_BYTES_MAX) throw new DataTooLargeError(data.length);
  const client = await GossipClient.connect({ ...api, reconnect: false });
  await client.announce(type, data, { ttl });
  await client.close();
  const hops = ttl === 0 ? "" : `, for ${countOf(ttl, "hop")}`;
  const size = countOf(data.length, "byte");
  process.stdout.write(`announced ${size} as type ${type} at ${formatAddress(api)}${hops}\n`);
}

/** Gives up as soon as it is too much: standard input may have no end. */
async function readStdin(): Promise<Buffer> {
  if (process.stdin.isTTY) process.stderr.write("reading the data; Ctrl-D ends it\n");
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > PEER_DATA_BYTES_MAX) {
      const text = `standard input holds ${length} bytes or more, but ${PEER_DATA_BYTES_MAX} can travel`;
      throw new CommandError(text, ExitCode.usage);
    }
  }
  return Buffer.concat(chunks);
}
