import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { DataDir } from "../../src/daemon/data-dir.ts";
import { DataDirLockedError, DataDirUnusableError } from "../../src/daemon/gossip-error.ts";
import { unprivileged } from "../support/unprivileged.ts";
import { aFolder } from "./support/folders.ts";

describe("the data folder", () => {
  it("is created for its owner alone, with the folders above it", (test) => {
    const path = join(aFolder(test), "a", "b");
    const dir = DataDir.open(path);
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(statSync(join(path, "lock")).mode & 0o777, 0o600);
    assert.equal(dir.takeover, "none");
    assert.equal(dir.file("x"), join(path, "x"));
    dir.release();
  });

  it("is nobody else's as long as it is locked", (test) => {
    const path = aFolder(test);
    const dir = DataDir.open(path);
    assert.throws(
      () => DataDir.open(path),
      (error) => {
        assert.ok(error instanceof DataDirLockedError);
        assert.ok(error.message.includes(`pid ${process.pid}`));
        assert.ok(!error.message.includes("\n"));
        return true;
      },
    );
    dir.release();
    assert.deepEqual(readdirSync(path), []);
    DataDir.open(path).release();
  });

  it("is taken over from a process that is dead", async (test) => {
    const path = aFolder(test);
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    writeFileSync(join(path, "lock"), `${dead.pid ?? 0} \n`);
    const dir = DataDir.open(path);
    assert.equal(dir.takeover, "staleLock");
    assert.deepEqual(readdirSync(path), ["lock"]);
    dir.release();
  });

  it(
    "is taken over from a process whose id now belongs to another one",
    { skip: !existsSync("/proc/self/stat") },
    (test) => {
      const path = aFolder(test);
      writeFileSync(join(path, "lock"), `${process.pid} other-boot/1\n`);
      const dir = DataDir.open(path);
      assert.equal(dir.takeover, "staleLock");
      assert.match(readFileSync(join(path, "lock"), "utf8"), /^\d+ [0-9a-f-]{36}\/\d+\n$/);
      dir.release();
    },
  );

  it("is taken over when its lock is no lock of ours", (test) => {
    for (const text of ["", "garbage", "-1 x\n", "12"]) {
      const path = aFolder(test);
      writeFileSync(join(path, "lock"), text);
      const dir = DataDir.open(path);
      assert.equal(dir.takeover, "staleLock");
      dir.release();
    }
  });

  it("is locked by a living process of another user, or one that tells nothing of itself", (test) => {
    const path = aFolder(test);
    writeFileSync(join(path, "lock"), `${process.ppid} \n`);
    assert.throws(() => DataDir.open(path), DataDirLockedError);
  });

  it("does not give free what somebody else has taken over", (test) => {
    const path = aFolder(test);
    const dir = DataDir.open(path);
    writeFileSync(join(path, "lock"), "1 other\n");
    dir.release();
    assert.equal(readFileSync(join(path, "lock"), "utf8"), "1 other\n");
  });

  it("says in one line why it cannot be used", (test) => {
    const folder = aFolder(test);
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const path of [file, join(file, "below")]) {
      assert.throws(
        () => DataDir.open(path),
        (error) => {
          assert.ok(error instanceof DataDirUnusableError);
          assert.match(error.message, /^cannot use .*: (there is a file|a part of the path).*$/);
          return true;
        },
      );
    }
  });

  it("is not waited for where a file system has no place for folders", () => {
    assert.throws(() => DataDir.open("/proc/voidgossip/node"), DataDirUnusableError);
  });

  it("reports a folder it may not write", (test) => {
    const path = join(aFolder(test), "closed");
    mkdirSync(path);
    chmodSync(path, 0o500);
    unprivileged(() => assert.throws(() => DataDir.open(path), /may not write/));
  });

  it("that may not be written any more keeps its lock, which is then a stale one", (test) => {
    const path = aFolder(test);
    chmodSync(path, 0o777);
    unprivileged(() => {
      const dir = DataDir.open(join(path, "d"));
      chmodSync(dir.path, 0o500);
      dir.release();
      chmodSync(dir.path, 0o700);
      assert.deepEqual(readdirSync(dir.path), ["lock"]);
    });
  });
});
