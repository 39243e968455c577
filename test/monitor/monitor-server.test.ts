import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { MonitorServer, SECURITY_HEADERS } from "../../src/monitor/monitor-server.ts";
import { jsonPage } from "../../src/monitor/read-only-http.ts";
import type { Pages } from "../../src/monitor/read-only-http.ts";
import { webPages } from "../../src/monitor/web-files.ts";
import { aFolder } from "../daemon/support/folders.ts";

const STATE: Pages = new Map([["/status", jsonPage(() => ({ links: [] }))]]);

async function aMonitor(test: TestContext, pages: Pages = STATE): Promise<number> {
  const server = new MonitorServer({ host: "127.0.0.1", port: 0 }, pages);
  await server.listen();
  test.after(() => server.close());
  return server.address?.port ?? 0;
}

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(port: number, asked: Asked = {}): Promise<IncomingMessage> {
  const { path = "/status", method = "GET", headers = {} } = asked;
  const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

describe("the monitor's server", () => {
  it("answers whoever calls it by an address of this machine, under any port", async (test) => {
    const port = await aMonitor(test);
    const names = ["127.0.0.1", "localhost", "LOCALHOST", "127.1.2.3", "[::1]", "localhost:1"];
    for (const host of [...names, ...names.map((name) => `${name}:${port}`).slice(0, 5)]) {
      const response = await ask(port, { headers: { host } });
      assert.equal(response.statusCode, 200, host);
      response.resume();
    }
  });

  it("refuses every other name: a page elsewhere may have pointed it here", async (test) => {
    const port = await aMonitor(test);
    const others = ["evil.example", "evil.localhost", "localhost.evil.example", "10.0.0.1", "::1x"];
    for (const host of [...others, "127.0.0.1.evil.example", "evil.example:80", "[::2]", "a b"]) {
      const response = await ask(port, { headers: { host } });
      assert.equal(response.statusCode, 403, host);
      assert.match(await text(response), /Host header/);
    }
  });

  it("refuses a request of old that has no Host at all", async (test) => {
    const port = await aMonitor(test);
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /status HTTP/1.0\r\n\r\n");
    assert.match(await text(socket), /^HTTP\/1\.1 403 /);
  });

  it("sends its headers with every answer, and none that lets others read it", async (test) => {
    const port = await aMonitor(test);
    for (const asked of [
      {},
      { path: "/nothing" },
      { method: "POST" },
      { headers: { host: "evil.example" } },
      { headers: { origin: "http://evil.example" } },
    ]) {
      const { headers } = (await ask(port, asked)).resume();
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
        assert.equal(headers[name], value);
      }
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith("access-control")),
        [],
      );
    }
  });

  it("is read-only", async (test) => {
    const port = await aMonitor(test);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await ask(port, { method });
      assert.equal(response.statusCode, 405, method);
      response.resume();
    }
  });

  it("does not read headers without end", async (test) => {
    const port = await aMonitor(test);
    const response = await ask(port, { headers: { "x-long": "x".repeat(9_000) } });
    assert.equal(response.statusCode, 431);
    response.resume();
  });

  it("has a bound on connections", async (test) => {
    const port = await aMonitor(test);
    const sockets = Array.from({ length: 80 }, () => connect(port, "127.0.0.1"));
    let closed = 0;
    const sixteenClosed = new Promise<void>((resolve) => {
      for (const socket of sockets) {
        socket.on("error", () => undefined);
        socket.on("close", () => {
          if (++closed === 16) resolve();
        });
      }
    });
    await sixteenClosed;
    for (const socket of sockets) socket.destroy();
  });
});

describe("the page's files", () => {
  it("are served as what they are, and nothing beside them", async (test) => {
    const folder = aFolder(test);
    mkdirSync(join(folder, "web", "assets"), { recursive: true });
    writeFileSync(join(folder, "secret.txt"), "secret");
    writeFileSync(join(folder, "web", "index.html"), "<!doctype html>");
    writeFileSync(join(folder, "web", "assets", "page.js"), "1;");
    writeFileSync(join(folder, "web", "assets", "page.js.map"), "{}");
    const port = await aMonitor(test, webPages(join(folder, "web")));
    const types = async (path: string): Promise<unknown> => {
      const { statusCode, headers } = (await ask(port, { path })).resume();
      return statusCode === 200 ? headers["content-type"] : statusCode;
    };
    assert.equal(await types("/"), "text/html; charset=utf-8");
    assert.equal(await types("/index.html?x"), "text/html; charset=utf-8");
    assert.equal(await types("/assets/page.js"), "text/javascript; charset=utf-8");
    for (const path of ["/assets/page.js.map", "/assets", "/../secret.txt", "/%2e%2e/secret.txt"]) {
      assert.equal(await types(path), 404, path);
    }
  });

  it("are none where the page is not built", (test) => {
    assert.equal(webPages(join(aFolder(test), "missing")).size, 0);
  });
});
