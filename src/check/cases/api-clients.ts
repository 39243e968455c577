import type { Case, CaseGroup } from "../case.ts";
import { announce, validation } from "../frames.ts";
import { PROBE, type ModuleClient } from "../module-client.ts";
import { expectThat, type Stage } from "../stage.ts";

const UNKNOWN_ID_CLOSES =
  "the official mockup hangs up on a VALIDATION whose id it does not know or has had before";

/** Whatever this client answered, it is still served. */
async function expectStillServed(stage: Stage, client: ModuleClient): Promise<void> {
  await client.connection.expectOpen("the connection stays open", stage.graceMs);
  const data = stage.data("still served");
  await (await stage.speaker()).announce(stage.dataType, data);
  await client.expectAndAccept(stage.dataType, data, "the next announcement");
}

async function expectAsked(stage: Stage, client: ModuleClient): Promise<number> {
  const data = stage.data("a question");
  await (await stage.speaker()).announce(stage.dataType, data);
  return (await client.expect(stage.dataType, data, "an announcement")).messageId;
}

const answers: readonly Case[] = [
  {
    name: "a VALIDATION with an unknown id is ignored",
    clause: "§2.4",
    official: { mismatch: "closed", words: UNKNOWN_ID_CLOSES },
    async run(stage) {
      const client = await stage.subscriber();
      client.send(validation(0x1234, 1));
      client.send(validation(0, 0));
      await expectStillServed(stage, client);
    },
  },
  {
    name: "a second VALIDATION of one notification is ignored",
    clause: "§2.4",
    official: { mismatch: "closed", words: UNKNOWN_ID_CLOSES },
    async run(stage) {
      const client = await stage.subscriber();
      const id = await expectAsked(stage, client);
      client.send(validation(id, 1));
      client.send(validation(id, 0));
      await expectStillServed(stage, client);
    },
  },
  {
    name: "a VALIDATION of what somebody else was asked is ignored",
    clause: "§2.4",
    official: { mismatch: "closed", words: UNKNOWN_ID_CLOSES },
    async run(stage) {
      const asked = await stage.subscriber();
      const id = await expectAsked(stage, asked);
      const stranger = await stage.subscriber();
      stranger.send(validation(id, 0));
      await expectStillServed(stage, stranger);
    },
  },
  {
    name: "V = 0 is everyday life: the client goes on being notified",
    clause: "§4.3",
    async run(stage) {
      const client = await stage.subscriber();
      for (let at = 0; at < 5; at++) {
        client.send(validation(await expectAsked(stage, client), 0));
      }
      await expectStillServed(stage, client);
    },
  },
  {
    name: "reserved bits of VALIDATION are not looked at",
    clause: "§1.1",
    async run(stage) {
      const client = await stage.subscriber();
      client.send(validation(await expectAsked(stage, client), 0xfffe));
      client.send(validation(await expectAsked(stage, client), 0xffff));
      await expectStillServed(stage, client);
    },
  },
  {
    name: "a client that has not answered is asked about the next item, under another id",
    clause: "§2.3",
    async run(stage) {
      const client = await stage.subscriber();
      const ids = [await expectAsked(stage, client), await expectAsked(stage, client)];
      expectThat(ids[0] !== ids[1], "two ids", `id ${ids.join(" twice, ")}`);
    },
  },
];

const pacing: readonly Case[] = [
  {
    name: "notifications to a client that has answered none yet come in segments of their own",
    clause: "§2.5",
    async run(stage) {
      const announcers = [await stage.module(), await stage.module(), await stage.module()];
      for (const announcer of announcers) await announcer.subscribe(stage.dataType);
      const client = await stage.module();
      client.connection.keeps = (frame) => !frame.includes(PROBE);
      await client.subscribe(stage.dataType);
      await stage.confirm(client);
      for (const announcer of announcers) {
        announcer.send(announce(stage.dataType, stage.data("at once"), 1));
      }
      for (let at = 0; at < announcers.length; at++) await client.next("each announcement");
      const { mostFramesInARead } = client.connection;
      const seen = `${mostFramesInARead} in one read`;
      expectThat(mostFramesInARead === 1, "one notification in each read", seen);
    },
  },
  {
    name: "a small notification comes in one piece",
    clause: "§2.5",
    async run(stage) {
      const client = await stage.subscriber();
      for (let at = 0; at < 5; at++) {
        client.send(validation(await expectAsked(stage, client), 1));
      }
      const { partialReads } = client.connection;
      expectThat(partialReads === 0, "whole notifications", `${partialReads} cut ones`);
    },
  },
];

const CLIENTS = 50;
/** In all far more than what sockets buffer on the way. */
const LARGE_BYTES = 60_000;
const LARGE_COUNT = 100;

const manyAndSlow: readonly Case[] = [
  {
    name: `${CLIENTS} clients are served at once`,
    clause: "§2.7",
    async run(stage) {
      const clients: ModuleClient[] = [];
      for (let at = 0; at < CLIENTS; at++) {
        const client = await stage.module();
        await client.subscribe(stage.dataType);
        clients.push(client);
      }
      const last = clients.at(-1);
      if (last !== undefined) await stage.confirm(last);
      const data = stage.data("to all");
      await (await stage.speaker()).announce(stage.dataType, data);
      for (const [at, client] of clients.entries()) {
        const what = `it at client ${at + 1} of ${CLIENTS}`;
        await client.expectAndAccept(stage.dataType, data, what);
      }
    },
  },
  {
    name: "a client that never answers holds up no other client and no other type",
    clause: "§4.3",
    async run(stage) {
      await stage.subscriber();
      const prompt = await stage.subscriber();
      for (let at = 0; at < 10; at++) {
        const data = stage.data("beside a silent client");
        await (await stage.speaker()).announce(stage.dataType, data);
        await prompt.expectAndAccept(stage.dataType, data, `item ${at + 1} of 10`);
      }
      await stage.expectOthersServed();
    },
  },
  {
    name: "a client that does not read holds up nobody",
    clause: "§2.6",
    async run(stage) {
      const frozen = await stage.subscriber();
      frozen.connection.stopReading();
      const prompt = await stage.subscriber();
      const speaker = await stage.speaker();
      for (let at = 0; at < LARGE_COUNT; at++) {
        const data = Buffer.concat([stage.data("large"), Buffer.alloc(LARGE_BYTES, at)]);
        await speaker.announce(stage.dataType, data);
        await prompt.expectAndAccept(stage.dataType, data, `item ${at + 1} of ${LARGE_COUNT}`);
      }
      await stage.expectOthersServed();
    },
  },
  {
    name: "1 MB to a client that pauses reading arrives whole",
    clause: "§2.6",
    async run(stage) {
      const sleeper = await stage.subscriber();
      const speaker = await stage.speaker();
      sleeper.connection.stopReading();
      const said = Array.from({ length: 20 }, (_, at) => Buffer.alloc(52_000, at + 1));
      for (const data of said) await speaker.announce(stage.dataType, data);
      // Whoever is told of the next item has seen the ones before it go by.
      await stage.expectOthersServed();
      sleeper.connection.goOnReading();
      for (const [at, data] of said.entries()) {
        await sleeper.expectAndAccept(stage.dataType, data, `item ${at + 1} of 20`);
      }
    },
  },
  {
    name: "connections that come and go leave nothing behind",
    clause: "§2.7",
    async run(stage) {
      for (let at = 0; at < 300; at++) {
        const brief = await stage.module();
        await brief.connection.expectOpen("a connection", 0);
        brief.connection.reset();
      }
      await stage.expectOthersServed();
    },
  },
  {
    name: "an idle client stays connected",
    clause: "§2.2",
    role: "background",
    async run(stage) {
      const idle = await stage.subscriber();
      await idle.connection.expectOpen("the connection stays open for 12 s", 12_000);
      await expectStillServed(stage, idle);
    },
  },
];

const openQuestions: readonly Case[] = [
  {
    name: "a subscriber that leaves with the question open harms nobody",
    clause: "§4.3",
    async run(stage) {
      const leaver = await stage.subscriber();
      const stays = await stage.subscriber();
      const data = stage.data("asked both");
      await (await stage.speaker()).announce(stage.dataType, data);
      await leaver.expect(stage.dataType, data, "it at the one that leaves");
      leaver.connection.reset();
      await stays.expectAndAccept(stage.dataType, data, "it at the one that stays");
      await expectStillServed(stage, stays);
    },
  },
  {
    name: "answers in the wrong order belong to their notifications",
    clause: "§2.4",
    async run(stage) {
      const client = await stage.subscriber();
      const ids = [await expectAsked(stage, client), await expectAsked(stage, client)];
      for (const id of ids.reverse()) client.send(validation(id, 1));
      await expectStillServed(stage, client);
    },
  },
];

export const apiClients: CaseGroup = {
  title: "API: verdicts and clients",
  side: "api",
  cases: [...answers, ...pacing, ...openQuestions, ...manyAndSlow],
};
