import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CommanderError } from "commander";
import type { Command } from "commander";
import { createProgram } from "../../src/cli/program.ts";
import { Cli } from "./support/cli.ts";

interface Refusal {
  readonly code: number;
  readonly said: string;
}

/** What the parser says to arguments that must not get as far as doing anything. */
async function parse(...args: readonly string[]): Promise<Refusal> {
  let said = "";
  const program = createProgram();
  const capture = (command: Command): void => {
    const write = (text: string): void => void (said += text);
    command.configureOutput({ writeOut: write, writeErr: write });
    command.commands.forEach(capture);
  };
  capture(program);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    assert.ok(error instanceof CommanderError, String(error));
    return { code: error.exitCode, said };
  }
  throw new Error(`taken: ${args.join(" ")}`);
}

describe("a command line that cannot be meant", () => {
  const cases: readonly (readonly [args: string, ...words: string[]])[] = [
    ["announce x", "--type", "not specified"],
    ["announce --type", "--type", "missing"],
    ["announce --type 65536 x", "--type", "65536", "from 0 to 65535"],
    ["announce --type -1 x", "--type", "-1", "from 0 to 65535"],
    ["announce --type 1.5 x", "--type", "1.5", "from 0 to 65535"],
    ["announce --type 0x10 x", "--type", "0x10", "from 0 to 65535"],
    ["announce --type 1e3 x", "--type", "1e3", "from 0 to 65535"],
    ["announce --type 1 --ttl 256 x", "--ttl", "256", "from 0 to 255"],
    ["announce --type 1 --ttl many x", "--ttl", "many", "from 0 to 255"],
    ["announce --type 1 --api 127.0.0.1 x", "--api", "a port after the host"],
    ["announce --type 1 --api ::1:7001 x", "--api", "brackets"],
    ["announce --type 1 --api 127.0.0.1:0 x", "--api", "from 1 to 65535"],
    ["announce --type 1 --api 300.0.0.1:7001 x", "--api", "0 to 255"],
    ["announce --type 1 one two", "too many arguments"],
    ["subscribe", "--type", "not specified"],
    ["subscribe --type 1 --count 0", "--count", "from 1"],
    ["subscribe --type 1 --jsn", "--jsn", "--json"],
    ["status --data-dir d --socket s", "cannot be used with"],
    ["status -c f --data-dir d", "cannot be used with"],
    ["status -c f --socket s", "cannot be used with"],
    ["top --interval 0.09", "--interval", "seconds from 0.1 to 3600"],
    ["top --interval 3601", "--interval", "seconds from 0.1 to 3600"],
    ["top --interval -1", "--interval", "seconds from 0.1 to 3600"],
    ["top --interval soon", "--interval", "seconds from 0.1 to 3600"],
    ["top --count 0", "--count", "from 1"],
    ["top --monitor 127.0.0.1:7801", "--monitor", "http://127.0.0.1:7801"],
    ["top --monitor https://localhost", "--monitor", "http://127.0.0.1:7801"],
    ["top --monitor http://localhost -c f", "cannot be used with"],
    ["demo --nodes 1", "--nodes", "from 2 to 50"],
    ["demo --nodes 51", "--nodes", "from 2 to 50"],
    ["demo --difficulty 29", "--difficulty", "from 0 to 28"],
    ["run --nonsense", "--nonsense"],
    ["-c", "--config", "missing"],
  ];
  for (const [args, ...words] of cases) {
    it(`is refused in words: ${args}`, async () => {
      const { said } = await parse(...args.split(" "));
      for (const word of [...words, "--help"])
        assert.ok(said.includes(word), `${word} in: ${said}`);
    });
  }

  it("ends with code 2, whatever is wrong with it", async (t) => {
    for (const args of [["announce", "x"], ["bogus"], ["run", "--bogus"], ["config"]]) {
      const exit = await Cli.run(t, args);
      assert.deepEqual([exit.code, exit.stdout], [2, ""], args.join(" "));
      assert.doesNotMatch(exit.stderr, /^\s+at /m);
    }
  });

  it("hears which command was probably meant", async (t) => {
    const exit = await Cli.run(t, ["anounce"]);
    assert.equal(exit.stderr, "error: there is no command anounce (did you mean announce?)\n");
  });
});

describe("help", () => {
  for (const path of [
    "",
    "run",
    "announce",
    "subscribe",
    "status",
    "top",
    "peers",
    "check",
    "demo",
    "pow",
  ]) {
    it(`says what ${path === "" ? "voidgossip" : path} does, with examples and exit codes, in 80 columns`, async () => {
      const { code, said } = await parse(...path.split(" ").filter(Boolean), "--help");
      assert.equal(code, 0);
      for (const word of ["Usage: voidgossip", "Examples:", "Exit code"]) {
        assert.ok(said.includes(word), `${word} in: ${said}`);
      }
      const tooLong = said.split("\n").filter((line) => line.length > 80);
      assert.deepEqual(tooLong, []);
    });
  }

  it("lists all commands", async () => {
    const { said } = await parse("--help");
    for (const name of [
      "run",
      "announce",
      "subscribe",
      "status",
      "top",
      "explain",
      "doctor",
      "peers",
      "config",
      "demo",
      "pow",
    ]) {
      assert.match(said, new RegExp(`^  ${name}\\b`, "m"));
    }
  });

  it("--version is that of the package", async (t) => {
    const exit = await Cli.run(t, ["--version"]);
    assert.match(exit.stdout, /^\d+\.\d+\.\d+\S*\n$/);
    assert.equal(exit.code, 0);
  });
});
