import { setTimeout as pause } from "node:timers/promises";
import type { Case, CaseGroup } from "../case.ts";
import { announce, API_DATA_BYTES_MAX, frame, header, Num } from "../frames.ts";
import type { Stage } from "../stage.ts";

/** A connection that sends this is closed, without any answer, and nobody else notices. */
function closes(what: string, bytes: () => Buffer, clause = "§1.3"): Case {
  return {
    name: `${what} closes the connection, and only that one`,
    clause,
    async run(stage) {
      const bystander = await stage.subscriber();
      const guilty = await stage.connect();
      guilty.send(bytes());
      await guilty.expectClosed();
      const data = stage.data("others go on");
      await (await stage.speaker()).announce(stage.dataType, data);
      await bystander.expectAndAccept(stage.dataType, data, "what is announced afterwards");
    },
  };
}

const tooSmall: readonly Case[] = [0, 1, 2, 3].map((size) =>
  closes(`an ANNOUNCE with size ${size}`, () => header(size, Num.announce)),
);

const wrongSizes: readonly Case[] = [
  closes("a NOTIFY with size 4", () => header(4, Num.notify)),
  closes("a NOTIFY with size 7", () => frame(Num.notify, Buffer.alloc(3))),
  closes("a NOTIFY with size 9", () => frame(Num.notify, Buffer.alloc(5))),
  closes("a NOTIFY with size 65,535, judged by its header alone,", () =>
    header(65_535, Num.notify),
  ),
  closes("a VALIDATION with size 7", () => frame(Num.validation, Buffer.alloc(3))),
  closes("a VALIDATION with size 9", () => frame(Num.validation, Buffer.alloc(5))),
  closes("an ANNOUNCE with size 4", () => header(4, Num.announce)),
  closes("an ANNOUNCE with size 7", () => frame(Num.announce, Buffer.alloc(3))),
];

const wrongTypes: readonly Case[] = [
  closes("type 0", () => frame(0, Buffer.alloc(4))),
  closes("type 499", () => frame(499, Buffer.alloc(4))),
  closes("type 520, of another module,", () => frame(520, Buffer.alloc(4))),
  closes("type 65,535", () => frame(65_535, Buffer.alloc(4))),
  closes("an unknown type, judged by its header alone,", () => header(60_000, 600)),
  closes("a NOTIFICATION sent by a module", () => frame(Num.notification, Buffer.alloc(8))),
  closes("an INIT at the API", () => frame(Num.init, Buffer.alloc(8))),
  closes("a VERIFY at the API", () => frame(Num.verify, Buffer.alloc(8))),
  closes("an OK at the API", () => frame(Num.ok)),
  closes("an ANNOUNCE between peers at the API", () => frame(Num.item, Buffer.alloc(8))),
];

const strangers: readonly Case[] = [
  closes("a request in HTTP", () => Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
  closes("a line of text", () => Buffer.from("hello gossip, are you there?\n")),
  closes("a TLS handshake", () => Buffer.from("16030100a5010000a10303", "hex")),
  closes("a kilobyte of zeros", () => Buffer.alloc(1_024)),
  closes("a kilobyte of 0xff", () => Buffer.alloc(1_024, 0xff)),
];

/** An announcement of this much data is legal as a frame, but does not fit between peers. */
async function expectTooLargeRefused(stage: Stage, bytes: number): Promise<void> {
  const hearer = await stage.subscriber();
  const speaker = await stage.speaker();
  await speaker.announce(stage.dataType, Buffer.alloc(bytes, 0x61));
  await speaker.connection.expectOpen("the connection stays open", stage.graceMs);
  const data = stage.data("after it");
  await speaker.announce(stage.dataType, data);
  await hearer.expectAndAccept(
    stage.dataType,
    data,
    "the next announcement, and not the large one",
  );
}

const LARGE_TRAVELS = "the official mockup has no peers, so nothing is too large for it";
const SLOW_FRAME_WAIT_MS = 9_000;
const SLOW_FRAME_PATIENCE_MS = 4_000;

const edges: readonly Case[] = [
  {
    name: "an ANNOUNCE of 65,524 bytes of data is refused, the connection stays",
    clause: "§2.1",
    official: { mismatch: "wrongBytes", words: LARGE_TRAVELS },
    run: (stage) => expectTooLargeRefused(stage, 65_524),
  },
  {
    name: "an ANNOUNCE of 65,527 bytes of data, size 0xffff, is refused, the connection stays",
    clause: "§2.1",
    official: { mismatch: "wrongBytes", words: LARGE_TRAVELS },
    run: (stage) => expectTooLargeRefused(stage, API_DATA_BYTES_MAX),
  },
  {
    name: "one byte and then the end harm nobody",
    clause: "§2.5a",
    async run(stage) {
      for (const count of [1, 2, 3]) {
        const brief = await stage.connect();
        brief.send(header(8, Num.notify).subarray(0, count));
        brief.finish();
        await brief.expectClosed();
      }
      await stage.expectOthersServed();
    },
  },
  {
    name: "a reset in the middle of a message harms nobody",
    clause: "§1.3",
    async run(stage) {
      for (let round = 0; round < 10; round++) {
        const cut = await stage.connect();
        cut.send(announce(stage.dataType, Buffer.alloc(1_000)).subarray(0, 500));
        await pause(1);
        cut.reset();
      }
      await stage.expectOthersServed();
    },
  },
  {
    name: "a message that stays unfinished for 10 s closes its connection",
    clause: "§1.3",
    role: "background",
    async run(stage) {
      const slow = await stage.connect();
      slow.send(announce(stage.dataType, Buffer.alloc(1_000)).subarray(0, 500));
      await slow.expectOpen("the connection is still open after 9 s", SLOW_FRAME_WAIT_MS);
      await slow.expectClosed(SLOW_FRAME_PATIENCE_MS);
    },
  },
];

export const apiMalformed: CaseGroup = {
  title: "API: malformed messages",
  side: "api",
  cases: [...tooSmall, ...wrongSizes, ...wrongTypes, ...strangers, ...edges],
};
