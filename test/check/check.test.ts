import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Daemon } from "../blackbox/support/daemon.ts";
import type { CaseResult } from "../../src/check/case.ts";
import { CATALOGUE, select } from "../../src/check/catalogue.ts";
import { Connection } from "../../src/check/connection.ts";
import { Mismatch } from "../../src/check/mismatch.ts";
import { runCheck } from "../../src/check/run.ts";
import type { Address, CheckSettings } from "../../src/check/settings.ts";
import { FAULTS, type Fault } from "./support/faults.ts";
import { OfficialMockup } from "./support/official-mockup.ts";
import { SampleModule } from "./support/sample-module.ts";

const DIFFICULTY_BITS = 8;
/** Far above what busy cores need where everything has to come; as short as it gets where something will not. */
const patient = { difficultyBits: DIFFICULTY_BITS, patienceMs: 20_000, graceMs: 100 };
const brief = { difficultyBits: DIFFICULTY_BITS, patienceMs: 1_500, graceMs: 200 };

const failuresOf = (results: readonly CaseResult[]): string[] =>
  results
    .filter(({ outcome }) => outcome !== "pass")
    .map(({ outcome, name, why = "" }) => `${outcome}: ${name}: ${why}`);

async function playOn(
  module: { readonly api: Address; readonly p2p: Address | undefined },
  timing: Omit<CheckSettings, "api" | "p2p">,
  pattern?: string,
): Promise<CaseResult[]> {
  const side = module.p2p === undefined ? "api" : "both";
  return runCheck(select(side, pattern), { ...module, ...timing });
}

describe("the cases", () => {
  const all = CATALOGUE.flatMap(({ cases }) => cases);

  it("are many, and each has a name of its own", () => {
    assert.ok(all.length >= 80, `${all.length} cases`);
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  });

  it("cite clauses that the protocol has", () => {
    const file = fileURLToPath(new URL("../../../docs/protocol.md", import.meta.url));
    const clauses = new Set(
      [...readFileSync(file, "utf8").matchAll(/^### (\S+) /gm)].map(([, clause]) => `§${clause}`),
    );
    const unknown = all.filter(({ clause }) => !clauses.has(clause));
    assert.deepEqual(unknown, []);
  });
});

describe("a module that keeps to the protocol", () => {
  it("passes every case: our own daemon", async (t) => {
    const { api, p2p } = await Daemon.start(t, { pow_difficulty: DIFFICULTY_BITS });
    assert.deepEqual(failuresOf(await playOn({ api, p2p }, patient)), []);
  });

  it("passes every case: a small one that shares no code with ours", async (t) => {
    const module = await SampleModule.start(t, DIFFICULTY_BITS);
    assert.deepEqual(failuresOf(await playOn(module, patient)), []);
  });
});

describe("a planted mistake is found, and what was seen is said", { concurrency: 4 }, () => {
  for (const fault of Object.keys(FAULTS) as Fault[]) {
    it(fault, async (t) => {
      const { finder, seen } = FAULTS[fault];
      const module = await SampleModule.start(t, DIFFICULTY_BITS, fault);
      const results = await playOn(module, brief, finder);
      const [found] = results.filter(({ name }) => name.startsWith(finder));
      assert.equal(found?.outcome, "fail", `${finder}: ${JSON.stringify(results)}`);
      assert.match(found.seen ?? "", seen);
    });
  }
});

describe("the official mockup", () => {
  const differing = [
    "whoever announces need not have subscribed",
    "an ANNOUNCE without data is legal",
    "a VALIDATION with an unknown id is ignored",
    "a second VALIDATION of one notification is ignored",
    "NOTIFY and ANNOUNCE in one segment",
    "two ANNOUNCEs in one segment",
    "an ANNOUNCE of 65,524 bytes of data",
  ];
  for (const name of differing) {
    it(`differs, which is no failure: ${name}`, async (t) => {
      const api = await OfficialMockup.start(t);
      const [result] = await playOn({ api, p2p: undefined }, brief, name);
      assert.equal(result?.outcome, "differs", JSON.stringify(result));
      assert.match(result.why ?? "", /mockup/);
    });
  }

  it("passes where it does what the protocol says", async (t) => {
    const api = await OfficialMockup.start(t);
    for (const name of ["has exactly the bytes", "repeated NOTIFY", "sent by a module closes"]) {
      assert.deepEqual(failuresOf(await playOn({ api, p2p: undefined }, patient, name)), []);
    }
  });
});

describe("an examination", () => {
  it("leaves out what a failed gate makes pointless, and says why", async (t) => {
    const module = await SampleModule.start(t, DIFFICULTY_BITS, "waitsForHello");
    const handshake = await playOn(module, { ...brief, patienceMs: 300 }, "P2P:");
    const [first, ...rest] = handshake;
    assert.equal(first?.outcome, "fail");
    assert.ok(rest.length > 50);
    for (const { outcome, why } of rest) {
      assert.deepEqual([outcome, why], ["untested", `needs: ${first.name}`]);
    }
  });

  it("names the difficulty when a right proof is refused", async (t) => {
    const module = await SampleModule.start(t, 24);
    const [result] = await playOn(module, brief, "a right proof is answered");
    assert.match(result?.why ?? "", /--difficulty is 8/);
  });

  it("leaves out the rest when a case has killed the module", async (t) => {
    const module = await SampleModule.start(t, DIFFICULTY_BITS, "diesOfMalformed");
    const results = await playOn(module, brief, "an ANNOUNCE with size");
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ["fail", ...Array.from({ length: results.length - 1 }, () => "untested")],
    );
  });

  it("ends at once where nobody listens", async () => {
    const api = { host: "127.0.0.1", port: await freePort() };
    await assert.rejects(playOn({ api, p2p: undefined }, brief), { kind: "unreachable" });
  });

  it("hangs up on a module that floods it", async (t) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      const frame = Buffer.alloc(60_000);
      frame.writeUInt16BE(60_000, 0);
      const flood = (): void => {
        while (!socket.destroyed && socket.write(frame));
      };
      socket.on("drain", flood);
      flood();
    });
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const connection = await Connection.open({ host: "127.0.0.1", port }, patient.patienceMs);
    await assert.rejects(
      connection.next("something else", () => false),
      (error) => error instanceof Mismatch && /flood/.test(error.seen),
    );
    assert.equal(connection.isOpen, false);
  });
});

/** A port at which nobody listens any more. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
