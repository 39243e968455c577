import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import type { Link } from "../../src/core/link.ts";
import { LinkTable } from "../../src/core/link-table.ts";
import { instant, linkId } from "../../src/core/ports.ts";
import { parseIpRange } from "../../src/core/ip-address.ts";

/** Half-open links for machines that are tested without a core. */
export class LinkMaker {
  readonly #table: LinkTable;
  #nextId = 1;

  constructor(localRanges: readonly string[] = []) {
    const config = {
      ...DEFAULT_CORE_CONFIG,
      localRanges: localRanges.flatMap((text) => parseIpRange(text) ?? []),
    };
    const ignore = (): void => undefined;
    this.#table = new LinkTable(config, {
      handshake: ignore,
      frame: ignore,
      budget: ignore,
      pendingShare: ignore,
      stall: ignore,
      negotiation: ignore,
      liveness: ignore,
      exchange: ignore,
    });
  }

  halfOpen(host: string): Link {
    const id = linkId(this.#nextId++);
    const remote = { host, port: 1_000 + id };
    const state = { phase: "awaitingVerify", challenge: new Uint8Array(8) } as const;
    return this.#table.open(id, "inbound", remote, state, instant(0));
  }
}
