import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrameReader } from "../../src/wire/frame.ts";
import { encodeFrame } from "../../src/wire/message.ts";
import { Hello } from "../../src/wire/p2p/hello.ts";
import { Peers } from "../../src/wire/p2p/peers.ts";
import type { PeerRecord } from "../../src/wire/p2p/peers.ts";
import { Ping } from "../../src/wire/p2p/ping.ts";
import { describeWireFault } from "../../src/wire/wire-fault.ts";
import { anyType, decodeAny } from "./reading.ts";
import { bytesOf, fieldsOf } from "./vectors.ts";
import type { AnyMessage } from "./vectors.ts";

const CHALLENGE = bytesOf("0123456789abcdef");

/** A frame of that type around a body in hexadecimal. */
function decoded(type: number, body: string): AnyMessage | string {
  const size = 4 + body.length / 2;
  const frame = bytesOf(`${hex16(size)}${hex16(type)}${body}`);
  const reader = new FrameReader();
  reader.push(frame);
  const next = reader.next(anyType);
  assert.ok(next?.kind === "frame", JSON.stringify(next));
  const message = decodeAny(next);
  if (message.kind !== "fault") return message;
  assert.equal(message.fault.kind, "badContent");
  return describeWireFault(message.fault);
}

const hex16 = (value: number): string => value.toString(16).padStart(4, "0");

const FIXED = "0101177100000000" + "0123456789abcdef";

describe("[protocol §6.3] HELLO", () => {
  it("may hold TLVs of any type, which are skipped", () => {
    for (const tlvs of [
      "0000",
      "ff00",
      "0103abcdef",
      "0000" + "7f01aa" + "2a00",
      `01ff${"ab".repeat(255)}`,
    ]) {
      const message = decoded(508, FIXED + tlvs);
      assert.ok(typeof message !== "string", tlvs);
      assert.deepEqual(fieldsOf(message), {
        version: 1,
        inbound: "accepted",
        peerExchange: "offered",
        listenPort: 6001,
        features: 0,
        challenge: "0123456789abcdef",
      });
    }
  });

  it("whose TLVs do not end with the frame is a fault", () => {
    assert.equal(decoded(508, `${FIXED}01`), "message type 508: a lone byte behind the last TLV");
    assert.equal(
      decoded(508, `${FIXED}0102ab`),
      "message type 508: TLV 1 says 2 bytes, 1 are left",
    );
    assert.equal(
      decoded(508, `${FIXED}000005`),
      "message type 508: a lone byte behind the last TLV",
    );
  });

  it("of whatever bytes is a message or a fault, and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 400 }), (body) => {
        decoded(508, Buffer.from(body).toString("hex"));
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses fields that do not fit, naming them", () => {
    const fields = {
      inbound: "none",
      peerExchange: "offered",
      listenPort: 0,
      challenge: CHALLENGE,
    } as const;
    assert.throws(() => new Hello({ ...fields, version: 256 }), /version/);
    assert.throws(() => new Hello({ ...fields, listenPort: 65_536 }), /listen port/);
    assert.throws(() => new Hello({ ...fields, features: 2 ** 32 }), /features/);
    assert.throws(() => new Hello({ ...fields, challenge: new Uint8Array(7) }), /challenge/);
  });
});

describe("[protocol §6.4] PING", () => {
  it("is an answer by its lowest flag alone", () => {
    for (const [flags, role] of [
      ["00", "ask"],
      ["01", "answer"],
      ["fe", "ask"],
      ["ff", "answer"],
    ] as const) {
      const message = decoded(510, `${flags}ffffff0123456789abcdef`);
      assert.ok(typeof message !== "string");
      assert.deepEqual(fieldsOf(message), { role, token: "0123456789abcdef" });
    }
  });

  it("needs a token of 8 bytes", () => {
    assert.throws(() => new Ping("ask", new Uint8Array(9)), /token/);
  });
});

describe("[protocol §6.5] PEERS", () => {
  const record4 = "04000001cb00710700000258";
  const record6 = "0600000120010db800000000000000000000000700000258";

  it("with a size that disagrees with its count is a fault", () => {
    for (const [body, detail] of [
      ["01010000", "a record is cut off"],
      [`01010000${record4.slice(0, -2)}`, "a record is cut off"],
      [`01010000${record6.slice(0, -2)}`, "a record is cut off"],
      [`01020000${record4}`, "a record is cut off"],
      [`01000000${record4}`, "12 bytes behind the last record"],
      [`01010000${record4}00`, "1 bytes behind the last record"],
      [`00000000${record4}`, "12 bytes behind the last record"],
    ] as const) {
      assert.equal(decoded(511, body), `message type 511: ${detail}`);
    }
  });

  it("with an unknown family or subtype is a fault", () => {
    for (const family of ["00", "05", "07", "ff"]) {
      assert.equal(
        decoded(511, `01010000${family}${record4.slice(2)}`),
        `message type 511: unknown address family ${Number.parseInt(family, 16)}`,
      );
    }
    assert.equal(decoded(511, "02000000"), "message type 511: unknown subtype 2");
  });

  it("holds at most 32 records, and a request none", () => {
    const full = decoded(511, `01200000${record4.repeat(32)}`);
    assert.ok(typeof full !== "string" && full.kind === "peers");
    assert.equal(full.records.length, 32);
    assert.equal(
      decoded(511, `01210000${record4.repeat(33)}`),
      "message type 511: 33 records, at most 32 are legal",
    );
    assert.equal(
      decoded(511, `00010000${record4}`),
      "message type 511: 1 records, at most 0 are legal",
    );
  });

  it("of whatever bytes is a message or a fault, and never throws", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("00", "01", "02"),
        fc.nat(40),
        fc.array(fc.constantFrom(record4, record6, "04", "00", "06ffff"), { maxLength: 40 }),
        (subtype, count, parts) => {
          const message = decoded(
            511,
            `${subtype}${count.toString(16).padStart(2, "0")}0000${parts.join("")}`,
          );
          if (typeof message !== "string") {
            assert.equal(encodeFrame(message).length, message.frameBytes);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("refuses what does not fit into a record", () => {
    const record: PeerRecord = { address: new Uint8Array(4), port: 1, ageSeconds: 1 };
    for (const wrong of [
      { ...record, address: new Uint8Array(5) },
      { ...record, address: new Uint8Array(0) },
      { ...record, port: 65_536 },
      { ...record, ageSeconds: -1 },
      { ...record, ageSeconds: 2 ** 32 },
    ]) {
      assert.throws(() => new Peers("list", [wrong]), RangeError);
    }
    assert.throws(() => new Peers("get", [record]), /number of records/);
    assert.throws(() => new Peers("list", Array<PeerRecord>(33).fill(record)), /number of records/);
  });
});
