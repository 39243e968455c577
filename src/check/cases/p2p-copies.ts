import type { Case, CaseGroup } from "../case.ts";
import type { Item } from "../frames.ts";
import type { Stage } from "../stage.ts";

/** After the first item has been accepted, another one comes from another link. */
async function expectSecondDelivered(
  stage: Stage,
  first: Partial<Item>,
  second: Partial<Item>,
): Promise<void> {
  const { from, to, module } = await stage.relay();
  const { data = stage.data("first"), ...more } = first;
  const one = stage.item(data, more);
  const two = stage.item(second.data ?? data, { ...one, ...second });
  from.send(one);
  await module.expectAndAccept(stage.dataType, one.data, "the first item");
  await to.expect(one, "the first item");
  from.send(two);
  await module.expectAndAccept(stage.dataType, two.data, "the second item");
  await to.expect(two, "the second item");
}

/** The item was delivered and forwarded; this copy, from any link, causes nothing more. */
function isDuplicate(
  name: string,
  clause: string,
  copies: (said: Item) => readonly [link: 0 | 1, copy: Item][],
): Case {
  return {
    name,
    clause,
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const third = await stage.link(2);
      const said = stage.item("the same item", { ttl: 5 });
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the first copy");
      await third.expect({ ...said, ttl: 4 }, "the forwarded first copy");
      await to.expect({ ...said, ttl: 4 }, "the forwarded first copy");
      for (const [link, copy] of copies(said)) (link === 0 ? from : to).send(copy);
      await module.expectNothing("one notification", stage.graceMs);
      await third.expectNone(stage.dataType, "no second copy", stage.graceMs);
    },
  };
}

const duplicates: readonly Case[] = [
  isDuplicate("the same item again from the same link is a duplicate", "§4.6", (said) => [
    [0, said],
  ]),
  isDuplicate("the same item from another link is a duplicate", "§4.6", (said) => [
    [1, { ...said, ttl: 4 }],
  ]),
  isDuplicate("TTL is no part of what an item is", "§4.1", (said) => [
    [1, { ...said, ttl: 3 }],
    [1, { ...said, ttl: 1 }],
  ]),
  isDuplicate("reserved bits are no part of what an item is", "§4.1", (said) => [
    [1, { ...said, ttl: 4, reserved: 0x123456 }],
  ]),
  {
    name: "the echo of a local announcement is a duplicate",
    clause: "§4.6",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const data = stage.data("echo");
      await (await stage.speaker()).announce(stage.dataType, data, 4);
      await module.expectAndAccept(stage.dataType, data, "the local item");
      const sent = await from.expect({ dataType: stage.dataType, data, ttl: 4 }, "the local item");
      await to.expect({ dataType: stage.dataType, data, ttl: 4 }, "the local item");
      from.send({ ...sent, ttl: 3 });
      await module.expectNothing("one notification", stage.graceMs);
      await to.expectNone(stage.dataType, "no second copy", stage.graceMs);
    },
  },
  {
    name: "a rejected item stays rejected, whatever copies come",
    clause: "§4.6",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const third = await stage.link(2);
      const said = stage.item("rejected", { ttl: 5 });
      from.send(said);
      module.reject(await module.expect(stage.dataType, said.data, "the item"));
      await to.expectNone(stage.dataType, "nothing of a rejected item", stage.graceMs);
      third.send({ ...said, ttl: 0 });
      await module.expectNothing("one notification", stage.graceMs);
      await to.expectNone(stage.dataType, "nothing of a rejected item", stage.graceMs);
    },
  },
];

const different: readonly Case[] = [
  {
    name: "two items under one id are two items",
    clause: "§4.1",
    run: (stage) =>
      expectSecondDelivered(stage, { messageId: 7 }, { messageId: 7, data: stage.data("second") }),
  },
  {
    name: "the same data under two ids is two items",
    clause: "§4.1",
    run: (stage) => expectSecondDelivered(stage, { messageId: 8 }, { messageId: 9 }),
  },
  {
    name: "the same data under two types is two items",
    clause: "§4.1",
    async run(stage) {
      const { from, module } = await stage.relay();
      const other = stage.dataType + 1;
      const hearer = await stage.subscriber(other);
      const said = stage.item("two types", { ttl: 1 });
      from.send(said, { ...said, dataType: other });
      await module.expectAndAccept(stage.dataType, said.data, "the item of the first type");
      await hearer.expectAndAccept(other, said.data, "the item of the second type");
    },
  },
];

const betterCopies: readonly Case[] = [
  {
    name: "a copy with more hops left is forwarded once more, and nobody is notified",
    clause: "§4.6",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const third = await stage.link(2);
      const said = stage.item("better", { ttl: 1 });
      from.send(said);
      await module.expectAndAccept(stage.dataType, said.data, "the first copy, with TTL 1");
      await third.expectNone(stage.dataType, "no copy of an item with TTL 1", stage.graceMs);
      to.send({ ...said, ttl: 5 });
      await third.expect({ ...said, ttl: 4 }, "the better copy");
      await module.expectNothing("one notification", stage.graceMs);
      await to.expectNone(stage.dataType, "nothing on the link it came from", 0);
    },
  },
  {
    name: "while the verdict is open the better TTL replaces the held one",
    clause: "§4.6",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const third = await stage.link(2);
      const said = stage.item("improved", { ttl: 2 });
      from.send(said);
      const asked = await module.expect(stage.dataType, said.data, "the first copy");
      to.send({ ...said, ttl: 9 });
      await module.expectNothing("one notification", stage.graceMs);
      module.accept(asked);
      await third.expect({ ...said, ttl: 8 }, "the item with the better TTL");
    },
  },
];

export const p2pCopies: CaseGroup = {
  title: "P2P: copies",
  side: "p2p",
  cases: [...duplicates, ...different, ...betterCopies],
};
