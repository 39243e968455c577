import type { CaseGroup } from "./case.ts";
import { apiClients } from "./cases/api-clients.ts";
import { apiFraming } from "./cases/api-framing.ts";
import { apiMalformed } from "./cases/api-malformed.ts";
import { apiSubscriptions } from "./cases/api-subscriptions.ts";
import { p2pCopies } from "./cases/p2p-copies.ts";
import { p2pHandshake } from "./cases/p2p-handshake.ts";
import { p2pSpreading } from "./cases/p2p-spreading.ts";
import { p2pVerdicts } from "./cases/p2p-verdicts.ts";

/** Every case, in the order in which they are played. */
export const CATALOGUE: readonly CaseGroup[] = [
  apiFraming,
  apiMalformed,
  apiSubscriptions,
  apiClients,
  p2pHandshake,
  p2pSpreading,
  p2pVerdicts,
  p2pCopies,
];

/** What is left of the catalogue for one side, or for those whose group, name or clause has this text. */
export function select(side: "api" | "both", pattern: string | undefined): readonly CaseGroup[] {
  const wanted = pattern?.toLowerCase() ?? "";
  return CATALOGUE.filter((group) => side === "both" || group.side === "api")
    .map((group) => ({
      ...group,
      cases: group.cases.filter(({ name, clause }) =>
        `${group.title}: ${name} ${clause}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter(({ cases }) => cases.length > 0);
}
