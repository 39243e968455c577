import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { askDaemon } from "../../src/cli/control-client.ts";
import type { ControlPage } from "../../src/cli/control-client.ts";
import { CommandError } from "../../src/cli/failure.ts";
import { ExitCode } from "../../src/daemon/gossip-error.ts";

const PAGE: ControlPage<{ readonly links: readonly unknown[]; readonly health: object }> = {
  path: "/status",
  lists: ["links"],
  objects: ["health"],
};

async function serve(test: TestContext, listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** What is said about a place where this answers. */
async function saidOf(test: TestContext, listener: RequestListener): Promise<string> {
  const place = await serve(test, listener);
  try {
    await askDaemon(place, PAGE);
  } catch (error) {
    assert.ok(error instanceof CommandError, String(error));
    assert.equal(error.exitCode, ExitCode.unreachable);
    return error.message.replace(place.port, "PORT");
  }
  return "";
}

describe("asking a daemon", () => {
  it("takes an answer that has what is shown", async (t) => {
    const said = await saidOf(t, (_, response) => response.end('{"links":[],"health":{}}'));
    assert.equal(said, "");
  });

  const others: readonly (readonly [what: string, said: RegExp, answer: RequestListener])[] = [
    [
      "is another version",
      /^what answers at http:\/\/127\.0\.0\.1:PORT is no daemon of this version$/,
      (_, response) => response.end('{"links":[]}'),
    ],
    [
      "is no daemon",
      /what answers is no voidgossip daemon$/,
      (_, response) => response.end("<html>"),
    ],
    [
      "refuses",
      /it answers with HTTP status 403$/,
      (_, response) => response.writeHead(403).end("{}"),
    ],
    ["hangs up", /socket hang up$/, (request) => request.socket.destroy()],
    [
      "never comes to an end",
      /its answer has no end$/,
      (_, response) => {
        const piece = " ".repeat(1024 * 1024);
        const more = (): void => {
          while (response.write(piece));
        };
        response.on("drain", more);
        more();
      },
    ],
  ];
  for (const [what, said, answer] of others) {
    it(`says in a line when what answers ${what}`, async (t) => {
      assert.match(await saidOf(t, answer), said);
    });
  }

  it("says in a line when nobody listens", async () => {
    await assert.rejects(askDaemon(new URL("http://127.0.0.1:1"), PAGE), {
      message: "no daemon answers at http://127.0.0.1:1: nobody listens there",
    });
  });

  it("ends when the answer is not wanted any more", async (t) => {
    const cancelling = new AbortController();
    const place = await serve(t, () => cancelling.abort());
    const asked = askDaemon(place, PAGE, cancelling.signal);
    await assert.rejects(asked, CommandError);
  });
});
