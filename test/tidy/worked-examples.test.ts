import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { leadingZeroBits } from "../../src/core/proof.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { decodeOne } from "../wire/reading.ts";

/** Seen from `dist/test/tidy`, where the compiled tests run. */
const PROTOCOL = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
const EXAMPLES = PROTOCOL.slice(PROTOCOL.indexOf("## 8 "), PROTOCOL.indexOf("## 9 "));

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

describe("the worked examples of docs/protocol.md", () => {
  it("give two proofs of 24 bits, with their hashes", () => {
    const proofs = [...EXAMPLES.matchAll(/SHA-256\((\w{16}) (\w{16})\)\n {2}= (\w{64})/g)];
    assert.equal(proofs.length, 2);
    for (const [, challenge = "", nonce = "", digest = ""] of proofs) {
      const hash = sha256(bytesOf(challenge + nonce));
      assert.equal(hash.toString("hex"), digest);
      assert.ok(leadingZeroBits(hash.toString("latin1")) >= 24);
    }
  });

  it("give the marker of the challenge", () => {
    const [, marker] = /SHA-256\("vg1" ‖ challenge\) begins with `(\w{8})`/.exec(EXAMPLES) ?? [];
    const marked = Buffer.concat([Buffer.from("vg1"), bytesOf("0123456789abcdef")]);
    assert.equal(sha256(marked).toString("hex").slice(0, 8), marker);
    assert.ok(EXAMPLES.includes(`SHA-256(0123456789abcdef ${marker}`));
  });

  it("give whole frames that mean what they say", () => {
    const spelled = [...EXAMPLES.matchAll(/`(00[\da-f]{2} ?01f[\da-f][\da-f ]*)`/g)];
    const frames = spelled.map(([, hex = ""]) => bytesOf(hex.replaceAll(" ", "")));
    const messages = frames.map((frame) => decodeOne(frame));
    assert.deepEqual(
      messages.map(({ type }) => type),
      [504, 505, 506, 501, 507, 502, 503, 507],
    );
    for (const [at, message] of messages.entries()) {
      assert.deepEqual(encodeFrame(message), frames[at]);
    }
  });

  it("give the key of the item", () => {
    const digest = sha256(bytesOf("deadbeef")).toString("hex").slice(0, 32);
    assert.ok(EXAMPLES.includes(`\`0539 1234 ${digest}\``));
  });
});
