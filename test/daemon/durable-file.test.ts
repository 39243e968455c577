import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { replaceDurably } from "../../src/daemon/durable-file.ts";
import { aFolder } from "./support/folders.ts";

const OLD = "what was there";
const NEW = "what comes instead";

function aFile(test: TestContext): string {
  const path = join(aFolder(test), "file");
  writeFileSync(path, OLD);
  return path;
}

/** Calls instead of `sync` of every file that is open; the original does its work first. */
async function onSync(test: TestContext, then: (synced: number) => void): Promise<void> {
  const any = await open(aFile(test), "r");
  const prototype = Object.getPrototypeOf(any) as FileHandle;
  await any.close();
  const original = Object.getOwnPropertyDescriptor(prototype, "sync")?.value as FileHandle["sync"];
  let synced = 0;
  test.mock.method(prototype, "sync", async function (this: FileHandle) {
    await original.call(this);
    then(++synced);
  });
}

const diskError = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

describe("a file that is replaced as a whole", () => {
  it("is on the disk before it has its name, and its name is on the disk before it is said to be", async (test) => {
    const path = aFile(test);
    const states: string[][] = [];
    await onSync(test, () => {
      const folder = join(path, "..");
      states.push(
        readdirSync(folder).map((name) => `${name}: ${readFileSync(join(folder, name), "utf8")}`),
      );
    });
    await replaceDurably(path, NEW);
    assert.deepEqual(states, [[`file: ${OLD}`, `file.new: ${NEW}`], [`file: ${NEW}`]]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("stays as it was when the disk fails", async (test) => {
    const path = aFile(test);
    await onSync(test, () => {
      throw diskError("EIO");
    });
    await assert.rejects(replaceDurably(path, NEW), /EIO/);
    assert.equal(readFileSync(path, "utf8"), OLD);
  });

  it("may be in a folder that cannot be brought to the disk by itself, but not in a broken one", async (test) => {
    const path = aFile(test);
    let code = "EINVAL";
    await onSync(test, (synced) => {
      if (synced % 2 === 0) throw diskError(code);
    });
    await replaceDurably(path, NEW);
    assert.equal(readFileSync(path, "utf8"), NEW);
    code = "EIO";
    await assert.rejects(replaceDurably(path, OLD), /EIO/);
  });

  it("is written in spite of a draft that a crash left behind", async (test) => {
    const path = aFile(test);
    writeFileSync(`${path}.new`, `${NEW} and much that was cut o`);
    await replaceDurably(path, NEW);
    assert.equal(readFileSync(path, "utf8"), NEW);
    assert.deepEqual(readdirSync(join(path, "..")), ["file"]);
  });

  it("stays as it was when the draft cannot be written", async (test) => {
    const path = aFile(test);
    mkdirSync(`${path}.new`);
    await assert.rejects(replaceDurably(path, NEW), /EISDIR/);
    assert.equal(readFileSync(path, "utf8"), OLD);
  });
});
