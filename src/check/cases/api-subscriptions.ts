import { setTimeout as pause } from "node:timers/promises";
import type { Case, CaseGroup } from "../case.ts";
import { announce, notify } from "../frames.ts";
import type { ModuleClient } from "../module-client.ts";
import { expectThat, type Stage } from "../stage.ts";

const WANTS_SUBSCRIPTION =
  "the official mockup hangs up on whoever announces a type it has not subscribed to";
const WANTS_DATA = "the official mockup hangs up on an ANNOUNCE without data";

/** For the module to notice who is gone. */
const LEAVING_MS = 30;

/** Data that an announcer may be hung up on for, and which another module then misses. */
async function expectHeard(stage: Stage, announcer: ModuleClient, data: Buffer): Promise<void> {
  const hearer = await stage.subscriber();
  announcer.send(announce(stage.dataType, data));
  await announcer.connection.expectOpen("the connection stays open", stage.graceMs);
  await hearer.expectAndAccept(stage.dataType, data, "what was announced");
}

const announcing: readonly Case[] = [
  {
    name: "whoever announces need not have subscribed to the type",
    clause: "§2.1",
    official: { mismatch: "closed", words: WANTS_SUBSCRIPTION },
    run: async (stage) => expectHeard(stage, await stage.module(), stage.data("unsubscribed")),
  },
  {
    name: "an ANNOUNCE without data is legal",
    clause: "§2.1",
    official: { mismatch: "closed", words: WANTS_DATA },
    async run(stage) {
      const announcer = await stage.module();
      await announcer.subscribe(stage.dataType);
      await expectHeard(stage, announcer, Buffer.alloc(0));
    },
  },
  {
    name: "an ANNOUNCE has no answer",
    clause: "§2.1",
    async run(stage) {
      const announcer = await stage.module();
      await announcer.subscribe(stage.dataType);
      await announcer.announce(stage.dataType, stage.data("no answer"), 1);
      await announcer.connection.expectNone("nothing at the announcer", stage.graceMs);
      await announcer.connection.expectOpen("the connection stays open", 0);
    },
  },
  {
    name: "an announcement of a type nobody subscribed to harms nobody",
    clause: "§2.1",
    async run(stage) {
      const speaker = await stage.speaker();
      for (let at = 0; at < 5; at++) await speaker.announce(stage.dataType, stage.data("unheard"));
      await stage.expectOthersServed();
    },
  },
  {
    name: "the end of the stream right behind an ANNOUNCE does not undo it",
    clause: "§2.5a",
    async run(stage) {
      const hearer = await stage.subscriber();
      for (let round = 0; round < 5; round++) {
        const brief = await stage.module();
        const data = stage.data("last words");
        await brief.subscribe(stage.dataType);
        brief.send(announce(stage.dataType, data, 2));
        brief.connection.finish();
        await hearer.expectAndAccept(stage.dataType, data, "an ANNOUNCE with the end behind it");
      }
    },
  },
  ...[0, 1, 2, 128, 255].map((ttl): Case => ({
    name: `an announcement with TTL ${ttl} reaches the other modules of the host`,
    clause: "§4.4",
    async run(stage) {
      const hearer = await stage.subscriber();
      const data = stage.data(`TTL ${ttl}`);
      await (await stage.speaker()).announce(stage.dataType, data, ttl);
      await hearer.expectAndAccept(stage.dataType, data, `an announcement with TTL ${ttl}`);
    },
  })),
  {
    name: "reserved bits of NOTIFY and ANNOUNCE are not looked at",
    clause: "§1.1",
    async run(stage) {
      const hearer = await stage.module();
      hearer.send(notify(stage.dataType, 0xffff));
      await stage.confirm(hearer);
      const data = stage.data("reserved");
      (await stage.speaker()).send(announce(stage.dataType, data, 1, 0xff));
      await hearer.expectAndAccept(stage.dataType, data, "an announcement with reserved bits");
    },
  },
];

const subscribing: readonly Case[] = [
  {
    name: "the announcer is not notified of its own announcement",
    clause: "§2.3",
    async run(stage) {
      const both = await stage.subscriber();
      const hearer = await stage.subscriber();
      const data = stage.data("not to myself");
      await both.announce(stage.dataType, data, 1);
      await hearer.expectAndAccept(stage.dataType, data, "the announcement");
      await both.expectNothing("nothing at the announcer", stage.graceMs);
    },
  },
  {
    name: "all subscribers of a type are notified",
    clause: "§2.3",
    async run(stage) {
      const hearers = [
        await stage.subscriber(),
        await stage.subscriber(),
        await stage.subscriber(),
      ];
      for (const round of ["first", "second"]) {
        const data = stage.data(round);
        await (await stage.speaker()).announce(stage.dataType, data);
        for (const [at, hearer] of hearers.entries()) {
          await hearer.expectAndAccept(stage.dataType, data, `it at subscriber ${at + 1} of 3`);
        }
      }
    },
  },
  {
    name: "a repeated NOTIFY does not repeat notifications",
    clause: "§2.2",
    async run(stage) {
      const hearer = await stage.subscriber();
      await hearer.subscribe(stage.dataType);
      await hearer.subscribe(stage.dataType);
      await expectOnce(stage, hearer);
    },
  },
  {
    name: "a module is notified only of types it subscribed to",
    clause: "§2.2",
    async run(stage) {
      const hearer = await stage.subscriber();
      const other = stage.dataType + 1;
      await (await stage.speaker(other)).announce(other, stage.data("another type"));
      await expectOnce(stage, hearer);
    },
  },
  {
    name: "one connection may subscribe to several types",
    clause: "§2.2",
    async run(stage) {
      const hearer = await stage.subscriber();
      const types = [stage.dataType, stage.dataType + 1, stage.dataType + 2];
      for (const dataType of types.slice(1)) {
        await hearer.subscribe(dataType);
        await stage.confirm(hearer, dataType);
      }
      for (const dataType of types) {
        const data = stage.data("several types");
        await (await stage.speaker(dataType)).announce(dataType, data);
        await hearer.expectAndAccept(dataType, data, `type ${dataType}`);
      }
    },
  },
  ...[0, 32_768, 65_535].map((dataType): Case => ({
    name: `data type ${dataType} is a type like any other`,
    clause: "§1.4",
    async run(stage) {
      const hearer = await stage.subscriber(dataType);
      const data = stage.data("its type");
      await (await stage.speaker(dataType)).announce(dataType, data, 1);
      await hearer.expectAndAccept(dataType, data, `type ${dataType}`);
    },
  })),
  {
    name: "a subscription ends with its connection",
    clause: "§2.2",
    async run(stage) {
      const first = await stage.subscriber();
      first.connection.close();
      const second = await stage.module();
      await (await stage.speaker()).announce(stage.dataType, stage.data("to nobody"));
      await second.expectNothing("nothing without NOTIFY", stage.graceMs);
    },
  },
  {
    name: "subscribers that go away, in order or not, take nobody with them",
    clause: "§2.2",
    async run(stage) {
      const hearers: ModuleClient[] = [];
      for (let at = 0; at < 5; at++) hearers.push(await stage.subscriber());
      hearers[1]?.connection.reset();
      hearers[3]?.connection.finish();
      await pause(LEAVING_MS);
      const data = stage.data("to those who stay");
      await (await stage.speaker()).announce(stage.dataType, data);
      for (const at of [0, 2, 4]) {
        await hearers[at]?.expectAndAccept(stage.dataType, data, `it at subscriber ${at + 1} of 5`);
      }
    },
  },
  {
    name: "two connections of one module are two subscribers",
    clause: "§2.3",
    async run(stage) {
      const twins = [await stage.subscriber(), await stage.subscriber()];
      const data = stage.data("doubled");
      await twins[0]?.announce(stage.dataType, data);
      await twins[1]?.expectAndAccept(stage.dataType, data, "what the other connection announced");
      await twins[0]?.expectNothing("nothing at the announcing one", stage.graceMs);
    },
  },
];

/** The next thing it hears is a new announcement, once. */
async function expectOnce(stage: Stage, hearer: ModuleClient): Promise<void> {
  const data = stage.data("once");
  await (await stage.speaker()).announce(stage.dataType, data);
  await hearer.expectAndAccept(stage.dataType, data, "this announcement and no other");
  await hearer.expectNothing("one notification", stage.graceMs);
}

const REPETITIONS = 12;

const repeating: readonly Case[] = [
  {
    name: "the same data announced again is another item",
    clause: "§4.1",
    async run(stage) {
      const hearer = await stage.subscriber();
      const data = stage.data("again");
      for (let at = 0; at < REPETITIONS; at++) {
        await (await stage.speaker()).announce(stage.dataType, data);
        await hearer.expectAndAccept(stage.dataType, data, `number ${at + 1} of ${REPETITIONS}`);
      }
    },
  },
  {
    name: "300 announcements in a row all arrive",
    clause: "§2.3",
    async run(stage) {
      const hearer = await stage.subscriber();
      const speaker = await stage.speaker();
      for (let at = 0; at < 300; at++) {
        const data = stage.data(`number ${at}`);
        speaker.send(announce(stage.dataType, data));
        await hearer.expectAndAccept(stage.dataType, data, `number ${at + 1} of 300`);
      }
    },
  },
  {
    name: "message ids are drawn at random",
    clause: "§2.3",
    async run(stage) {
      const hearer = await stage.subscriber();
      const speaker = await stage.speaker();
      const ids: number[] = [];
      for (let at = 0; at < 12; at++) {
        await speaker.announce(stage.dataType, stage.data("its id"));
        const notification = await hearer.next("an announcement");
        hearer.accept(notification);
        ids.push(notification.messageId);
      }
      const seen = ids.map((id) => id.toString(16).padStart(4, "0")).join(" ");
      const steps = new Set(ids.slice(1).map((id, at) => (id - (ids[at] ?? 0)) & 0xffff));
      // Two of the eleven steps are equal once in a thousand runs, more than that never.
      expectThat(steps.size >= 10, "ids without a pattern", seen);
    },
  },
];

export const apiSubscriptions: CaseGroup = {
  title: "API: announcing and subscribing",
  side: "api",
  cases: [...announcing, ...subscribing, ...repeating],
};
