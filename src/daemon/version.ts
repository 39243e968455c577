import { createRequire } from "node:module";

/** From package.json, which the package finds by its own name wherever it is installed or built. */
export const VERSION: string = (
  createRequire(import.meta.url)("voidgossip/package.json") as { readonly version: string }
).version;
