import { createHash } from "node:crypto";
import type { SimulatorPorts } from "../../src/sim/simulator.ts";

export const PORTS: SimulatorPorts = {
  digest: (bytes) => createHash("sha256").update(bytes).digest("binary"),
};
