import { ApiConnection } from "./api-connection.ts";
import type { ConnectionHost } from "./frame-connection.ts";
import type { ListeningSocket } from "./gossip-error.ts";
import { TcpListener } from "./tcp-listener.ts";

/** Where the modules of this machine connect to. No delay: each notification is a write [§2.5]. */
export function apiListener(
  host: ConnectionHost,
  onAcceptFailed: (socket: ListeningSocket, reason: string) => void,
): TcpListener {
  return new TcpListener({
    socket: "api_address",
    server: { noDelay: true },
    onSocket: (socket) => {
      ApiConnection.open(socket, host);
    },
    onAcceptFailed,
  });
}
