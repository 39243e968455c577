import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AddressInUseError,
  ConfigError,
  ConfigFileError,
  DataDirLockedError,
  DataDirUnusableError,
  GossipError,
  ListenError,
  listenError,
} from "../../src/daemon/gossip-error.ts";

const failed = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`listen ${code}: something at length`), { code });

describe("an operating error", () => {
  it("has a code, an exit code and one line for people", () => {
    const remark = { file: "f", line: 1, key: "k", message: "f:1: k = v: what is allowed" };
    const errors = [
      new ConfigError([remark]),
      new ConfigFileError("f", "there is no such file"),
      listenError("p2p_address", "127.0.0.1:6001", failed("EADDRINUSE")),
      listenError("api_address", "127.0.0.1:7001", failed("EACCES")),
      new DataDirLockedError("/d", "process 7"),
      new DataDirUnusableError("/d", "this user may not write it"),
    ];
    assert.deepEqual(
      errors.map((error) => [error.name, error.code, error.exitCode, error.message]),
      [
        ["ConfigError", "configFaults", 3, "f:1: k = v: what is allowed"],
        [
          "ConfigFileError",
          "configFile",
          3,
          "cannot read the configuration f: there is no such file",
        ],
        [
          "AddressInUseError",
          "addressInUse",
          4,
          "cannot listen on 127.0.0.1:6001 (p2p_address): another process listens there already",
        ],
        [
          "ListenError",
          "listen",
          4,
          "cannot listen on 127.0.0.1:7001 (api_address): not permitted (ports below 1024 often need privileges)",
        ],
        [
          "DataDirLockedError",
          "dataDirLocked",
          5,
          "another daemon uses /d (process 7): give this one its own data_dir",
        ],
        [
          "DataDirUnusableError",
          "dataDirUnusable",
          5,
          "cannot use /d (data_dir): this user may not write it",
        ],
      ],
    );
    assert.ok(errors.every((error) => error instanceof GossipError));
  });

  it("of a socket keeps its cause, and names it when there is no better word", () => {
    const cause = failed("EMFILE");
    const error = listenError("api_address", "127.0.0.1:7001", cause);
    assert.equal(error.cause, cause);
    assert.match(error.message, /: EMFILE$/);
    assert.ok(!(error instanceof AddressInUseError));
    assert.ok(listenError("api_address", "a", failed("EADDRINUSE")) instanceof ListenError);
  });
});
