import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mayTravel, overlayGroup, scopeOfHost } from "../../src/core/address-scope.ts";
import type { AddressScope } from "../../src/core/address-scope.ts";
import { parseIpRange } from "../../src/core/ip-address.ts";

describe("[protocol §6.5] the scope of an address", () => {
  const hosts: Readonly<Record<AddressScope, readonly string[]>> = {
    loopback: ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"],
    private: [
      "10.0.0.0",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "169.254.9.9",
      "fd00::1",
      "fe80::1%eth0",
    ],
    public: ["172.32.0.1", "192.169.0.1", "11.0.0.1", "2001:db8::1", "peer.example"],
    unusable: [
      "0.0.0.0",
      "0.255.0.1",
      "224.0.0.1",
      "240.0.0.1",
      "255.255.255.255",
      "::",
      "ff02::1",
    ],
  };
  for (const [scope, list] of Object.entries(hosts)) {
    it(`is ${scope} for ${list.join(", ")}`, () => {
      assert.deepEqual(
        list.map(scopeOfHost),
        list.map(() => scope),
      );
    });
  }

  it("decides over which links it may travel", () => {
    const scopes = ["loopback", "private", "public", "unusable"] as const;
    const legal = scopes.flatMap((address) =>
      scopes.filter((link) => mayTravel(address, link)).map((link) => `${address} over ${link}`),
    );
    assert.deepEqual(legal, [
      "loopback over loopback",
      "private over loopback",
      "private over private",
      "public over loopback",
      "public over private",
      "public over public",
      "public over unusable",
    ]);
  });
});

describe("[protocol §3.5, §7.1] the group of an address", () => {
  const local = ["10.0.0.0/8"].flatMap((text) => parseIpRange(text) ?? []);
  const group = (host: string, port = 1): string => overlayGroup(host, port, local);

  it("is the /16 or the IPv6 /32", () => {
    assert.equal(group("20.1.2.3"), group("20.1.9.9", 2));
    assert.notEqual(group("20.1.2.3"), group("20.2.2.3"));
    assert.equal(group("2001:db8::1"), group("2001:db8:9::1"));
    assert.notEqual(group("2001:db8::1"), group("2001:db9::1"));
  });

  it("is the address itself, with its port, in local_ranges and for host names", () => {
    assert.notEqual(group("10.0.0.1", 1), group("10.0.0.1", 2));
    assert.notEqual(group("a.example", 1), group("a.example", 2));
  });
});
