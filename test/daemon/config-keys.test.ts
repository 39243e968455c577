import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import {
  CONFIG_KEYS,
  findConfigKey,
  FOREIGN_KEYS,
  KEY_GROUPS,
} from "../../src/daemon/config-keys.ts";
import { Config } from "../../src/daemon/config.ts";

describe("the table of keys", () => {
  it("fills every field of the core and of its limits, each by one key", () => {
    const { limits, ...core } = DEFAULT_CORE_CONFIG;
    const wanted = [...Object.keys(core), ...Object.keys(limits)].sort();
    const daemon =
      "p2pAddress apiAddress advertiseAddress hostkey dataDir logLevel logFormat powWorkers powVectors " +
      "monitorAddress journalItems journalItemsPerSecond";
    const filled = CONFIG_KEYS.map(({ field }) => field).sort();
    assert.deepEqual(filled, [...wanted, ...daemon.split(" ")].sort());
  });

  it("has every key of the protocol's configuration chapter", () => {
    const keys =
      "hostkey cache_size degree bootstrapper p2p_address listen_address api_address " +
      "pow_difficulty pow_timeout pow_workers pow_vectors validation_timeout validation_policy api_strict " +
      "local_ranges advertise_address extensions min_connections max_connections data_dir " +
      "log_level log_format monitor_address journal_items journal_items_per_second";
    for (const name of keys.split(" ")) assert.ok(findConfigKey(name), name);
  });

  it("has no name twice, and none that belongs to other modules", () => {
    const names = CONFIG_KEYS.flatMap(({ name, aliases }) => [name, ...aliases]);
    assert.equal(new Set([...names, ...FOREIGN_KEYS]).size, names.length + FOREIGN_KEYS.length);
    for (const name of names) assert.match(name, /^[a-z0-9_]+$/);
  });

  it("says for each key what it means and where it comes from, citing the protocol", () => {
    for (const key of CONFIG_KEYS) {
      assert.match(key.meaning, /^[A-Z].*\.$/, key.name);
      assert.match(key.provenance, /^protocol §\d+\.\d+/, key.name);
      assert.notEqual(key.defaultText, "", key.name);
      assert.ok(KEY_GROUPS.includes(key.group), key.name);
    }
  });

  it("shows each default as one can write it: that file is the default configuration", () => {
    const around = { env: {}, home: "/h", cores: 2, fileExists: () => true };
    const isLiteral = (text: string): boolean => !/none|smaller|cores|XDG|^p2p_/.test(text);
    const lines = CONFIG_KEYS.filter((key) => isLiteral(key.defaultText)).map(
      (key) => `${key.name} = ${key.defaultText === "empty" ? "" : key.defaultText}`,
    );
    assert.ok(lines.length > 20);
    const config = Config.fromIni(`[gossip]\n${lines.join("\n")}`, { file: "f.ini", ...around });
    const byDefault = Config.defaults({}, around);
    assert.deepEqual(config.warnings, []);
    assert.deepEqual(config.core, byDefault.core);
    assert.deepEqual(config.p2pAddress, byDefault.p2pAddress);
    assert.deepEqual(config.apiAddress, byDefault.apiAddress);
    assert.equal(config.logLevel, byDefault.logLevel);
    assert.equal(config.logFormat, byDefault.logFormat);
  });
});
