import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  formatAddress,
  isLoopbackHost,
  isServedBy,
  isWildcardHost,
  parseAddress,
  parseAddressList,
} from "../../src/daemon/address.ts";
import type { AddressUse } from "../../src/daemon/address.ts";

const label63 = "a".repeat(63);
const name253 = `${label63}.${label63}.${label63}.${"a".repeat(61)}`;

/** Text, and what it is read as. */
const GOOD: readonly (readonly [string, string])[] = [
  ["127.0.0.1:6001", "127.0.0.1:6001"],
  ["0.0.0.0:6001", "0.0.0.0:6001"],
  ["255.255.255.255:65535", "255.255.255.255:65535"],
  ["131.159.15.61:1", "131.159.15.61:1"],
  ["  10.0.0.1:6001\t", "10.0.0.1:6001"],
  ["10.0.0.1:06001", "10.0.0.1:6001"],
  ["[::1]:6001", "[::1]:6001"],
  ["[::]:6001", "[::]:6001"],
  ["[0:0:0:0:0:0:0:1]:6001", "[::1]:6001"],
  ["[2001:DB8:0:0:0:0:0:5]:6001", "[2001:db8::5]:6001"],
  ["[2001:db8::192.0.2.1]:6001", "[2001:db8::c000:201]:6001"],
  ["[::ffff:127.0.0.1]:6001", "127.0.0.1:6001"],
  ["[::ffff:7f00:1]:6001", "127.0.0.1:6001"],
  ["[fe80::1%eth0]:6001", "[fe80::1%eth0]:6001"],
  ["[fe80::1%br-lan.2]:6001", "[fe80::1%br-lan.2]:6001"],
  ["localhost:6001", "localhost:6001"],
  ["LocalHost:6001", "localhost:6001"],
  ["p2psec.example:6001", "p2psec.example:6001"],
  ["p2psec.example.:6001", "p2psec.example.:6001"],
  ["a:1", "a:1"],
  ["gossip_1:6001", "gossip_1:6001"],
  ["1password.example:6001", "1password.example:6001"],
  ["xn--bcher-kva.example:6001", "xn--bcher-kva.example:6001"],
  [`${label63}.example:6001`, `${label63}.example:6001`],
  [`${name253}:6001`, `${name253}:6001`],
];

/** Text, and a part of what is said about it. */
const BAD: readonly (readonly [string, RegExp])[] = [
  ["", /host:port/],
  [" ", /host:port/],
  ["127.0.0.1", /a port after the host/],
  ["localhost", /a port after the host/],
  ["6001", /a port after the host/],
  [":6001", /a host before the port/],
  ["*:6001", /a host before the port/],
  ["127.0.0.1:", /a port from/],
  ["127.0.0.1:65536", /a port from/],
  ["127.0.0.1:-1", /a port from/],
  ["127.0.0.1:+1", /a port from/],
  ["127.0.0.1:6001.0", /a port from/],
  ["127.0.0.1:0x1771", /a port from/],
  ["127.0.0.1:1e3", /a port from/],
  ["127.0.0.1:http", /a port from/],
  ["127.0.0.1:000006001", /a port from/],
  ["127.0.0.1: 6001", /without spaces/],
  ["127.0.0.1 6001", /without spaces/],
  ["a:1 b:2", /without spaces/],
  ["a:1,b:2", /not a list/],
  ["tcp://127.0.0.1:6001", /without a scheme/],
  ["127.0.0.1:6001/", /a port from/],
  ["127.0.0.256:6001", /four numbers/],
  ["127.0.0:6001", /four numbers/],
  ["127.1:6001", /four numbers/],
  ["127.0.0.01:6001", /four numbers/],
  ["2130706433:6001", /four numbers/],
  ["0x7f000001:6001", /four numbers/],
  ["a.0x7f:6001", /four numbers/],
  ["1.2.3.4.5:6001", /four numbers/],
  ["1.2.3.4.:6001", /four numbers/],
  ["::1:6001", /needs brackets/],
  ["::1", /needs brackets/],
  ["2001:db8::5:6001", /needs brackets/],
  ["a:b:6001", /one colon/],
  ["[::1]", /a port after the brackets/],
  ["[::1]:", /a port from/],
  ["[::1]6001", /in brackets and a port/],
  ["[::1:6001", /in brackets and a port/],
  ["[[::1]]:6001", /in brackets|between the brackets/],
  ["[]:6001", /between the brackets/],
  ["[127.0.0.1]:6001", /between the brackets/],
  ["[localhost]:6001", /between the brackets/],
  ["[1::2::3]:6001", /between the brackets/],
  ["[12345::1]:6001", /between the brackets/],
  ["[fe80::1%]:6001", /name of a network interface/],
  ["[fe80::1%e th0]:6001", /without spaces/],
  ["::1]:6001", /one colon/],
  ["-a.example:6001", /host name/],
  ["a-.example:6001", /host name/],
  ["a..example:6001", /host name/],
  [".example:6001", /host name/],
  ["bücher.example:6001", /host name/],
  ["user@host:6001", /host name/],
  ["a\0b:6001", /host name/],
  [`${label63}a.example:6001`, /host name/],
  [`${name253}a:6001`, /host name/],
];

const problemOf = (text: string, use: AddressUse): string => {
  const parsed = parseAddress(text, use);
  return parsed.kind === "fault" ? parsed.problem : assert.fail(`${text} was accepted`);
};
const listen = (text: string): ReturnType<typeof parseAddress> => parseAddress(text, "listen");
const addressOf = (text: string): { host: string; port: number } => {
  const parsed = listen(text);
  return parsed.kind === "value" ? parsed.value : assert.fail(`${text}: ${parsed.problem}`);
};

describe("an address", () => {
  it("is read in every good form, in one canonical spelling", () => {
    for (const [text, expected] of GOOD) {
      assert.equal(formatAddress(addressOf(text)), expected, text);
      assert.deepEqual(parseAddress(text, "dial"), listen(text), text);
    }
  });

  it("is refused in every bad form, with what is allowed in one line", () => {
    for (const [text, expected] of BAD) {
      for (const use of ["listen", "dial"] as const) {
        assert.match(problemOf(text, use), expected, JSON.stringify(text));
        assert.doesNotMatch(problemOf(text, use), /\n/);
      }
    }
  });

  it("may have port 0 where one listens, and not where one dials", () => {
    assert.deepEqual(addressOf("127.0.0.1:0"), { host: "127.0.0.1", port: 0 });
    assert.match(problemOf("127.0.0.1:0", "dial"), /a port from 1 to 65535/);
  });

  it("survives being written and read again", () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 0, max: 65_535 }), (literal, port) => {
        const text = formatAddress({ host: literal, port });
        const first = listen(text);
        if (first.kind === "fault") return; // a domain whose last label is a number
        assert.deepEqual(listen(formatAddress(first.value)), first);
      }),
    );
  });

  it("never makes the parser throw, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        parseAddress(text, "listen");
        parseAddressList(text, "dial");
      }),
    );
  });
});

describe("a list of addresses", () => {
  const read = (text: string): unknown => {
    const parsed = parseAddressList(text, "dial");
    return parsed.kind === "value" ? parsed.value.map(formatAddress) : parsed.problem;
  };

  it("is one address, or several with commas between, or empty", () => {
    assert.deepEqual(read("a:1"), ["a:1"]);
    assert.deepEqual(read("a:1, [::1]:2 ,b:3"), ["a:1", "[::1]:2", "b:3"]);
    assert.deepEqual(read(""), []);
    assert.deepEqual(read("  "), []);
  });

  it("holds an address once, however it is spelled", () => {
    assert.deepEqual(read("[::1]:1, A:1, [0::1]:1, a:1"), ["[::1]:1", "a:1"]);
  });

  it("names every entry at fault", () => {
    const problem = String(read("a:1, b, ,c:0"));
    assert.match(problem, /^b: a port after the host.*; an empty entry: .*; c:0: a port from 1/);
  });
});

describe("what an address means", () => {
  it("tells loopback, which no other machine can reach", () => {
    const loopback = ["127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost"];
    const others = ["0.0.0.0", "::", "10.0.0.1", "fe80::1%lo", "localhost.example", "128.0.0.1"];
    assert.deepEqual(loopback.filter(isLoopbackHost), loopback);
    assert.deepEqual(others.filter(isLoopbackHost), []);
  });

  it("tells wildcards, which nobody can dial", () => {
    assert.deepEqual(["0.0.0.0", "::", "::1", "127.0.0.1", "a"].filter(isWildcardHost), [
      "0.0.0.0",
      "::",
    ]);
  });

  it("is served by a listener only if that is certain without a resolver", () => {
    const served = (address: string, listener: string): boolean =>
      isServedBy(addressOf(address), addressOf(listener));
    assert.equal(served("127.0.0.1:6001", "127.0.0.1:6001"), true);
    assert.equal(served("P2PSEC.example:6001", "p2psec.example:6001"), true);
    assert.equal(served("127.0.0.1:6001", "0.0.0.0:6001"), true);
    assert.equal(served("127.0.0.1:6001", "[::]:6001"), true);
    assert.equal(served("[::1]:6001", "[::]:6001"), true);
    assert.equal(served("localhost:6001", "[::]:6001"), true);
    assert.equal(served("0.0.0.0:6001", "0.0.0.0:6001"), true);

    assert.equal(served("127.0.0.1:6002", "127.0.0.1:6001"), false);
    assert.equal(served("127.0.0.2:6001", "127.0.0.1:6001"), false);
    assert.equal(served("localhost:6001", "127.0.0.1:6001"), false);
    assert.equal(served("[::1]:6001", "0.0.0.0:6001"), false);
    assert.equal(served("localhost:6001", "0.0.0.0:6001"), false);
    assert.equal(served("10.0.0.1:6001", "0.0.0.0:6001"), false);
    assert.equal(served("127.0.0.1:0", "127.0.0.1:0"), false);
  });
});
