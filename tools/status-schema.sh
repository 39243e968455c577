#!/usr/bin/env bash
# Writes docs/status.schema.json anew from the types of src/monitor/status.ts. Needs Node >= 22.
set -euo pipefail
cd "$(dirname "$0")/.."
npx --yes ts-json-schema-generator@2 --path src/monitor/status.ts --type GossipStatus \
  --tsconfig src/monitor/tsconfig.json --no-type-check -o docs/status.schema.json
npx prettier --write docs/status.schema.json
