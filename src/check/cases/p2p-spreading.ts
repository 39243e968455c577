import { setTimeout as pause } from "node:timers/promises";
import type { Case, CaseGroup } from "../case.ts";
import { item, ITEM_DATA_BYTES_MAX, type Item } from "../frames.ts";
import { shownBytes } from "../mismatch.ts";
import { expectThat, type Stage } from "../stage.ts";

/** Received with this TTL and accepted, it goes out with that one. */
function decrements(received: number, forwarded: number): Case {
  return {
    name: `an item received with TTL ${received} goes on with TTL ${forwarded}`,
    clause: "§4.5",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const said = stage.item(`TTL ${received}`, { ttl: received });
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the item");
      await to.expect({ ...said, ttl: forwarded }, "the forwarded item");
    },
  };
}

/** An announcement of a module, as it leaves for a neighbour. */
function leavesAs(ttl: number): Case {
  return {
    name: `a local announcement with TTL ${ttl} leaves with TTL ${ttl}`,
    clause: "§4.5",
    async run(stage) {
      const to = await stage.link(0);
      const data = stage.data(`local TTL ${ttl}`);
      await (await stage.speaker()).announce(stage.dataType, data, ttl);
      await to.expect({ dataType: stage.dataType, data, ttl }, "the local item");
    },
  };
}

async function expectDelivered(stage: Stage, said: Item): Promise<void> {
  const { from, module } = await stage.relay();
  from.send(said);
  await module.expectAndAccept(stage.dataType, said.data, "the item");
}

const delivery: readonly Case[] = [
  {
    name: "an item of a peer is put before the subscribers of its type",
    clause: "§4.2",
    role: "gate",
    run: (stage) => expectDelivered(stage, stage.item("from a peer")),
  },
  {
    name: "an item with TTL 1 is delivered, and goes no further",
    clause: "§4.5",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const said = stage.item("last hop", { ttl: 1 });
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the item");
      await to.expectNone(stage.dataType, "no copy of an item with TTL 1", stage.graceMs);
    },
  },
  {
    name: "an item of a type nobody here subscribed to goes no further",
    clause: "§4.2",
    async run(stage) {
      const from = await stage.link(0);
      const to = await stage.link(1);
      from.send(stage.item("unsubscribed"));
      await to.expectNone(stage.dataType, "no copy of an unsubscribed type", stage.graceMs);
    },
  },
  {
    name: "the id of a notification is not the id the item travels with",
    clause: "§2.3",
    async run(stage) {
      const { from, module } = await stage.relay();
      const ids: number[] = [];
      for (let at = 0; at < 6; at++) {
        const said = stage.item(`id ${at}`, { messageId: 0x0101, ttl: 1 });
        from.send(said);
        const notification = await module.expect(stage.dataType, said.data, "the item");
        module.accept(notification);
        ids.push(notification.messageId);
      }
      expectThat(
        ids.some((id) => id !== 0x0101),
        "ids of their own",
        "0101, the item's, each time",
      );
    },
  },
  {
    name: "twenty items in one segment are twenty items",
    clause: "§1.2",
    async run(stage) {
      const { from, module } = await stage.relay();
      const said = Array.from({ length: 20 }, (_, at) => stage.item(`glued ${at}`, { ttl: 1 }));
      from.send(...said);
      for (const { data } of said) {
        await module.expectAndAccept(stage.dataType, data, "each of the twenty");
      }
    },
  },
  {
    name: "an item that comes in pieces is one item",
    clause: "§1.2",
    async run(stage) {
      const { from, module } = await stage.relay();
      const said = stage.item("in pieces", { ttl: 1 });
      for (const byte of item(said)) {
        from.connection.send(Buffer.of(byte));
        await pause(2);
      }
      await module.expectAndAccept(stage.dataType, said.data, "the item");
    },
  },
  {
    name: "an item of 65,523 bytes of data, size 0xffff, is one like any other",
    clause: "§1.4",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const said = stage.item(Buffer.alloc(ITEM_DATA_BYTES_MAX, stage.data("large")));
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the item");
      await to.expect(said, "the forwarded item");
    },
  },
  {
    name: "an item whose link ends behind it is delivered",
    clause: "§2.5a",
    async run(stage) {
      const hearer = await stage.subscriber();
      const link = await stage.newLink();
      const said = stage.item("last words", { ttl: 1 });
      link.send(said);
      link.connection.finish();
      await hearer.expectAndAccept(stage.dataType, said.data, "the item");
    },
  },
];

const forwarding: readonly Case[] = [
  {
    name: "a forwarded item is the same to every neighbour, bit for bit",
    clause: "§4.7",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const third = await stage.link(2);
      const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7) & 0xff));
      const said = stage.item(Buffer.concat([stage.data("copies"), bytes]), { ttl: 77 });
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the item");
      const expected = item({ ...said, ttl: 76 });
      for (const link of [to, third]) {
        const copy = item(await link.next(stage.dataType, "the copy"));
        expectThat(copy.equals(expected), shownBytes(expected), shownBytes(copy));
      }
    },
  },
  {
    name: "reserved bits of an item are not looked at, and leave as zero",
    clause: "§1.1",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const said = stage.item("tagged", { reserved: 0xabcdef });
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the item");
      const { reserved } = await to.expect(said, "the forwarded item");
      expectThat(reserved === 0, "reserved 000000", `reserved ${reserved.toString(16)}`);
    },
  },
  {
    name: "an item never goes back to the link it came from",
    clause: "§4.7",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const said = stage.item("not back");
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the item");
      await to.expect(said, "the forwarded item");
      await from.expectNone(stage.dataType, "nothing on the link it came from", stage.graceMs);
    },
  },
  decrements(2, 1),
  decrements(3, 2),
  decrements(128, 127),
  decrements(255, 254),
  decrements(0, 0),
];

const local: readonly Case[] = [
  ...[0, 1, 2, 128, 255].map(leavesAs),
  {
    name: "a local announcement spreads at once, without any verdict",
    clause: "§4.4",
    async run(stage) {
      const to = await stage.link(0);
      const module = await stage.subscriber();
      const data = stage.data("no verdict needed");
      await (await stage.speaker()).announce(stage.dataType, data);
      await module.expect(stage.dataType, data, "the local item");
      await to.expect({ dataType: stage.dataType, data }, "the local item before any verdict");
    },
  },
  {
    name: "a local announcement leaves once, whatever verdicts it gets",
    clause: "§4.4",
    async run(stage) {
      const to = await stage.link(0);
      const module = await stage.subscriber();
      const data = stage.data("once");
      await (await stage.speaker()).announce(stage.dataType, data);
      await module.expectAndAccept(stage.dataType, data, "the local item");
      await to.expect({ dataType: stage.dataType, data }, "the local item");
      await to.expectNone(stage.dataType, "one copy", stage.graceMs);
    },
  },
  {
    name: "the same data announced twice leaves as two items",
    clause: "§4.1",
    async run(stage) {
      const to = await stage.link(0);
      const data = stage.data("twice on purpose");
      const ids: number[] = [];
      for (let at = 0; at < 2; at++) {
        await (await stage.speaker()).announce(stage.dataType, data);
        ids.push(
          (await to.expect({ dataType: stage.dataType, data }, "each of the two")).messageId,
        );
      }
      expectThat(ids[0] !== ids[1], "two ids", `${String(ids[0])} twice`);
    },
  },
  {
    name: "what is too large to travel does not travel, and the links stay",
    clause: "§2.1",
    async run(stage) {
      const to = await stage.link(0);
      const speaker = await stage.speaker();
      await speaker.announce(stage.dataType, Buffer.alloc(65_524, 1));
      const data = stage.data("after it");
      await speaker.announce(stage.dataType, data);
      await to.expect({ dataType: stage.dataType, data }, "the next item, and not the large one");
    },
  },
  {
    name: "what fits exactly travels: 65,523 bytes of data make a frame of 65,535",
    clause: "§1.4",
    async run(stage) {
      const to = await stage.link(0);
      const data = Buffer.alloc(ITEM_DATA_BYTES_MAX, stage.data("fits"));
      await (await stage.speaker()).announce(stage.dataType, data);
      await to.expect({ dataType: stage.dataType, data }, "the largest item");
    },
  },
];

export const p2pSpreading: CaseGroup = {
  title: "P2P: spreading",
  side: "p2p",
  cases: [...delivery, ...forwarding, ...local],
};
