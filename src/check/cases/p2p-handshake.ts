import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Case, CaseGroup } from "../case.ts";
import { frame, header, item, Num, verify } from "../frames.ts";
import { Mismatch, shownBytes } from "../mismatch.ts";
import { expectOk } from "../peer-links.ts";
import { expectThat, type Stage } from "../stage.ts";

const DIALS = 20;

const opening: readonly Case[] = [
  {
    name: "the acceptor speaks first: INIT with a challenge of 8 bytes",
    clause: "§3.1",
    role: "gate",
    async run(stage) {
      await stage.dialPeer();
    },
  },
  {
    name: "a right proof is answered with OK",
    clause: "§3.3",
    role: "gate",
    async run(stage) {
      try {
        await stage.link(0);
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
        const hint = ` (--difficulty is ${stage.difficultyBits}: is it the module's?)`;
        throw new Mismatch(error.kind, error.expected, error.seen + hint);
      }
    },
  },
  {
    name: "each connection has a challenge of its own, without a pattern",
    clause: "§3.1",
    async run(stage) {
      const challenges: Buffer[] = [];
      for (let at = 0; at < DIALS; at++) {
        const { connection, challenge } = await stage.dialPeer();
        challenges.push(challenge);
        connection.close();
      }
      const seen = challenges.slice(0, 3).map((challenge) => challenge.toString("hex"));
      const different = new Set(challenges.map((challenge) => challenge.toString("hex")));
      expectThat(different.size === DIALS, `${DIALS} different challenges`, seen.join(" "));
      // Every byte of 20 random challenges varies; three equal values in one place are likely, 17 never.
      const variety = Array.from(
        { length: 8 },
        (_, at) => new Set(challenges.map((challenge) => challenge[at])).size,
      );
      expectThat(Math.min(...variety) > 3, "8 unpredictable bytes", seen.join(" "));
    },
  },
  {
    name: "between INIT and VERIFY the acceptor says nothing",
    clause: "§3.4",
    async run(stage) {
      const { connection } = await stage.dialPeer();
      await connection.expectNone("nothing before VERIFY, no OK", stage.graceMs);
      await connection.expectOpen("the connection stays open", 0);
    },
  },
  {
    name: "a VERIFY that comes byte by byte is one message",
    clause: "§1.2",
    async run(stage) {
      const { connection, challenge } = await stage.dialPeer();
      for (const byte of verify(await stage.links.prover.solve(challenge))) {
        connection.send(Buffer.of(byte));
        await pause(2);
      }
      await expectOk(connection);
    },
  },
  {
    name: "VERIFY and an item in one segment are two messages",
    clause: "§3.4",
    async run(stage) {
      const hearer = await stage.subscriber();
      const { connection, challenge } = await stage.dialPeer();
      const said = stage.item("behind VERIFY", { ttl: 1 });
      connection.send(
        Buffer.concat([verify(await stage.links.prover.solve(challenge)), item(said)]),
      );
      await expectOk(connection);
      await hearer.expectAndAccept(stage.dataType, said.data, "the item behind VERIFY");
    },
  },
];

/** A VERIFY that proves nothing closes without a word, and what came behind it is not accepted. */
function refuses(
  name: string,
  clause: string,
  nonceFor: (stage: Stage, challenge: Buffer) => Promise<Buffer>,
): Case {
  return {
    name: `${name} closes without a word`,
    clause,
    async run(stage) {
      const hearer = await stage.subscriber();
      const { connection, challenge } = await stage.dialPeer();
      const nonce = await nonceFor(stage, challenge);
      connection.send(Buffer.concat([verify(nonce), item(stage.item("not accepted"))]));
      await connection.expectClosed();
      await hearer.expectNothing("nothing of what came behind it", stage.graceMs);
    },
  };
}

function wrongNonce(stage: Stage, challenge: Buffer): Buffer {
  for (;;) {
    const nonce = randomBytes(8);
    if (!stage.links.prover.isProof(challenge, nonce)) return nonce;
  }
}

const refusing: readonly Case[] = [
  refuses("a wrong proof", "§3.3", (stage, challenge) =>
    Promise.resolve(wrongNonce(stage, challenge)),
  ),
  refuses("a proof with one zero bit too few", "§3.2", (stage, challenge) =>
    stage.links.prover.almostSolve(challenge),
  ),
  refuses("a proof in the wrong byte order", "§3.2", async (stage, challenge) => {
    const nonce = Buffer.from(await stage.links.prover.solve(challenge)).reverse();
    return stage.links.prover.isProof(challenge, nonce) ? wrongNonce(stage, challenge) : nonce;
  }),
  {
    name: "a proof that was good for another connection closes without a word",
    clause: "§3.3",
    async run(stage) {
      const used = await stage.links.usedProof();
      const { connection, challenge } = await stage.dialPeer();
      const isRight = stage.links.prover.isProof(challenge, used.nonce);
      const seen = `the challenge ${shownBytes(challenge)} a second time`;
      expectThat(!challenge.equals(used.challenge), "a challenge of its own", seen);
      connection.send(verify(isRight ? wrongNonce(stage, challenge) : used.nonce));
      await connection.expectClosed();
    },
  },
  {
    name: "an item before VERIFY closes, and is not accepted",
    clause: "§3.4",
    async run(stage) {
      const hearer = await stage.subscriber();
      const { connection } = await stage.dialPeer();
      connection.send(item(stage.item("too early")));
      await connection.expectClosed();
      await hearer.expectNothing("nothing from a link that was never established", stage.graceMs);
    },
  },
  {
    name: "a second VERIFY closes",
    clause: "§3.4",
    async run(stage) {
      const link = await stage.newLink();
      const used = await stage.links.usedProof();
      link.connection.send(verify(used.nonce));
      await link.expectClosed();
    },
  },
];

/** Instead of VERIFY. */
function closesEarly(what: string, bytes: () => Buffer, clause = "§3.4"): Case {
  return {
    name: `${what} instead of VERIFY closes`,
    clause,
    async run(stage) {
      const { connection } = await stage.dialPeer();
      connection.send(bytes());
      await connection.expectClosed();
    },
  };
}

const insteadOfVerify: readonly Case[] = [
  closesEarly("size 0", () => header(0, Num.verify), "§1.3"),
  closesEarly("size 2", () => header(2, Num.verify), "§1.3"),
  closesEarly("a VERIFY with size 11", () => frame(Num.verify, Buffer.alloc(7)), "§1.3"),
  closesEarly("a VERIFY with size 13", () => frame(Num.verify, Buffer.alloc(9)), "§1.3"),
  closesEarly("an INIT", () => frame(Num.init, Buffer.alloc(8))),
  closesEarly("an OK", () => frame(Num.ok)),
  closesEarly("an ANNOUNCE of the API", () => frame(Num.announce, Buffer.alloc(8))),
  closesEarly("a request in HTTP", () => Buffer.from("GET / HTTP/1.1\r\n\r\n"), "§1.3"),
  closesEarly("an unknown type", () => frame(600, Buffer.alloc(8)), "§1.3"),
];

const SILENT_DIALLERS = 8;

const crowds: readonly Case[] = [
  {
    name: `${SILENT_DIALLERS} diallers that say nothing do not keep an honest one out`,
    clause: "§3.5",
    async run(stage) {
      for (let at = 0; at < SILENT_DIALLERS - 1; at++) await stage.dialPeer();
      const honest = await stage.newLink();
      await honest.connection.expectOpen("the link stays open", stage.graceMs);
    },
  },
  {
    name: "diallers that hang up in the middle harm nobody",
    clause: "§3.5",
    async run(stage) {
      for (let at = 0; at < DIALS; at++) {
        const { connection } = await stage.dialPeer();
        connection.send(verify(Buffer.alloc(8)).subarray(0, 7));
        connection.reset();
      }
      await stage.dialPeer();
      await stage.expectOthersServed();
    },
  },
  {
    name: "the API answers while a link waits for its proof",
    clause: "§2.5a",
    async run(stage) {
      await stage.dialPeer();
      await stage.expectOthersServed();
    },
  },
  {
    name: "a link that ends leaves the others",
    clause: "§1.3",
    async run(stage) {
      const hearer = await stage.subscriber();
      const other = await stage.newLink();
      other.connection.send(frame(600, Buffer.alloc(8)));
      await other.expectClosed();
      const said = stage.item("from another link", { ttl: 1 });
      (await stage.link(0)).send(said);
      await hearer.expectAndAccept(stage.dataType, said.data, "an item of another link");
    },
  },
];

/** On an established link, which it ends. */
function closesLink(what: string, bytes: () => Buffer, clause = "§1.3"): Case {
  return {
    name: `${what} on an established link closes it`,
    clause,
    async run(stage) {
      const link = await stage.newLink();
      link.connection.send(bytes());
      await link.expectClosed();
    },
  };
}

const established: readonly Case[] = [
  closesLink("size 3", () => header(3, Num.item)),
  closesLink("an ANNOUNCE with size 11", () => frame(Num.item, Buffer.alloc(7))),
  closesLink("an OK of the dialler", () => frame(Num.ok), "§3.4"),
  closesLink("a NOTIFY of the API", () => frame(Num.notify, Buffer.alloc(4)), "§3.4"),
  closesLink("a PING without the extension", () => frame(510, Buffer.alloc(12)), "§6.3"),
];

export const p2pHandshake: CaseGroup = {
  title: "P2P: handshake",
  side: "p2p",
  cases: [...opening, ...refusing, ...insteadOfVerify, ...crowds, ...established],
};
