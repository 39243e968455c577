import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Scope } from "../../blackbox/support/patience.ts";
import type { Place } from "./sample-module.ts";

interface Client {
  readonly socket: Socket;
  readonly types: Set<number>;
  readonly ids: Set<number>;
}

/**
 * The dialect of the course's mock server, as far as it was observed: a hub without peers that takes
 * one read for one message, wants a subscription before an announcement, wants data, and hangs up on
 * ids it does not know.
 */
export class OfficialMockup {
  readonly #clients = new Set<Client>();
  #ids = 0x4e20;

  static async start(scope: Scope): Promise<Place> {
    const mockup = new OfficialMockup();
    const server = createServer({ noDelay: true }, (socket) => mockup.#onClient(socket));
    scope.after(() => {
      server.close();
      for (const { socket } of mockup.#clients) socket.destroy();
    });
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const { address, port } = server.address() as AddressInfo;
        resolve({ host: address, port });
      });
    });
  }

  #onClient(socket: Socket): void {
    const client: Client = { socket, types: new Set(), ids: new Set() };
    this.#clients.add(client);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#clients.delete(client));
    socket.on("data", (bytes) => {
      if (!this.#takes(client, bytes)) socket.destroy();
    });
  }

  #takes(client: Client, bytes: Buffer): boolean {
    if (bytes.length < 8 || bytes.readUInt16BE(0) !== bytes.length) return false;
    switch (bytes.readUInt16BE(2)) {
      case 500:
        return this.#announce(client, bytes);
      case 501:
        client.types.add(bytes.readUInt16BE(6));
        return bytes.length === 8;
      case 503:
        return bytes.length === 8 && client.ids.delete(bytes.readUInt16BE(4));
      default:
        return false;
    }
  }

  #announce(client: Client, bytes: Buffer): boolean {
    const dataType = bytes.readUInt16BE(6);
    if (bytes.length === 8 || !client.types.has(dataType)) return false;
    for (const other of this.#clients) {
      if (other === client || !other.types.has(dataType)) continue;
      // Any number that has not been used will do.
      this.#ids = (this.#ids * 31 + 7) & 0xffff;
      other.ids.add(this.#ids);
      const head = Buffer.from(bytes.subarray(0, 8));
      head.writeUInt16BE(502, 2);
      head.writeUInt16BE(this.#ids, 4);
      other.socket.write(Buffer.concat([head, bytes.subarray(8)]));
    }
    return true;
  }
}
