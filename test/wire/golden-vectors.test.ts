import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeFrame } from "../../src/wire/message.ts";
import { MessageType } from "../../src/wire/message-type.ts";
import { decodeOne } from "./reading.ts";
import { bytesOf, fieldsOf, hexOf, messageOf, vectors } from "./vectors.ts";

describe("golden byte vectors", () => {
  it("cover every message type, under its number", () => {
    assert.deepEqual(
      new Map(vectors.map((vector) => [vector.message, vector.number])),
      new Map(Object.entries(MessageType)),
    );
  });

  for (const vector of vectors) {
    const name = `${vector.message}, ${vector.about}`;

    it(`${name}: the fields encode to these bytes`, () => {
      const message = messageOf(vector);
      assert.equal(hexOf(encodeFrame(message)), vector.hex);
      assert.equal(message.frameBytes, vector.hex.length / 2);
      assert.equal(message.type, vector.number);
      assert.equal(message.kind, vector.message);
    });

    it(`${name}: the bytes decode to these fields`, () => {
      const message = decodeOne(bytesOf(vector.hex));
      assert.equal(message.kind, vector.message);
      assert.deepEqual(fieldsOf(message), vector.fields);
    });

    if (vector.alsoReceived !== undefined) {
      const received = vector.alsoReceived;
      it(`${name}: reserved bits are ignored on receipt and zero when sent again`, () => {
        const message = decodeOne(bytesOf(received));
        assert.deepEqual(fieldsOf(message), vector.fields);
        assert.equal(hexOf(encodeFrame(message)), vector.hex);
      });
    }
  }
});
