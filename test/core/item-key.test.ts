import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fillItemKey, formatItemKey, ITEM_KEY_WORDS } from "../../src/core/item-key.ts";
import { bytesOf, sha256 } from "../support/core-harness.ts";

const keyOf = (dataType: number, messageId: number, text: string): string => {
  const key = new Int32Array(ITEM_KEY_WORDS);
  fillItemKey(key, dataType, messageId, bytesOf(text), sha256);
  return formatItemKey(key);
};

describe("[protocol §4.1] the key of an item", () => {
  it("is data type, message id and the first 16 bytes of SHA-256 of the data", () => {
    // SHA-256("") begins with e3b0c44298fc1c149afbf4c8996fb924.
    assert.equal(keyOf(0x1234, 0xfedc, ""), "1234fedce3b0c44298fc1c149afbf4c8996fb924");
  });

  it("differs with type, id and data", () => {
    const keys = [keyOf(1, 1, "a"), keyOf(2, 1, "a"), keyOf(1, 2, "a"), keyOf(1, 1, "b")];
    assert.equal(new Set(keys).size, 4);
  });
});
