#!/usr/bin/env bash
# Writes the schemas in docs/ anew from the types of src/monitor. Needs Node >= 22.
set -euo pipefail
cd "$(dirname "$0")/.."
write() {
  npx --yes ts-json-schema-generator@2 --path "src/monitor/$1" --type "$2" \
    --tsconfig src/monitor/tsconfig.json --no-type-check -o "$3"
  npx prettier --write "$3"
}
write status.ts GossipStatus docs/status.schema.json
write monitor-event.ts MonitorEvent docs/events.schema.json
