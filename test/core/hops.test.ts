import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forwardedTtl, hopsLeft, hopsLeftAtSender } from "../../src/core/hops.ts";

describe("[protocol §4.5] TTL", () => {
  it("0 stays 0, 1 is never forwarded, n goes out as n - 1", () => {
    assert.equal(forwardedTtl(0), 0);
    assert.equal(forwardedTtl(1), undefined);
    for (let ttl = 2; ttl <= 255; ttl++) assert.equal(forwardedTtl(ttl), ttl - 1);
  });

  it("is never forwarded as more hops than it came with", () => {
    for (let ttl = 0; ttl <= 255; ttl++) {
      const forwarded = forwardedTtl(ttl);
      if (forwarded !== undefined) assert.ok(hopsLeft(forwarded) <= hopsLeft(ttl));
    }
  });
});

describe("[protocol §4.6] hops left", () => {
  it("count TTL 0 as 256, more than any other", () => {
    assert.equal(hopsLeft(0), 256);
    for (let ttl = 1; ttl <= 255; ttl++) assert.equal(hopsLeft(ttl), ttl);
  });

  it("of a sender are those of the copy that it forwards", () => {
    assert.equal(hopsLeftAtSender(0), 256);
    for (let ttl = 1; ttl <= 254; ttl++) {
      assert.equal(forwardedTtl(hopsLeftAtSender(ttl)), ttl);
    }
  });

  it("of a sender with a limit stay below those without", () => {
    assert.equal(hopsLeftAtSender(255), 255);
  });
});
