import { createServer } from "node:net";
import { formatAddress } from "../../daemon/address.ts";
import type { Config } from "../../daemon/config.ts";
import { listenError } from "../../daemon/gossip-error.ts";
import type { ListeningSocket } from "../../daemon/gossip-error.ts";
import type { PeerAddress } from "../../core/ports.ts";
import type { Finding } from "./diagnosis.ts";

/** What would keep a node that is not running from listening where it should. */
export async function diagnosePorts(config: Config): Promise<Finding[]> {
  const sockets: readonly (readonly [ListeningSocket, PeerAddress | undefined])[] = [
    ["api_address", config.apiAddress],
    ["p2p_address", config.p2pAddress],
    ["monitor_address", config.monitorAddress],
  ];
  const problems = await Promise.all(
    sockets.flatMap(([socket, address]) =>
      address === undefined ? [] : [problemOf(socket, address)],
    ),
  );
  const advice = "stop what listens there, or give this node another address";
  return problems
    .filter((what) => what !== "")
    .map((what) => ({ severity: "fault", cause: "portTaken", what, advice }));
}

/** Listens there for a moment; empty when it can be done. */
function problemOf(socket: ListeningSocket, address: PeerAddress): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      resolve(listenError(socket, formatAddress(address), error).message);
    });
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      server.close(() => resolve(""));
    });
  });
}
