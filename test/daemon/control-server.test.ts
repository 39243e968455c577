import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { ControlServer } from "../../src/daemon/control-server.ts";
import { jsonPage } from "../../src/monitor/read-only-http.ts";
import { aFolder } from "./support/folders.ts";

async function ask(socketPath: string, path: string, method = "GET"): Promise<IncomingMessage> {
  const asked = request({ socketPath, path, method, agent: false });
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return response;
}

const aServer = (path: string): ControlServer =>
  new ControlServer(
    path,
    new Map([
      ["/status", jsonPage(() => ({ links: [] }))],
      ["/config", jsonPage(() => ({ degree: 3 }))],
    ]),
  );

describe("the control socket", () => {
  it("answers its pages as JSON, for the owner alone, until it is closed", async (test) => {
    const path = join(aFolder(test), "control.sock");
    const server = aServer(path);
    assert.deepEqual(await server.listen(), { kind: "listening" });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const response = await ask(path, "/status?pretty");
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers["content-type"], "application/json; charset=utf-8");
    assert.deepEqual(await json(response), { links: [] });
    assert.deepEqual(await json(await ask(path, "/config")), { degree: 3 });
    await server.close();
    assert.equal(existsSync(path), false);
  });

  it("answers HEAD without a body, and anything it does not know as JSON too", async (test) => {
    const path = join(aFolder(test), "control.sock");
    const server = aServer(path);
    await server.listen();
    const head = await ask(path, "/status", "HEAD");
    assert.equal(head.headers["content-length"], "13");
    assert.equal(await text(head), "");
    for (const unknown of ["/", "/status/", "/toString", "/constructor"]) {
      const response = await ask(path, unknown);
      assert.equal(response.statusCode, 404);
      assert.deepEqual(await json(response), {
        error: "there is no such page",
        pages: ["/status", "/config"],
      });
    }
    await server.close();
  });

  it("is read-only", async (test) => {
    const path = join(aFolder(test), "control.sock");
    const server = aServer(path);
    await server.listen();
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await ask(path, "/status", method);
      assert.equal(response.statusCode, 405);
      assert.equal(response.headers.allow, "GET, HEAD");
      await json(response);
    }
    await server.close();
  });

  it("takes the place of a socket left behind", async (test) => {
    const path = join(aFolder(test), "control.sock");
    writeFileSync(path, "");
    const server = aServer(path);
    assert.deepEqual(await server.listen(), { kind: "listening" });
    await server.close();
  });

  it("says so when the path is too long for a Unix socket", async (test) => {
    const server = aServer(join(aFolder(test), "x".repeat(108), "control.sock"));
    const start = await server.listen();
    assert.ok(start.kind === "unavailable");
    assert.match(start.reason, /shorten data_dir/);
    await server.close();
  });

  it("says so when the path cannot be bound", async (test) => {
    const start = await aServer(join(aFolder(test), "missing", "control.sock")).listen();
    assert.equal(start.kind, "unavailable");
  });

  it("is closed even while somebody holds a connection open", async (test) => {
    const path = join(aFolder(test), "control.sock");
    const server = aServer(path);
    await server.listen();
    const idle = connect(path);
    idle.on("error", () => undefined);
    await once(idle, "connect");
    idle.write("GET /status HTTP/1.1\r\n");
    const closed = new Promise((resolve) => idle.on("close", resolve));
    await server.close();
    await closed;
  });
});
