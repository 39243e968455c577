import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatIpAddress,
  groupKey,
  hostKey,
  isInRange,
  parseIpAddress,
  parseIpRange,
} from "../../src/core/ip-address.ts";

/** Literal and its canonical form. */
const GOOD: readonly (readonly [string, string])[] = [
  ["0.0.0.0", "0.0.0.0"],
  ["127.0.0.1", "127.0.0.1"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["fe80::1%eth0", "fe80::1"],
  ["2001:DB8::A", "2001:db8::a"],
  ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::FFFF:0a01:0203", "10.1.2.3"],
  ["0:0:0:0:0:ffff:7f00:1", "127.0.0.1"],
  ["::10.1.2.3", "::a01:203"],
  ["::fffe:10.1.2.3", "::fffe:a01:203"],
];

const BAD: readonly string[] = [
  "",
  "localhost",
  "1.2.3",
  "1.2.3.4.5",
  "256.1.1.1",
  "01.2.3.4",
  "1.2.3.-4",
  "1.2.3.4 ",
  "1.2.3.x",
  "0x7f.0.0.1",
  ":",
  ":::",
  "1:::2",
  "1::2::3",
  ":1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4::5:6:7:8",
  "12345::",
  "g::1",
  "1.2.3.4::",
  "1.2.3.4::1",
  "1:1.2.3.4:2:3:4:5:6",
  "::1.2.3",
  "::1.2.3.400",
  "[::1]",
  "::1/128",
];

describe("an IP literal", () => {
  for (const [literal, canonical] of GOOD) {
    it(`${literal} is ${canonical}`, () => {
      const address = parseIpAddress(literal);
      assert.ok(address !== undefined);
      assert.equal(formatIpAddress(address), canonical);
      assert.deepEqual(parseIpAddress(canonical), address);
    });
  }

  for (const literal of BAD) {
    it(`"${literal}" is none`, () => {
      assert.equal(parseIpAddress(literal), undefined);
    });
  }
});

const isIn = (literal: string, range: string): boolean => {
  const [address, parsed] = [parseIpAddress(literal), parseIpRange(range)];
  assert.ok(address !== undefined && parsed !== undefined);
  return isInRange(address, parsed);
};

describe("a range of addresses", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["127.0.0.0/8", "127.255.255.255", true],
    ["127.0.0.0/8", "128.0.0.0", false],
    ["172.16.0.0/12", "172.31.255.255", true],
    ["172.16.0.0/12", "172.32.0.0", false],
    ["192.168.0.0/16", "192.168.9.9", true],
    ["192.168.0.0/16", "192.169.0.0", false],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.3", "10.1.2.4", false],
    ["10.1.2.3/32", "10.1.2.3", true],
    ["10.1.2.2/31", "10.1.2.3", true],
    ["10.1.2.2/31", "10.1.2.4", false],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "203.0.113.9", false],
    ["fc00::/7", "fdff::1", true],
    ["fc00::/7", "fe00::1", false],
    ["fe80::/10", "febf::1", true],
    ["fe80::/10", "fec0::1", false],
    ["::1/128", "::1", true],
    ["::1/128", "::2", false],
    ["127.0.0.0/8", "::ffff:127.0.0.1", true],
    ["::ffff:10.0.0.0/104", "10.9.9.9", true],
    ["::ffff:10.0.0.0/104", "11.0.0.0", false],
  ];
  for (const [range, literal, expected] of cases) {
    it(`${range} ${expected ? "holds" : "does not hold"} ${literal}`, () => {
      assert.equal(isIn(literal, range), expected);
    });
  }

  const none = ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8/8", "/8", "x/8"];
  for (const text of [...none, "10.0.0.0/-1", "10.0.0.0/8.5", "::ffff:10.0.0.0/8"]) {
    it(`"${text}" is none`, () => {
      assert.equal(parseIpRange(text), undefined);
    });
  }
});

describe("[protocol §3.5] what counts as one host and as one group", () => {
  const keys = (literal: string): [string, string] => {
    const address = parseIpAddress(literal);
    assert.ok(address !== undefined);
    return [hostKey(address), groupKey(address)];
  };

  it("an IPv4 host is its address, its group the /16", () => {
    assert.notEqual(keys("203.0.113.1")[0], keys("203.0.113.2")[0]);
    assert.equal(keys("203.0.113.1")[1], keys("203.0.9.9")[1]);
    assert.notEqual(keys("203.0.113.1")[1], keys("203.1.113.1")[1]);
  });

  it("an IPv6 host is its /64, its group the /32", () => {
    assert.equal(keys("2001:db8:1:2::1")[0], keys("2001:db8:1:2:ffff::")[0]);
    assert.notEqual(keys("2001:db8:1:2::1")[0], keys("2001:db8:1:3::1")[0]);
    assert.equal(keys("2001:db8:1::")[1], keys("2001:db8:ffff::")[1]);
    assert.notEqual(keys("2001:db8::")[1], keys("2001:db9::")[1]);
  });

  it("an IPv4-mapped address is the IPv4 host", () => {
    assert.deepEqual(keys("::ffff:203.0.113.1"), keys("203.0.113.1"));
  });

  it("IPv4 and IPv6 never share one", () => {
    assert.notEqual(keys("32.1.13.184")[1], keys("2001:db8::")[1]);
  });
});
