import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { DEFAULT_CORE_CONFIG } from "../../src/core/core-config.ts";
import { unprivileged } from "../support/unprivileged.ts";
import { Config } from "../../src/daemon/config.ts";
import type { IniSource } from "../../src/daemon/config.ts";
import { ConfigError, ConfigFileError } from "../../src/daemon/gossip-error.ts";

const SOURCE: IniSource = {
  file: "/etc/voidphone/host.ini",
  env: {},
  home: "/home/op",
  cores: 8,
  fileExists: () => true,
};

const read = (text: string, source: Partial<IniSource> = {}): Config =>
  Config.fromIni(text, { ...SOURCE, ...source });
const gossip = (lines: string, source: Partial<IniSource> = {}): Config =>
  read(`[gossip]\n${lines}`, source);
const warningsOf = (config: Config): string[] => config.warnings.map(({ message }) => message);

const folder = mkdtempSync(join(tmpdir(), "voidgossip-config-"));
after(() => rmSync(folder, { recursive: true }));

describe("a configuration", () => {
  it("has the protocol's defaults where a file says nothing", () => {
    const config = gossip("");
    assert.deepEqual(config.core, DEFAULT_CORE_CONFIG);
    assert.deepEqual(config.p2pAddress, { host: "127.0.0.1", port: 6001 });
    assert.deepEqual(config.apiAddress, { host: "127.0.0.1", port: 7001 });
    assert.equal(config.hostkey, undefined);
    assert.equal(config.dataDir, "/home/op/.local/state/voidgossip/127.0.0.1_6001");
    assert.equal(config.logLevel, "info");
    assert.equal(config.logFormat, "text");
    assert.equal(config.powWorkers, 4);
    assert.deepEqual(config.warnings, []);
  });

  it("is read from a file as the course hands it out", () => {
    const config = read(
      [
        "hostkey = /hostkey.pem",
        "",
        "[gossip]",
        "cache_size = 40",
        "degree = 20",
        "bootstrapper = p2psec.example:6001",
        "p2p_address = 131.159.15.62:6001",
        "api_address = 127.0.0.1:7001",
        "",
        "[onion]",
        "hops = 2",
      ].join("\r\n"),
    );
    assert.equal(config.hostkey, "/hostkey.pem");
    assert.equal(config.core.cacheSize, 40);
    assert.equal(config.core.degree, 20);
    assert.deepEqual(config.core.bootstrappers, [{ host: "p2psec.example", port: 6001 }]);
    assert.deepEqual(config.p2pAddress, { host: "131.159.15.62", port: 6001 });
    assert.deepEqual(config.warnings, []);
  });

  it("fills every field of the core from its key", () => {
    const { core, advertiseAddress } = gossip(`
      cache_size = 0
      degree = 1
      pow_difficulty = 8
      pow_timeout = 1.5
      pow_workers = 2
      validation_timeout = 0.25
      validation_policy = ANY
      api_strict = Yes
      max_connections = 0
      min_connections = 3
      extensions = no
      advertise_address = peer.example:7
      local_ranges = 10.0.0.0/8, ::1
      api_connections = 3
      api_queue_bytes = 64KiB
      api_queue_messages = 17
      peer_queue_bytes = 65537
      peer_queue_frames = 18
      peer_frames_per_second = 0
      peer_bytes_per_second = 1 gib
      pending_items = 100
      pending_bytes = 2 MiB
      pending_items_per_link = 10
      pending_bytes_per_link = 1 MiB
      knowledge_bytes = 3 MiB
      bootstrapper = a:1, [::1]:2`);
    assert.deepEqual(advertiseAddress, { host: "peer.example", port: 7 });
    assert.deepEqual(core, {
      cacheSize: 0,
      degree: 1,
      difficultyBits: 8,
      powTimeoutMs: 1_500,
      validationTimeoutMs: 250,
      validationPolicy: "any",
      announceRule: "strict",
      inboundLinksMax: 0,
      outboundLinksTarget: 3,
      extensions: "off",
      localRanges: [
        { address: { bytes: [10, 0, 0, 0] }, prefixBits: 8 },
        { address: { bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] }, prefixBits: 128 },
      ],
      subscribersMax: 3,
      bootstrappers: [
        { host: "a", port: 1 },
        { host: "::1", port: 2 },
      ],
      limits: {
        subscriberQueueBytes: 65_536,
        subscriberQueueMessages: 17,
        linkQueueBytes: 65_537,
        linkQueueFrames: 18,
        linkFramesPerSecond: 0,
        linkBytesPerSecond: 1_073_741_824,
        pendingItems: 100,
        pendingBytes: 2_097_152,
        pendingItemsPerLink: 10,
        pendingBytesPerLink: 1_048_576,
        knowledgeBytes: 3_145_728,
      },
    });
  });

  it("takes an empty list of local ranges for none, and a missing one for the default", () => {
    assert.deepEqual(gossip("local_ranges =").core.localRanges, []);
    assert.equal(gossip("").core.localRanges.length, 8);
  });

  it("takes listen_address for p2p_address, beside it only with the same value", () => {
    const address = { host: "::1", port: 6001 };
    assert.deepEqual(gossip("listen_address = [::1]:6001").p2pAddress, address);
    const both = "p2p_address = [::1]:6001\nLISTEN_ADDRESS = [::1]:6001";
    assert.deepEqual(gossip(both).p2pAddress, address);
  });

  it("takes a global key above the sections or in [global]", () => {
    assert.equal(read("[global]\nhostkey = k.pem\n[gossip]").hostkey, "/etc/voidphone/k.pem");
    assert.equal(read("hostkey = k.pem\n[gossip]").hostkey, "/etc/voidphone/k.pem");
  });

  it("has port 0 for any free port, for both sockets at once", () => {
    const config = gossip("p2p_address = 127.0.0.1:0\napi_address = 127.0.0.1:0");
    assert.equal(config.p2pAddress.port, 0);
    assert.equal(config.apiAddress.port, 0);
  });

  it("leaves its own address out of the bootstrappers", () => {
    const bootstrappers = (lines: string): unknown => gossip(lines).core.bootstrappers;
    assert.deepEqual(bootstrappers("bootstrapper = 127.0.0.1:6001"), []);
    assert.deepEqual(bootstrappers("p2p_address = A:5\nbootstrapper = a:5, b:5"), [
      { host: "b", port: 5 },
    ]);
    assert.deepEqual(bootstrappers("p2p_address = [::]:5\nbootstrapper = 127.0.0.1:5, [::]:5"), []);
  });

  it("lowers a limit per link with the limit for all, unless told", () => {
    const { limits } = gossip("pending_items = 100\npending_bytes = 1 MiB").core;
    assert.equal(limits.pendingItemsPerLink, 100);
    assert.equal(limits.pendingBytesPerLink, 1_048_576);
  });

  it("uses as many workers as there are cores, up to four", () => {
    const workers = [1, 2, 4, 64].map((cores) => gossip("", { cores }).powWorkers);
    assert.deepEqual(workers, [1, 2, 4, 4]);
    assert.equal(gossip("pow_workers = 64", { cores: 1 }).powWorkers, 64);
  });

  it("cannot be changed", () => {
    const config = gossip("bootstrapper = a:1");
    const parts = [config, config.core, config.core.limits, config.core.localRanges];
    assert.ok([...parts, config.p2pAddress, config.core.bootstrappers[0]].every(Object.isFrozen));
  });
});

describe("the state folder", () => {
  const dataDir = (lines: string, source: Partial<IniSource> = {}): string =>
    gossip(lines, source).dataDir;

  it("lies in XDG_STATE_HOME, if that is absolute", () => {
    assert.equal(dataDir("", { env: { XDG_STATE_HOME: "/s" } }), "/s/voidgossip/127.0.0.1_6001");
    const home = "/home/op/.local/state/voidgossip/127.0.0.1_6001";
    assert.equal(dataDir("", { env: { XDG_STATE_HOME: "s" } }), home);
    assert.equal(dataDir("", { env: { XDG_STATE_HOME: "" } }), home);
  });

  it("is named after the P2P address, in letters that every file system takes", () => {
    const name = (address: string): string | undefined =>
      dataDir(`p2p_address = ${address}`).split("/").at(-1);
    assert.equal(name("[2001:db8::1]:6001"), "ip6-2001-db8--1_6001");
    assert.equal(name("[fe80::1%eth0]:6001"), "ip6-fe80--1-eth0_6001");
    assert.equal(name("p2psec.example:1"), "p2psec.example_1");
  });

  it("is needed from the operator only where the user has no home", () => {
    const homeless = { home: undefined };
    assert.equal(dataDir("data_dir = /d", homeless), "/d");
    assert.equal(
      dataDir("", { ...homeless, env: { XDG_STATE_HOME: "/s" } }).startsWith("/s"),
      true,
    );
    assert.throws(() => dataDir("", homeless), /data_dir: needed, because this user has no home/);
  });
});

describe("a relative path", () => {
  it("starts at the folder of the file, or where the caller says", () => {
    const text = "hostkey = ../k.pem\n[gossip]\ndata_dir = state/a";
    assert.equal(read(text).hostkey, "/etc/k.pem");
    assert.equal(read(text).dataDir, "/etc/voidphone/state/a");
    assert.equal(read(text, { baseDir: "/b/c" }).hostkey, "/b/k.pem");
    assert.equal(read("hostkey = ~/k.pem\n[gossip]\ndata_dir = ~").hostkey, "/home/op/k.pem");
    assert.equal(read("[gossip]\ndata_dir = ~").dataDir, "/home/op");
  });

  it("does not depend on the working directory", () => {
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    const file = join(folder, "paths.ini");
    writeFileSync(file, "hostkey = k.pem\n[gossip]\ndata_dir = d\n");
    const before = process.cwd();
    try {
      for (const cwd of ["/", elsewhere]) {
        process.chdir(cwd);
        for (const name of [file, relative(process.cwd(), file)]) {
          const config = Config.fromFile(name, { fileExists: () => true });
          assert.equal(config.file, name);
          assert.equal(config.hostkey, join(folder, "k.pem"));
          assert.equal(config.dataDir, join(folder, "d"));
        }
      }
    } finally {
      process.chdir(before);
    }
  });
});

describe("a configuration file", () => {
  const fails = (file: string, message: RegExp): void => {
    assert.throws(
      () => Config.fromFile(file),
      (error) => {
        assert.ok(error instanceof ConfigFileError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        assert.ok(error.message.includes(file));
        assert.equal(error.exitCode, 3);
        return true;
      },
    );
  };

  it("that cannot be read gives one line with the reason", () => {
    fails(join(folder, "nowhere.ini"), /there is no such file$/);
    fails(folder, /it is a folder$/);
    const utf16 = join(folder, "utf16.ini");
    writeFileSync(utf16, "\ufeff[gossip]\n", "utf16le");
    fails(utf16, /UTF-16 text; save it as UTF-8$/);
  });

  it("that this user may not read gives one line", () => {
    const file = join(folder, "secret.ini");
    writeFileSync(file, "[gossip]\n");
    chmodSync(file, 0);
    unprivileged(() => fails(file, /this user may not read it$/));
  });

  it("is shipped as a sample, which has nothing to warn of but the missing key", () => {
    const sample = fileURLToPath(new URL("../../../voidgossip.ini", import.meta.url));
    const config = Config.fromFile(sample, { env: {}, home: "/home/op" });
    assert.deepEqual(config.core, DEFAULT_CORE_CONFIG);
    assert.deepEqual(warningsOf(config), [
      `${sample}:6: hostkey: there is no file ${join(dirname(sample), "hostkey.pem")} ` +
        "(not needed until links are encrypted)",
    ]);
  });
});

describe("a warning", () => {
  it("names an unknown key and the one that was probably meant", () => {
    assert.deepEqual(warningsOf(gossip("degre = 5\np2p address = 1\ncache = 1\nfrobnicate = 1")), [
      "/etc/voidphone/host.ini:2: degre: unknown, ignored (did you mean degree?)",
      "/etc/voidphone/host.ini:3: p2p address: unknown, ignored (did you mean p2p_address?)",
      "/etc/voidphone/host.ini:4: cache: unknown, ignored (did you mean cache_size?)",
      "/etc/voidphone/host.ini:5: frobnicate: unknown, ignored",
    ]);
  });

  it("tells keys of other gossip modules from mistakes", () => {
    const text = "known_peers = a:1\nsearch_cooldown = 30\nchallenge_cooldown = 300";
    const warnings = warningsOf(gossip(text));
    assert.equal(warnings.length, 3);
    for (const warning of warnings)
      assert.match(warning, /a key of other gossip modules, ignored$/);
  });

  it("comes with a monitor that other machines can reach", () => {
    assert.deepEqual(warningsOf(gossip("monitor_address = [::1]:0")), []);
    const [warning] = warningsOf(gossip("monitor_address = 0.0.0.0:9001"));
    assert.match(warning ?? "", /not a loopback address: whoever reaches it sees what this node/);
  });

  it("comes with an API address that other machines can reach", () => {
    const warningFor = (address: string): string =>
      warningsOf(gossip(`p2p_address = 127.0.0.1:1\napi_address = ${address}`)).join("\n");
    for (const address of ["0.0.0.0:7001", "[::]:7001", "10.0.0.1:7001", "host.example:7001"]) {
      assert.match(
        warningFor(address),
        /^[^\n]*:3: api_address = .*: not a loopback address/,
        address,
      );
    }
    for (const address of ["127.0.0.2:7001", "[::1]:7001", "localhost:7001"]) {
      assert.equal(warningFor(address), "");
    }
  });

  it("comes with a file that has no section [gossip]", () => {
    assert.deepEqual(warningsOf(read("")), [
      "/etc/voidphone/host.ini: no section [gossip], so the defaults hold",
    ]);
    assert.deepEqual(warningsOf(read("[onion]\n[gosip]\ndegree = x")), [
      "/etc/voidphone/host.ini:2: no section [gossip], so the defaults hold " +
        "(did you mean it by [gosip]?)",
    ]);
  });

  it("comes with a key that stands in the wrong place", () => {
    assert.deepEqual(warningsOf(read("degree = 1\n[gossip]\nhostkey = k")), [
      "/etc/voidphone/host.ini:1: degree: ignored here: it belongs in [gossip]",
      "/etc/voidphone/host.ini:3: hostkey: ignored here: it belongs above the first section",
    ]);
  });

  it("never comes from what belongs to other modules", () => {
    const foreign = "other = 1\n[onion]\ndegree = x\nno equals\na = 1\na = 2\nb = 'c\n[rps]\n= d";
    assert.deepEqual(warningsOf(read(`${foreign}\n[gossip]\ndegree = 3`)), []);
  });
});

describe("built-in defaults", () => {
  it("can be changed field by field, under the same rules", () => {
    const config = Config.defaults({ degree: 2, p2pAddress: { host: "::1", port: 0 } });
    assert.equal(config.core.degree, 2);
    assert.deepEqual(config.p2pAddress, { host: "::1", port: 0 });
    assert.equal(config.file, undefined);
    assert.throws(
      () => Config.defaults({ degree: 0, difficultyBits: 24.5, dataDir: "d" }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(
          error.faults.map(({ message }) => message),
          [
            "degree = 0: a whole number from 1 to 1024",
            "difficultyBits = 24.5: a whole number from 0 to 28",
            'dataDir = "d": an absolute path',
          ],
        );
        return true;
      },
    );
  });

  it("name a broken relation at the field that was given", () => {
    const taken = { p2pAddress: { host: "127.0.0.1", port: 7001 } };
    assert.throws(() => Config.defaults(taken), /^ConfigError: p2pAddress = .*different ports$/);
  });

  it("refuse a field that does not exist, which a caller without types may give", () => {
    const overrides: object = { degrees: 3 };
    assert.throws(() => Config.defaults(overrides), /degrees = 3: there is no such field/);
  });

  it("leave the caller's objects alone", () => {
    const p2pAddress = { host: "::1", port: 0 };
    Config.defaults({ p2pAddress });
    assert.equal(Object.isFrozen(p2pAddress), false);
  });
});
