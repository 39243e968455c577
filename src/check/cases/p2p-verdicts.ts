import type { Case, CaseGroup } from "../case.ts";
import { validation, type Item } from "../frames.ts";
import type { ModuleClient } from "../module-client.ts";
import type { PeerLink } from "../peer-links.ts";
import type { Stage } from "../stage.ts";

interface Question {
  readonly to: PeerLink;
  readonly from: PeerLink;
  readonly said: Item;
  readonly modules: readonly ModuleClient[];
  /** One for each module. */
  readonly ids: readonly number[];
}

/** An item of a peer, of which this many modules have been notified. */
async function ask(stage: Stage, text: string, modules = 1): Promise<Question> {
  const from = await stage.link(0);
  const to = await stage.link(1);
  const said = stage.item(text);
  const asked: ModuleClient[] = [];
  for (let at = 0; at < modules; at++) asked.push(await stage.subscriber());
  await stage.dismissSpeaker();
  from.send(said);
  const ids: number[] = [];
  for (const module of asked) {
    ids.push((await module.expect(stage.dataType, said.data, "the item")).messageId);
  }
  return { from, to, said, modules: asked, ids };
}

async function expectSpread({ to, said }: Question): Promise<void> {
  await to.expect(said, "the accepted item");
}

const expectHeld = (stage: Stage, { to }: Question, because: string): Promise<void> =>
  to.expectNone(stage.dataType, because, stage.graceMs);

/** The 16 bits behind the id; only the lowest one is V. */
function verdictBits(bits: number, meaning: "accepts" | "rejects"): Case {
  const hex = bits.toString(16).padStart(4, "0");
  return {
    name: `a VALIDATION that ends in ${hex} ${meaning}: V is the lowest bit`,
    clause: "§1.4",
    async run(stage) {
      const question = await ask(stage, `bits ${hex}`);
      question.modules[0]?.send(validation(question.ids[0] ?? 0, bits));
      if (meaning === "accepts") await expectSpread(question);
      else await expectHeld(stage, question, `nothing after ${hex}, which is V = 0`);
    },
  };
}

const single: readonly Case[] = [
  {
    name: "an item is held until its verdict",
    clause: "§4.3",
    async run(stage) {
      const question = await ask(stage, "held");
      await expectHeld(stage, question, "no copy before the verdict");
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 1));
      await expectSpread(question);
    },
  },
  verdictBits(0x0001, "accepts"),
  verdictBits(0x0000, "rejects"),
  verdictBits(0xffff, "accepts"),
  verdictBits(0xfffe, "rejects"),
  verdictBits(0x0100, "rejects"),
  verdictBits(0x0002, "rejects"),
  {
    name: "the first answer stands: V = 1 behind V = 0 changes nothing",
    clause: "§2.4",
    async run(stage) {
      const question = await ask(stage, "first answer");
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 0));
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 1));
      await expectHeld(stage, question, "nothing of a rejected item");
    },
  },
  {
    name: "the verdict of a client that was not asked does not count",
    clause: "§2.4",
    async run(stage) {
      const question = await ask(stage, "strangers");
      const stranger = await stage.module();
      stranger.send(validation(question.ids[0] ?? 0, 1));
      await expectHeld(stage, question, "nothing on the word of a stranger");
    },
  },
  {
    name: "V = 0 is no blame: the link of a rejected item stays",
    clause: "§4.3",
    async run(stage) {
      const question = await ask(stage, "no blame");
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 0));
      await question.from.connection.expectOpen("the link stays open", stage.graceMs);
    },
  },
];

const several: readonly Case[] = [
  {
    name: "all modules that were asked have to accept",
    clause: "§4.3",
    async run(stage) {
      const question = await ask(stage, "all of two", 2);
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 1));
      await expectHeld(stage, question, "nothing while one of two has not answered");
      question.modules[1]?.send(validation(question.ids[1] ?? 0, 1));
      await expectSpread(question);
    },
  },
  {
    name: "one V = 0 of two discards the item",
    clause: "§4.3",
    async run(stage) {
      const question = await ask(stage, "one of two", 2);
      question.modules[1]?.send(validation(question.ids[1] ?? 0, 0));
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 1));
      await expectHeld(stage, question, "nothing after one V = 0");
    },
  },
  {
    name: "one client that answers twice is not two clients",
    clause: "§2.4",
    async run(stage) {
      const question = await ask(stage, "answers twice", 2);
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 1));
      question.modules[0]?.send(validation(question.ids[0] ?? 0, 1));
      await expectHeld(stage, question, "nothing while the other has not answered");
    },
  },
  {
    name: "a client that leaves without an answer abstains",
    clause: "§4.3",
    async run(stage) {
      const question = await ask(stage, "one leaves", 2);
      question.modules[0]?.connection.finish();
      question.modules[1]?.send(validation(question.ids[1] ?? 0, 1));
      await expectSpread(question);
    },
  },
  {
    name: "verdicts about two items under one id do not mix",
    clause: "§4.1",
    async run(stage) {
      const { from, to, module } = await stage.relay();
      const unwanted = stage.item("unwanted", { messageId: 77 });
      const wanted = stage.item("wanted", { messageId: 77 });
      from.send(unwanted);
      const first = await module.expect(stage.dataType, unwanted.data, "the first item");
      from.send(wanted);
      const second = await module.expect(stage.dataType, wanted.data, "the second item");
      module.accept(second);
      module.reject(first);
      await to.expect(wanted, "the accepted one");
      await to.expectNone(stage.dataType, "the accepted one alone", stage.graceMs);
    },
  },
  {
    name: "a module that never answers holds up no other type",
    clause: "§4.3",
    async run(stage) {
      await ask(stage, "unanswered");
      const other = stage.dataType + 1;
      const module = await stage.subscriber(other);
      const said = stage.item("another type", { dataType: other });
      (await stage.link(0)).send(said);
      await module.expectAndAccept(other, said.data, "an item of another type");
      await (await stage.link(1)).expect(said, "the forwarded item of another type");
    },
  },
];

export const p2pVerdicts: CaseGroup = {
  title: "P2P: verdicts",
  side: "p2p",
  cases: [...single, ...several],
};
