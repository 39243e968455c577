import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CONFIG_KEYS } from "../../src/daemon/config-keys.ts";
import { Config } from "../../src/daemon/config.ts";
import { ConfigError } from "../../src/daemon/gossip-error.ts";

const SOURCE = { file: "f.ini", baseDir: "/b", env: {}, home: "/h", cores: 2 } as const;

function faultsOf(text: string): string[] {
  try {
    Config.fromIni(text, SOURCE);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.exitCode, 3);
    return error.faults.map(({ message }) => message);
  }
}
const gossipFaults = (lines: string): string[] => faultsOf(`[gossip]\n${lines}`);

/** A key, values that are taken, values that are refused, and what is said about these. */
const RANGES: readonly (readonly [string, readonly string[], readonly string[], RegExp])[] = [
  [
    "cache_size",
    ["0", "65536"],
    ["-1", "65537", "", "x", "1.5", "1e3", "0x10", "5 0"],
    /0 to 65536$/,
  ],
  ["degree", ["1", "1024"], ["0", "1025", "NaN", "9007199254740993"], /from 1 to 1024$/],
  ["max_connections", ["0", "16384"], ["16385"], /from 0 to 16384$/],
  ["pow_difficulty", ["0", "28"], ["29", "-1"], /from 0 to 28$/],
  [
    "pow_timeout",
    ["1", "3600", "1.001"],
    ["0", "0.999", "3601", "1.0001", "30s"],
    /seconds from 1 to/,
  ],
  ["pow_workers", ["1", "64"], ["0", "65"], /from 1 to 64$/],
  ["validation_timeout", ["0.1", "120"], ["0.099", "120.001", "-1"], /seconds from 0.1 to 120$/],
  ["api_connections", ["1", "16384"], ["0", "16385"], /from 1 to 16384$/],
  ["api_queue_messages", ["16", "1048576"], ["15", "1048577"], /from 16 to/],
  [
    "api_queue_bytes",
    ["65536", "64 KiB", "1GiB"],
    ["65535", "63 KiB", "1025 MiB", "64 KB"],
    /64 KiB to 1 GiB/,
  ],
  ["peer_queue_bytes", ["64kib"], ["0", "64 k", "MiB", "-1 MiB", "0.5 MiB"], /64 KiB to 1 GiB/],
  [
    "peer_frames_per_second",
    ["0", "10", "1000000"],
    ["1", "9", "1000001"],
    /10 to 1000000, or 0: no/,
  ],
  ["peer_bytes_per_second", ["0", "0 MiB", "64 KiB"], ["1", "63 KiB"], /1 GiB.*, or 0: no limit$/],
  ["pending_items", ["1", "1048576"], ["0"], /from 1 to/],
  ["knowledge_bytes", ["64 KiB"], ["0"], /64 KiB to 1 GiB/],
  ["min_connections", ["0", "1024"], ["1025", "-1"], /from 0 to 1024$/],
  ["validation_policy", ["all", "Any", "FIRST"], ["", "none"], /all, any or first/],
  ["api_strict", ["yes", "no", "True", "off", "1", "0"], ["2", "ja", ""], /yes or no/],
  ["extensions", ["yes", "no"], ["maybe"], /yes or no/],
  ["log_level", ["silent", "info"], ["loud"], /fatal, error, warn, info, debug, trace or silent/],
  ["log_format", ["text", "json"], ["xml"], /text or json/],
  [
    "local_ranges",
    ["", "::1", "10.0.0.0/8, fe80::/10"],
    ["10.0.0.0/33", "a", "::1,"],
    /ranges as in/,
  ],
  ["p2p_address", ["[::1]:0"], ["", "a", "::1:5", "a:65536"], /./],
  ["api_address", ["127.0.0.1:0"], ["", "a:1, b:2"], /./],
  ["advertise_address", ["a:1"], ["a:0", ""], /./],
  ["monitor_address", ["a:0"], ["a"], /./],
  ["bootstrapper", ["", "a:1,b:2"], ["a:1,", "a", "a:0", "a:1 b:2", "0.0.0.0:6001"], /./],
  ["data_dir", ["/d", "d", "~"], ["", `/${"d".repeat(90)}`], /./],
];

describe("a bad value", () => {
  it("of every key is refused by name, and every value in range is taken", () => {
    for (const [key, good, bad, allowed] of RANGES) {
      for (const value of good) assert.deepEqual(gossipFaults(`${key} = ${value}`), [], key);
      for (const value of bad) {
        const [message = "", ...more] = gossipFaults(`${key} = ${value}`);
        const place = `f.ini:2: ${key} = ${value === "" ? "(empty)" : value}: `;
        assert.equal(message.slice(0, place.length), place);
        assert.match(message, allowed);
        assert.deepEqual(more, []);
      }
    }
  });

  it("gets the word that was probably meant", () => {
    assert.deepEqual(gossipFaults("log_level = inof\nvalidation_policy = anny"), [
      "f.ini:2: log_level = inof: fatal, error, warn, info, debug, trace or silent (did you mean info?)",
      "f.ini:3: validation_policy = anny: all, any or first (did you mean any?)",
    ]);
  });

  it("is shown in one line, cut, and without control characters", () => {
    const [message = ""] = gossipFaults(`degree = \u001b[2J\0\u202e\u2028${"9".repeat(10_000)}`);
    assert.match(
      message,
      /^f\.ini:2: degree = \\u\{1b\}\[2J\\u\{0\}\\u\{202e\}\\u\{2028\}9{50,120}\.\.\.: a whole/,
    );
    assert.ok(message.length < 300);
  });
});

describe("faults", () => {
  it("are all reported at once, in the order of the lines", () => {
    const text = `[gossip
[gossip]
cache_size = -1
degree = 0
degree = 3
bootstrapper = a
nonsense
listen_address = a:1
p2p_address = b:1
api_address = b:1
log_level = "info
log_format = "text" or json
pending_items = 5
pending_items_per_link = 6
pending_bytes = 1 MiB
pending_bytes_per_link = 2 MiB
extensions = perhaps`;
    assert.deepEqual(faultsOf(text), [
      "f.ini:1: a section header is [name], alone on its line",
      "f.ini:3: cache_size = -1: a whole number from 0 to 65536",
      "f.ini:4: degree = 0: a whole number from 1 to 1024",
      "f.ini:5: degree: given twice, first on line 4 (a list needs commas)",
      "f.ini:6: bootstrapper = a: a: a port after the host, as in 127.0.0.1:6001",
      "f.ini:7: neither key = value, nor [section], nor a comment (; or #)",
      "f.ini:9: p2p_address = b:1: listen_address on line 8 says something else; keep p2p_address",
      "f.ini:11: log_level: the quote is not closed",
      "f.ini:12: log_format: text behind the closing quote; quote the whole value or none of it",
      "f.ini:14: pending_items_per_link = 6: at most pending_items, which is 5",
      "f.ini:16: pending_bytes_per_link = 2 MiB: at most pending_bytes, which is 1048576 bytes",
      "f.ini:17: extensions = perhaps: yes or no",
    ]);
  });

  it("come with the warnings, and with a message of one line", () => {
    assert.throws(
      () => Config.fromIni("[gossip]\ndegree = 0\ncache_size = x\ndegre = 1", SOURCE),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.code, "configFaults");
        assert.equal(
          error.message,
          "f.ini:2: degree = 0: a whole number from 1 to 1024 (and 1 more)",
        );
        assert.deepEqual(error.faults[0], {
          file: "f.ini",
          line: 2,
          key: "degree",
          message: "f.ini:2: degree = 0: a whole number from 1 to 1024",
        });
        assert.equal(error.warnings.length, 1);
        return true;
      },
    );
  });

  it("between keys are named at the one that was given", () => {
    assert.deepEqual(gossipFaults("api_address = 127.0.0.1:6001"), [
      "f.ini:2: api_address = 127.0.0.1:6001: api_address and p2p_address need different ports",
    ]);
    assert.deepEqual(gossipFaults("p2p_address = 0.0.0.0:7001"), [
      "f.ini:2: p2p_address = 0.0.0.0:7001: api_address and p2p_address need different ports",
    ]);
    assert.deepEqual(gossipFaults("bootstrapper = a:1, [::]:6001"), [
      "f.ini:2: bootstrapper = a:1, [::]:6001: [::]:6001 is a place to listen, not one to dial",
    ]);
  });

  it("between keys are not looked for behind a fault of their own", () => {
    assert.equal(gossipFaults("api_address = 127.0.0.1:6001\np2p_address = x").length, 1);
  });

  it("in a state folder that is too long for its socket name its length", () => {
    const [message = ""] = gossipFaults(`p2p_address = ${"a".repeat(63)}.example:1`);
    assert.match(message, /^f\.ini: data_dir: \/h\/.* is longer than 90 bytes/);
    assert.deepEqual(gossipFaults(`data_dir = /${"d".repeat(89)}`), []);
    assert.equal(gossipFaults(`data_dir = /${"ü".repeat(45)}`).length, 1);
  });

  it("never show a private key that was pasted in place of its path", () => {
    const secret = "MIIEpAIBAAKCAQEA";
    const text = `hostkey = -----BEGIN PRIVATE KEY-----\n${secret}\n${secret}=\n-----END\n[gossip]\ndegree = 0`;
    const faults = faultsOf(text);
    assert.deepEqual(faults, [
      "f.ini:1: hostkey: the path of a PEM file, not the key itself",
      "f.ini:2: neither key = value, nor [section], nor a comment (; or #)",
      "f.ini:4: neither key = value, nor [section], nor a comment (; or #)",
      "f.ini:6: degree = 0: a whole number from 1 to 1024",
    ]);
  });
});

describe("any text", () => {
  const name = fc.constantFrom(...CONFIG_KEYS.map((key) => key.name), "listen_address", "nope");
  const piece = fc.constantFrom(
    "[",
    "]",
    ":",
    "/",
    ",",
    ".",
    "%",
    '"',
    "'",
    "1",
    "a",
    "~",
    " ",
    "\0",
  );
  const written = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: piece }), fc.ipV6());
  const line = fc.oneof(
    fc.tuple(name, written).map(([key, value]) => `${key} = ${value}`),
    fc.constantFrom("[gossip]", "[global]", "[onion]", "[gossip"),
    written,
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(line).map((lines) => `[gossip]\n${lines.join("\n")}`),
    fc.array(line).map((lines) => lines.join("\n")),
  );

  it("is a configuration or a ConfigError with messages of one line", () => {
    const property = fc.property(text, (content) => {
      const messages: string[] = [];
      try {
        const config = Config.fromIni(content, SOURCE);
        messages.push(...config.warnings.map(({ message }) => message));
        assert.ok(Object.isFrozen(config.core.limits));
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        assert.ok(error.faults.length > 0);
        for (const { message } of [...error.faults, ...error.warnings]) messages.push(message);
      }
      for (const message of messages) assert.match(message, /^f\.ini[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
    });
    fc.assert(property, { numRuns: 3_000 });
  });
});
