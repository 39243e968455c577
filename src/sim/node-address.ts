import type { PeerAddress } from "../core/ports.ts";
import type { Addresses } from "./plan.ts";

const P2P_PORT = 6001;
/** First octets of what is not private: groups 0 to 255 share the first of them, and so on. */
const PUBLIC_FROM = 20;
const PRIVATE_FROM = 10;
/** Of the private range 10.0.0.0/8, and of 20.0.0.0 to 35.255.255.255. */
export const GROUPS_MAX: Readonly<Record<Addresses, number>> = { private: 256, public: 4_096 };

/** One /16 for each group; unique for up to 65,536 nodes. */
export function addressOf(group: number, number: number, addresses: Addresses): PeerAddress {
  const first = (addresses === "public" ? PUBLIC_FROM : PRIVATE_FROM) + (group >> 8);
  const host = `${first}.${group & 255}.${(number >> 8) & 255}.${number & 255}`;
  return { host, port: P2P_PORT };
}
