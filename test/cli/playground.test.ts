import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { PlaygroundEvent, WaveStep } from "../../src/cli/playground/playground-event.ts";
import { PlaygroundServer } from "../../src/cli/playground/playground-server.ts";
import { Playground } from "../../src/cli/playground/playground.ts";
import { readAction } from "../../src/cli/playground/read-action.ts";
import { suiteScope, within } from "../blackbox/support/patience.ts";
import type { Scope } from "../blackbox/support/patience.ts";
import { Cli } from "./support/cli.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const plan = { nodes: 3, difficultyBits: 0, dataType: 1337 };

function temporaryPlace(scope: Scope): string {
  const place = mkdtempSync(join(tmpdir(), "vg-"));
  scope.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

/** The first event that is as wanted, from now on. */
function event<Wanted extends PlaygroundEvent>(
  playground: Playground,
  what: string,
  isWanted: (event: PlaygroundEvent) => event is Wanted,
): Promise<Wanted> {
  const coming = new Promise<Wanted>((resolve) => {
    const forget = playground.watch((told) => {
      if (!isWanted(told)) return;
      forget();
      resolve(told);
    });
  });
  return within(coming, what);
}

type NetworkEvent = Extract<PlaygroundEvent, { readonly name: "network" }>;

async function networkUntil(
  playground: Playground,
  what: string,
  isWanted: (network: NetworkEvent["data"]) => boolean,
): Promise<void> {
  if (isWanted(playground.state())) return;
  await event(
    playground,
    what,
    (told): told is NetworkEvent => told.name === "network" && isWanted(told.data),
  );
}

/** Everything that is told until every node has heard its own module. */
async function waveOf(playground: Playground, nodes: number): Promise<readonly WaveStep[]> {
  const steps: WaveStep[] = [];
  const judged = new Set<number>();
  await event(playground, "verdicts everywhere", (told): told is PlaygroundEvent => {
    if (told.name !== "wave") return false;
    steps.push(told.data);
    if (told.data.kind === "judged") judged.add(told.data.node);
    return judged.size === nodes;
  });
  return steps;
}

describe("a playground", () => {
  const scope = suiteScope();
  const playground = new Playground(plan, temporaryPlace(scope));
  scope.after(() => playground.stop());
  before(async () => {
    await playground.start();
    await networkUntil(playground, "links", ({ links }) => links.length >= 2);
  });

  it("tells the whole way of an item, with its text", async () => {
    const wave = waveOf(playground, 3);
    await playground.act({ action: "announce", node: 3, ttl: 4, text: "hello" });
    const steps = await wave;
    const [first] = steps;
    assert.equal(first?.kind, "announced");
    assert.equal(first.text, "hello");
    assert.equal(first.node, 3);
    const arrivals = steps.flatMap((step) => (step.kind === "arrived" ? [step] : []));
    assert.deepEqual(arrivals.map(({ node }) => node).sort(), [1, 2]);
    assert.ok(arrivals.every(({ from, ttl }) => from !== null && ttl <= 4));
    assert.equal(new Set(steps.map(({ key }) => key)).size, 1);
  });

  it("lets the module of a node reject, and accept again", async () => {
    for (const verdict of ["reject", "accept"] as const) {
      await playground.act({ action: verdict, node: 1 });
      const wave = waveOf(playground, 3);
      await playground.act({ action: "announce", node: 1, ttl: 4, text: `one says ${verdict}` });
      const own = (await wave).find((step) => step.kind === "judged" && step.node === 1);
      assert.ok(own?.kind === "judged");
      assert.equal(own.verdict, verdict);
    }
  });

  it("lets a node stop, and come back where it was", async () => {
    const [, before] = playground.state().nodes;
    await playground.act({ action: "stop", node: 2 });
    assert.equal(playground.state().nodes[1]?.life, "stopped");
    await assert.rejects(
      playground.act({ action: "announce", node: 2, ttl: 0, text: "nobody hears" }),
      /node 2 is stopped/,
    );
    await playground.act({ action: "start", node: 2 });
    await networkUntil(playground, "node 2 linked again", ({ links }) =>
      links.some(({ from, to }) => from === 2 || to === 2),
    );
    assert.deepEqual(playground.state().nodes[1], before);
  });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  url: URL,
  options: { method?: string; headers?: Readonly<Record<string, string>>; body?: string } = {},
): Promise<Answer> {
  const { method = "GET", headers = {}, body } = options;
  const answer = new Promise<Answer>((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    asked.on("error", reject).end(body);
  });
  return within(answer, `an answer to ${method} ${url.pathname}`);
}

describe("the page of a playground", () => {
  const scope = suiteScope();
  const playground = new Playground(plan, temporaryPlace(scope));
  const server = new PlaygroundServer(playground, TOKEN);
  scope.after(() => server.close());
  let url = new URL("http://127.0.0.1/");
  before(async () => {
    url = new URL(await server.listen());
  });

  const act = (headers: Readonly<Record<string, string>>, body = '{"action":"reject","node":1}') =>
    ask(new URL("/action", url), { method: "POST", headers, body });
  const rights = () => ({ origin: url.origin, authorization: `Bearer ${TOKEN}` });

  it("is on loopback, with its token in the part of the address that is never sent", () => {
    assert.equal(url.hostname, "127.0.0.1");
    assert.equal(url.hash, `#${TOKEN}`);
    assert.equal(url.search, "");
  });

  it("comes with its files and a policy that lets nothing else in", async () => {
    const page = await ask(url);
    assert.equal(page.status, 200);
    assert.match(page.body, /<script type="module" src="demo\.js">/);
    assert.match(String(page.headers["content-security-policy"]), /^default-src 'none'/);
    assert.equal(page.headers["access-control-allow-origin"], undefined);
    for (const file of ["demo.js", "demo-style.css", "icon.svg"]) {
      assert.equal((await ask(new URL(file, url))).status, 200, file);
    }
  });

  it("does what the page asks for", async () => {
    const answer = await act(rights());
    assert.equal(answer.status, 200, answer.body);
    assert.equal(playground.state().nodes[0]?.verdict, "reject");
  });

  it("refuses actions without the token, or with another one of any length", async () => {
    await act(rights(), '{"action":"accept","node":1}');
    for (const authorization of ["", `Bearer ${"f".repeat(32)}`, `Bearer ${TOKEN}0`, TOKEN]) {
      assert.equal((await act({ origin: url.origin, authorization })).status, 403, authorization);
    }
    assert.equal(playground.state().nodes[0]?.verdict, "accept");
  });

  it("refuses actions from pages of other origins, and from no page at all", async () => {
    const { authorization } = rights();
    for (const origin of ["http://evil.example", "null", url.origin.replace("http", "https")]) {
      assert.equal((await act({ origin, authorization })).status, 403, origin);
    }
    assert.equal((await act({ authorization })).status, 403);
  });

  it("does not go by foreign names, so that no page elsewhere reads it under one", async () => {
    const host = `evil.example:${url.port}`;
    assert.equal((await ask(new URL("/network", url), { headers: { host } })).status, 403);
    const forged = { ...rights(), host, origin: `http://${host}` };
    assert.equal((await act(forged)).status, 403);
  });

  it("says what is wrong with an action, however it is broken", async () => {
    for (const [body, complaint] of [
      ["", /^node/],
      ["{", /^node/],
      ["null", /^node/],
      ['{"action":"stop","node":4}', /^node: a number from 1 to 3/],
      ['{"action":"stop","node":1.5}', /^node/],
      ['{"action":"explode","node":1}', /^action: announce, accept/],
      ['{"action":"announce","node":1,"ttl":256,"text":"a"}', /^ttl/],
      ['{"action":"announce","node":1,"ttl":1,"text":""}', /^text/],
      [`{"action":"announce","node":1,"ttl":1,"text":"${"a".repeat(1_001)}"}`, /^text/],
      [" ".repeat(1_000_000), /^node/],
    ] as const) {
      const answer = await act(rights(), body);
      assert.equal(answer.status, 400);
      assert.match((JSON.parse(answer.body) as { readonly error: string }).error, complaint);
    }
  });

  it("answers with a conflict when a node is not there to do it", async () => {
    const answer = await act(rights(), '{"action":"announce","node":1,"ttl":1,"text":"a"}');
    assert.equal(answer.status, 409);
    assert.match(answer.body, /node 1 is stopped/);
  });

  it("changes nothing but by actions", async () => {
    for (const path of ["/", "/network", "/events"]) {
      const answer = await ask(new URL(path, url), { method: "POST", headers: rights() });
      assert.equal(answer.status, 405, path);
    }
  });
});

describe("actions of a page", () => {
  it("are read as they are, without anything beside", () => {
    const more = '{"action":"announce","node":2,"ttl":0,"text":"ä","evil":true}';
    assert.deepEqual(readAction(more, 3), { action: "announce", node: 2, ttl: 0, text: "ä" });
    assert.deepEqual(readAction('{"action":"start","node":3}', 3), { action: "start", node: 3 });
  });
});

describe("voidgossip demo --page", () => {
  it("prints the address of its page, and leaves nothing behind when interrupted", async (t) => {
    const place = temporaryPlace(t);
    const args = ["demo", "--page", "--nodes", "2", "--difficulty", "0"];
    const command = Cli.start(t, args, { env: { TMPDIR: place } });
    await command.says("stdout", /http:\S+#[0-9a-f]{32}/);
    command.kill("SIGINT");
    const { signal, stderr } = await within(command.exit, "the end of the demonstration");
    assert.equal(signal, "SIGINT", stderr);
    assert.deepEqual(readdirSync(place), []);
  });
});
