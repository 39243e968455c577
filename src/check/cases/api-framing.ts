import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { Case, CaseGroup } from "../case.ts";
import { announce, notify, validation, type Frame } from "../frames.ts";
import { Mismatch, shownBytes } from "../mismatch.ts";
import type { ModuleClient } from "../module-client.ts";
import { expectThat, type Stage } from "../stage.ts";

/** Long enough that two pieces do not arrive as one read. */
const PIECE_GAP_MS = 15;

const LOSES_GLUED =
  "the official mockup takes one read for one message and hangs up when two arrive together";

/** Sends the pieces one after the other and expects the data at another subscriber. */
async function expectFromPieces(
  stage: Stage,
  data: Buffer,
  pieces: (announcement: Frame) => readonly Buffer[],
  gap: () => Promise<unknown> = () => pause(PIECE_GAP_MS),
): Promise<void> {
  const hearer = await stage.subscriber();
  const speaker = await stage.module();
  await speaker.subscribe(stage.dataType);
  for (const piece of pieces(announce(stage.dataType, data))) {
    speaker.send(piece);
    await gap();
  }
  await hearer.expectAndAccept(stage.dataType, data, "an announcement that came in pieces");
}

function splitAt(at: number, where: string): Case {
  return {
    name: `an ANNOUNCE split ${where} is one message`,
    clause: "§1.2",
    run: (stage) =>
      expectFromPieces(stage, stage.data("split"), (frame) => [
        frame.subarray(0, at),
        frame.subarray(at),
      ]),
  };
}

/** Announces this data and expects it at another subscriber, bit by bit. */
function carries(what: string, data: () => Buffer): Case {
  return {
    name: `data of ${what} arrives as it was sent`,
    clause: "§1.1",
    async run(stage) {
      const hearer = await stage.subscriber();
      const speaker = await stage.speaker();
      const bytes = data();
      await speaker.announce(stage.dataType, bytes, 200);
      await hearer.expectAndAccept(stage.dataType, bytes, what);
    },
  };
}

const pattern = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 31 + length) & 0xff));

/** Whoever hangs up on the speaker has not just lost a message: that is what counts then. */
async function orHungUp(speaker: ModuleClient, hearing: Promise<void>): Promise<void> {
  try {
    await hearing;
  } catch (error) {
    if (speaker.connection.isOpen) throw error;
    throw new Mismatch("closed", "both messages are carried out", "the connection is closed");
  }
}

function gluedAnnouncements(words: string, count: number): Case {
  return {
    name: `${words} ANNOUNCEs in one segment are ${words} messages`,
    clause: "§1.2",
    official: { mismatch: "closed", words: LOSES_GLUED },
    async run(stage) {
      const hearer = await stage.subscriber();
      const speaker = await stage.module();
      await speaker.subscribe(stage.dataType);
      const said = Array.from({ length: count }, (_, at) => stage.data(`glued ${at}`));
      speaker.send(Buffer.concat(said.map((data) => announce(stage.dataType, data))));
      for (const [at, data] of said.entries()) {
        const what = `number ${at + 1} of ${count} in one segment`;
        await orHungUp(speaker, hearer.expectAndAccept(stage.dataType, data, what));
      }
    },
  };
}

/** The examples of the course's own client. */
const GOLDEN_TYPE = 1337;
const GOLDEN_DATA = Buffer.from("deadbeef", "hex");

const golden: Case = {
  name: "a NOTIFICATION has exactly the bytes of the specification, its size counts the header",
  clause: "§1.4",
  async run(stage) {
    const hearer = await stage.subscriber(GOLDEN_TYPE);
    const speaker = await stage.speaker(GOLDEN_TYPE);
    speaker.send(Buffer.from("000c01f404000539deadbeef", "hex"));
    const expected = "000c01f6 (id) 0539deadbeef";
    const bytes = await hearer.connection.next(expected);
    const shape = `${bytes.toString("hex", 0, 4)} (id) ${bytes.toString("hex", 6)}`;
    expectThat(shape === expected, expected, shownBytes(bytes));
    hearer.send(validation(bytes.readUInt16BE(4), 1));
    await speaker.announce(GOLDEN_TYPE, Buffer.concat([GOLDEN_DATA, GOLDEN_DATA]));
    const next = await hearer.next("8 bytes of data");
    expectThat(next.data.length === 8, "8 bytes of data", shownBytes(next.data));
    hearer.accept(next);
  },
};

const glued: readonly Case[] = [
  {
    name: "NOTIFY and ANNOUNCE in one segment are two messages",
    clause: "§1.2",
    official: { mismatch: "closed", words: LOSES_GLUED },
    async run(stage) {
      const hearer = await stage.subscriber();
      const both = await stage.module();
      const data = stage.data("behind NOTIFY");
      both.send(Buffer.concat([notify(stage.dataType), announce(stage.dataType, data)]));
      const what = "the ANNOUNCE behind NOTIFY";
      await orHungUp(both, hearer.expectAndAccept(stage.dataType, data, what));
      await both.connection.expectOpen("the connection stays open", stage.graceMs);
      const answer = stage.data("to the one that said both");
      await (await stage.speaker()).announce(stage.dataType, answer);
      await both.expectAndAccept(stage.dataType, answer, "what it subscribed to in that segment");
    },
  },
  gluedAnnouncements("two", 2),
  gluedAnnouncements("twenty", 20),
  {
    name: "a message and a half in one segment, and the other half later, are two messages",
    clause: "§1.2",
    run: async (stage) => {
      const hearer = await stage.subscriber();
      const speaker = await stage.module();
      await speaker.subscribe(stage.dataType);
      const said = [stage.data("whole"), stage.data("half")];
      const stream = Buffer.concat(said.map((data) => announce(stage.dataType, data)));
      speaker.send(stream.subarray(0, stream.length - 11));
      await pause(PIECE_GAP_MS);
      speaker.send(stream.subarray(stream.length - 11));
      for (const data of said)
        await hearer.expectAndAccept(stage.dataType, data, "each of the two");
    },
  },
];

const pieces: readonly Case[] = [
  splitAt(1, "inside its size"),
  splitAt(2, "between size and type"),
  splitAt(4, "behind its header"),
  splitAt(8, "before its data"),
  splitAt(13, "inside its data"),
  {
    name: "an ANNOUNCE that comes byte by byte is one message",
    clause: "§1.2",
    run: (stage) =>
      expectFromPieces(
        stage,
        Buffer.from("dribble"),
        (frame) => Array.from(frame, (byte) => Buffer.of(byte)),
        () => pause(2),
      ),
  },
  {
    name: "an ANNOUNCE of 40 KiB that comes in pieces of 7 bytes is one message",
    clause: "§1.2",
    run: (stage) =>
      expectFromPieces(
        stage,
        pattern(40 * 1_024),
        (frame) =>
          Array.from({ length: Math.ceil(frame.length / 7) }, (_, at) =>
            frame.subarray(at * 7, at * 7 + 7),
          ),
        () => nextTurn(),
      ),
  },
];

const contents: readonly Case[] = [
  carries("one byte", () => Buffer.of(0)),
  carries("255 bytes", () => pattern(255)),
  carries("256 bytes", () => pattern(256)),
  carries("1,084 bytes, as the course's NSE module sends", () => pattern(1_084)),
  carries("4,096 bytes", () => pattern(4_096)),
  carries("32,760 bytes, a size of 0x8000", () => pattern(32_760)),
  carries("65,523 bytes, the most that can travel", () => pattern(65_523)),
  carries("all 256 byte values", () => Buffer.from(Array.from({ length: 256 }, (_, at) => at))),
  carries("invalid UTF-8", () =>
    Buffer.from("c328a0a1e28281f0288cbcf8a1a1a1a1eda080fefffffe00c080", "hex"),
  ),
  carries("1,000 zero bytes", () => Buffer.alloc(1_000)),
  carries("something that looks like a frame", () =>
    Buffer.concat([announce(GOLDEN_TYPE, GOLDEN_DATA), notify(GOLDEN_TYPE)]),
  ),
  {
    name: "two large ANNOUNCEs back to back do not overwrite each other",
    clause: "§1.2",
    async run(stage) {
      const hearer = await stage.subscriber();
      const speaker = await stage.speaker();
      const said = [Buffer.alloc(30_000, "first "), Buffer.alloc(29_000, "second ")];
      for (const data of said) await speaker.announce(stage.dataType, data);
      for (const data of said) await hearer.expectAndAccept(stage.dataType, data, "each as sent");
    },
  },
];

export const apiFraming: CaseGroup = {
  title: "API: frames",
  side: "api",
  cases: [golden, ...contents, ...pieces, ...glued],
};
