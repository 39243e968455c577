import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { printable } from "../../src/cli/printable.ts";

const ofText = (text: string): string => printable(Buffer.from(text));

describe("data of strangers on a screen", () => {
  it("shows text as it is", () => {
    assert.equal(ofText("hello, wörld 漢字 🙂"), "hello, wörld 漢字 🙂");
  });

  it("keeps one item on one line", () => {
    assert.equal(ofText("a\nb\r\nc\td"), "a\\nb\\r\\nc\\td");
    assert.equal(ofText("a\u2028b"), "a\\u{2028}b");
  });

  it("leaves no doubt about what is an escape", () => {
    assert.equal(ofText("a\\nb"), "a\\\\nb");
  });

  it("disarms what would steer a terminal", () => {
    assert.equal(ofText("\u001b[31mred\u0007"), "\\u{1b}[31mred\\u{7}");
    assert.equal(ofText("\u009b31m"), "\\u{9b}31m");
  });

  it("disarms what would reverse the reading direction", () => {
    assert.equal(ofText("abc\u202edef"), "abc\\u{202e}def");
  });

  it("shows what is no text in hexadecimal, the beginning of it", () => {
    assert.equal(printable(Buffer.from("00ff10", "hex")), "hex 00 ff 10");
    assert.match(printable(Buffer.alloc(100)), /^hex( 00){32} \.\.\.$/);
  });

  it("shows the beginning of a long text", () => {
    assert.equal(ofText("🙂".repeat(401)), `${"🙂".repeat(400)}...`);
    assert.equal(ofText("🙂".repeat(400)), "🙂".repeat(400));
  });

  it("says when there is nothing", () => {
    assert.equal(ofText(""), "(empty)");
  });

  it("is one line without anything invisible, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        assert.doesNotMatch(printable(bytes), /[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
