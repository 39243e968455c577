import { hash } from "node:crypto";
import type { Digest } from "../core/ports.ts";

/** `binary` is Node's other name for latin1. */
export const systemDigest: Digest = (bytes) => hash("sha256", bytes, "binary");
