import type { PeerAddress } from "../core/ports.ts";
import { KEEPALIVE_MS } from "./dialer.ts";
import type { ConnectionHost } from "./frame-connection.ts";
import type { ListeningSocket } from "./gossip-error.ts";
import { P2PConnection } from "./p2p-connection.ts";
import { TcpListener } from "./tcp-listener.ts";

/** Where peers connect to. Whom to keep is for the core to decide: every connection gets its INIT. */
export function p2pListener(
  host: ConnectionHost,
  onAcceptFailed: (socket: ListeningSocket, reason: string) => void,
): TcpListener {
  return new TcpListener({
    socket: "p2p_address",
    server: { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
    onSocket: (socket, remote: PeerAddress) => {
      P2PConnection.open(socket, host, (link) => ({ kind: "linkAccepted", link, remote }));
    },
    onAcceptFailed,
  });
}
