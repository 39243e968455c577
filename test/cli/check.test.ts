import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { CaseResult } from "../../src/check/case.ts";
import { CATALOGUE } from "../../src/check/catalogue.ts";
import { asJUnit, ResultLines, summaryLine, type CheckReport } from "../../src/cli/check-report.ts";
import { PLAIN } from "../../src/cli/style.ts";
import { OfficialMockup } from "../check/support/official-mockup.ts";
import { SampleModule, type Place } from "../check/support/sample-module.ts";
import { Cli } from "./support/cli.ts";

const text = ({ host, port }: Place): string => `${host}:${port}`;
const base = { group: "API: frames", name: "a <case> & more", clause: "§1.2", ms: 12 } as const;
const results: readonly CaseResult[] = [
  { ...base, outcome: "pass" },
  { ...base, outcome: "fail", why: 'expected "a"; seen <b>', expected: '"a"', seen: "<b>" },
  { ...base, group: "P2P: copies", outcome: "differs", why: "the mockup does so" },
  { ...base, group: "P2P: copies", outcome: "untested", why: "needs: INIT", ms: 0 },
];
const settings = {
  api: { host: "::1", port: 7001 },
  p2p: undefined,
  difficultyBits: 24,
  patienceMs: 1,
  graceMs: 1,
};
const report: CheckReport = { settings, results, durationMs: 1_234 };

describe("a report of an examination", () => {
  it("has a title for each group, and says below a case why it did not pass", () => {
    const lines = new ResultLines(PLAIN);
    assert.deepEqual(
      results.flatMap((result) => lines.of(result)),
      [
        "",
        "API: frames",
        "  pass      §1.2  a <case> & more",
        "  FAIL      §1.2  a <case> & more",
        '                  expected "a"; seen <b>',
        "",
        "P2P: copies",
        "  differs   §1.2  a <case> & more",
        "                  the mockup does so",
        "  untested  §1.2  a <case> & more",
        "                  needs: INIT",
      ],
    );
    assert.equal(
      summaryLine(report, PLAIN),
      "Does not conform: 1 pass, 1 fail, 1 differ as the official tools do, 1 untested, in 1.2 s",
    );
  });

  it("is JUnit XML with everything escaped", () => {
    assert.equal(
      asJUnit(report),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="voidgossip check" tests="4" failures="1" time="1.234">
  <testsuite name="API: frames" tests="2" failures="1" skipped="0">
    <testcase classname="API: frames" name="§1.2 a &lt;case&gt; &amp; more" time="0.012"/>
    <testcase classname="API: frames" name="§1.2 a &lt;case&gt; &amp; more" time="0.012"><failure message="expected &quot;a&quot;; seen &lt;b&gt;"/></testcase>
  </testsuite>
  <testsuite name="P2P: copies" tests="2" failures="0" skipped="1">
    <testcase classname="P2P: copies" name="§1.2 a &lt;case&gt; &amp; more" time="0.012"><system-out>differs: the mockup does so</system-out></testcase>
    <testcase classname="P2P: copies" name="§1.2 a &lt;case&gt; &amp; more" time="0.000"><skipped message="needs: INIT"/></testcase>
  </testsuite>
</testsuites>
`,
    );
  });
});

describe("voidgossip check", () => {
  it("prints what passed, writes JUnit XML, and ends with code 0", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "vg-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { api, p2p } = await SampleModule.start(t, 8);
    const file = join(folder, "report.xml");
    const options = ["--p2p", text(p2p), "--difficulty", "8", "--only", "two ids", "--junit", file];
    const exit = await Cli.run(t, ["check", text(api), ...options]);
    assert.deepEqual([exit.code, exit.stderr], [0, ""]);
    assert.match(exit.stdout, /^1 case for /);
    assert.match(exit.stdout, /^ {2}pass {6}§4\.1 {2}the same data under two ids is two items$/m);
    assert.match(exit.stdout, /^Conforms: 1 pass, 0 fail, 0 differ/m);
    assert.match(readFileSync(file, "utf8"), /<testsuites [^>]*tests="1" failures="0"/);
  });

  it("ends with code 1 when something failed, and says it in JSON if asked", async (t) => {
    const { api } = await SampleModule.start(t, 8, "manglesUtf8");
    const options = ["--only", "invalid UTF-8", "--json"];
    const exit = await Cli.run(t, ["check", text(api), ...options]);
    assert.equal(exit.code, 1);
    const said = JSON.parse(exit.stdout) as {
      readonly conforming: boolean;
      readonly p2p: null;
      readonly summary: unknown;
      readonly cases: readonly CaseResult[];
    };
    assert.deepEqual([said.conforming, said.p2p, said.cases.length], [false, null, 1]);
    assert.deepEqual(said.summary, { pass: 0, fail: 1, differs: 0, untested: 0 });
    assert.match(said.cases[0]?.seen ?? "", /efbfbd/);
  });

  it("ends with code 0 when a module differs only as the official tools do", async (t) => {
    const api = await OfficialMockup.start(t);
    const exit = await Cli.run(t, ["check", text(api), "--only", "without data"]);
    assert.equal(exit.code, 0);
    assert.match(exit.stdout, /differs {3}§2\.1 {2}an ANNOUNCE without data is legal\n.*mockup/);
  });

  it("lists every case", async (t) => {
    const { code, stdout } = await Cli.run(t, ["check", "--list"]);
    assert.equal(code, 0);
    for (const { name } of CATALOGUE.flatMap(({ cases }) => cases))
      assert.ok(stdout.includes(name));
    const only = await Cli.run(t, ["check", "--list", "--only", "byte by byte"]);
    assert.match(only.stdout, /^2 cases\n$/m);
  });

  it("says in one line what keeps it from beginning", async (t) => {
    const cases: readonly (readonly [code: number, said: RegExp, ...args: string[]])[] = [
      [2, /^whom\?/],
      [2, /^no case has "nonsense" in it$/m, "127.0.0.1:1", "--only", "nonsense"],
      [2, /has to be/, "localhost"],
      [2, /from 1 to 28/, "127.0.0.1:1", "--difficulty", "29"],
      [6, /^nobody listens at 127\.0\.0\.1:1: ECONNREFUSED$/m, "127.0.0.1:1"],
    ];
    for (const [code, said, ...args] of cases) {
      const exit = await Cli.run(t, ["check", ...args]);
      assert.equal(exit.code, code, args.join(" "));
      assert.match(exit.stderr, said);
      assert.doesNotMatch(exit.stderr, /^\s+at /m);
    }
  });
});
