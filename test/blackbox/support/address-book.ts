import assert from "node:assert/strict";
import { readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Daemon } from "./daemon.ts";
import type { Exit } from "./daemon.ts";
import { ExtendedPeer } from "./extended-peer.ts";
import { peersList } from "./extension-frames.ts";
import { within } from "./patience.ts";
import type { Scope } from "./patience.ts";
import { store } from "./status.ts";

interface Entry {
  readonly host: string;
  readonly port: number;
}

/** The file in `data_dir`, as docs/protocol.md describes it [protocol §7.2]. */
export const bookFile = "addresses.json";

/** As many as fit into one list [protocol §6.5]. */
const newsPerRound = 32;

/** Nobody listens there. */
const fakeAddress = (at: number): Entry => ({
  host: `127.${66 + (at >> 16)}.${(at >> 8) & 0xff}.${at & 0xff}`,
  port: 9,
});

/** A book of addresses that were heard of. */
export function bookText(count: number): string {
  const entries = Array.from({ length: count }, (_, at) => ({
    ...fakeAddress(at),
    sourceGroup: `4:${at >> 8}.${at & 0xff}`,
    table: "new",
    ageSeconds: 0,
    failures: 0,
  }));
  return JSON.stringify({ format: 1, secret: "5a".repeat(16), entries, anchors: [] });
}

/** Hosts in a book; a file that is not whole fails here. */
function hostsIn(folder: string): Set<string> {
  const { entries } = JSON.parse(readFileSync(join(folder, bookFile), "utf8")) as {
    readonly entries: readonly Entry[];
  };
  return new Set(entries.map(({ host }) => host));
}

export const bookSize = async (daemon: Daemon): Promise<number> => {
  const status = await daemon.status();
  return store(status, "newAddresses").entries + store(status, "triedAddresses").entries;
};

/** Makes the daemon hear of addresses, starting with this one, of which its book can place some. */
export async function tellAddresses(scope: Scope, daemon: Daemon, first: number): Promise<void> {
  const before = await bookSize(daemon);
  const peer = await ExtendedPeer.dial(scope, daemon);
  peer.socket.send(
    peersList(Array.from({ length: newsPerRound }, (_, at) => fakeAddress(first + at))),
  );
  await daemon.statusUntil(
    "addresses it has not known before",
    (status) => store(status, "newAddresses").entries > before,
  );
  peer.socket.destroy();
}

/** Asks the daemon to end, and kills it with the n-th change in this folder, if it lives that long. */
async function killWhileSaving(daemon: Daemon, folder: string, changes: number): Promise<Exit> {
  let seen = 0;
  const watcher = watch(folder, () => {
    seen += 1;
    if (seen === changes) {
      daemon.signal("SIGKILL");
    }
  });
  daemon.signal("SIGTERM");
  const exit = await within(daemon.exit, "the end of the daemon");
  watcher.close();
  return exit;
}

/**
 * A daemon with news for its book is killed while it saves them, again and again: each time what it finds
 * afterwards is the book with the news or the one without.
 */
export async function survivesKills(scope: Scope, folder: string, rounds: number): Promise<void> {
  writeFileSync(join(folder, bookFile), bookText(2_000));
  // Addresses that have no place in the tables are gone after this.
  const first = await Daemon.start(scope, { data_dir: folder });
  await first.terminate();
  let known = hostsIn(folder);
  assert.ok(known.size > 1_000, `${known.size} addresses`);
  let killed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const daemon = await Daemon.start(scope, { data_dir: folder });
    assert.deepEqual(daemon.events("bookDamaged"), []);
    assert.equal(await bookSize(daemon), known.size, `round ${round}`);
    await tellAddresses(scope, daemon, 10_000 + newsPerRound * round);
    const { signal } = await killWhileSaving(daemon, folder, 1 + (round % 6));
    killed += signal === "SIGKILL" ? 1 : 0;
    const saved = hostsIn(folder);
    // An address that has failed too often may have given its place to one of the news.
    const lost = [...known].filter((host) => !saved.has(host)).length;
    assert.ok(lost <= newsPerRound && saved.size >= known.size, `round ${round}: ${lost} lost`);
    known = saved;
  }
  assert.ok(killed > rounds / 3, `killed ${killed} times of ${rounds}`);
}
