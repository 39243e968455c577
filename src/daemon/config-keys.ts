/**
 * THE table of configuration keys [protocol §5.3]. It drives the parser, `config explain` and the table in
 * docs/configuration.md, so that none of them can say something else. Defaults are not repeated here:
 * they come from the core's own defaults.
 */
import { DEFAULT_CORE_CONFIG } from "../core/core-config.ts";
import type { CoreConfig, CoreLimits } from "../core/core-config.ts";
import type { PeerAddress } from "../core/ports.ts";
import type { VectorUse } from "../pow/index.ts";
import {
  address,
  addressList,
  bytes,
  choice,
  integer,
  path,
  rangeList,
  seconds,
  yesNo,
} from "./config-value.ts";
import type { PathOrigin, ValueKind } from "./config-value.ts";

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
export type LogFormat = "text" | "json";

/** Everything that may be set, side by side. `Config` puts the core's part into its `core`. */
export interface ConfigFields extends Omit<CoreConfig, "limits">, CoreLimits {
  /** Port 0 is any free port. */
  readonly p2pAddress: PeerAddress;
  /** Port 0 is any free port. */
  readonly apiAddress: PeerAddress;
  /** Path of the peer's PEM key; undefined when none is given. */
  readonly hostkey: string | undefined;
  /** What peers are told instead of the p2p address; undefined for the p2p address itself. */
  readonly advertiseAddress: PeerAddress | undefined;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Undefined: nothing is served over HTTP. Port 0 is any free port. */
  readonly monitorAddress: PeerAddress | undefined;
  /** Items whose life is remembered; 0 is none. */
  readonly journalItems: number;
  /** How many of the items that come in a second at most, and of those that are refused. */
  readonly journalItemsPerSecond: number;
  /** Threads that solve proofs of work. */
  readonly powWorkers: number;
  readonly powVectors: VectorUse;
}

/** Fields whose default depends on others or on the machine. */
type DerivedField =
  "dataDir" | "outboundLinksTarget" | "powWorkers" | "pendingItemsPerLink" | "pendingBytesPerLink";
export type FixedDefaults = Omit<ConfigFields, DerivedField>;

const { limits, outboundLinksTarget, ...coreDefaults } = DEFAULT_CORE_CONFIG;

export const FIXED_DEFAULTS: FixedDefaults = {
  ...coreDefaults,
  ...limits,
  p2pAddress: { host: "127.0.0.1", port: 6001 },
  apiAddress: { host: "127.0.0.1", port: 7001 },
  hostkey: undefined,
  advertiseAddress: undefined,
  powVectors: "widest",
  logLevel: "info",
  logFormat: "text",
  monitorAddress: undefined,
  journalItems: 4_096,
  journalItemsPerSecond: 500,
};

export const KEY_GROUPS = [
  "Addresses and files",
  "Overlay",
  "Spreading",
  "Verdicts",
  "Proof of work",
  "Limits for modules",
  "Limits for peers",
  "Log",
  "Monitor",
] as const;
type KeyGroup = (typeof KEY_GROUPS)[number];

interface KeyText {
  readonly name: string;
  readonly group: KeyGroup;
  readonly meaning: string;
  /** What a higher value, or the other choice, does. */
  readonly raising?: string;
  readonly lowering?: string;
  /** Where the default and the range come from. */
  readonly provenance: string;
  /** For defaults that are no fixed value; otherwise the fixed value as one would write it. */
  readonly defaultText?: string;
  readonly aliases?: readonly string[];
  /** `global` keys stand before the first section or in `[global]`. */
  readonly section?: "global" | "gossip";
}

const TEXT_DEFAULTS = { aliases: [], section: "gossip", raising: "", lowering: "" } as const;

export interface ConfigKey extends Required<KeyText> {
  readonly unit: string;
  readonly allowed: string;
  /** The field it fills. */
  readonly field: keyof ConfigFields;
  /** Reads a value into the draft; what is allowed, when it is at fault. */
  read(text: string, origin: PathOrigin, draft: ConfigDraft): string | undefined;
  /** What is allowed, when the field holds something else. */
  check(draft: ConfigDraft): string | undefined;
}

/** What has been set so far. */
export type ConfigDraft = { -readonly [Field in keyof ConfigFields]?: ConfigFields[Field] };

function key<Field extends keyof ConfigFields>(
  field: Field,
  kind: ValueKind<NonNullable<ConfigFields[Field]>>,
  text: KeyText,
): ConfigKey {
  const fixed: Partial<ConfigFields> = FIXED_DEFAULTS;
  const byDefault = fixed[field];
  return {
    ...TEXT_DEFAULTS,
    defaultText: byDefault === undefined ? "none" : kind.show(byDefault) || "empty",
    ...text,
    unit: kind.unit,
    allowed: kind.allowed,
    field,
    read(written, origin, draft) {
      const parsed = kind.parse(written, origin);
      if (parsed.kind === "fault") return parsed.problem;
      draft[field] = parsed.value;
      return undefined;
    },
    check(draft) {
      const given = draft[field];
      return given === undefined ? undefined : kind.check(given);
    },
  };
}

/** A queue or store must be able to hold the largest frame (65,535 bytes). */
const storeBytes = { min: 64 * 1024, max: 1024 ** 3 } as const;
/** Half a queue must still be several messages: offers fill at most half [protocol §4.9]. */
const queueLength = { min: 16, max: 1_048_576 } as const;
const itemCount = { min: 1, max: 1_048_576 } as const;

export const CONFIG_KEYS: readonly ConfigKey[] = [
  key("hostkey", path, {
    name: "hostkey",
    section: "global",
    group: "Addresses and files",
    meaning: "The peer's private key, a PEM file. This version does not read it yet.",
    provenance: "protocol §5.1; every VoidPhone module has it",
  }),
  key("p2pAddress", address("listen"), {
    name: "p2p_address",
    aliases: ["listen_address"],
    group: "Addresses and files",
    meaning: "Where other gossip modules reach this one.",
    raising: "0.0.0.0 or [::] listens on every network interface",
    lowering: "127.0.0.1 or [::1] admits peers on this machine only",
    provenance: "protocol §5.1; the course's sample file",
  }),
  key("apiAddress", address("listen"), {
    name: "api_address",
    group: "Addresses and files",
    meaning: "Where the modules of this host reach gossip. Whoever reaches it is trusted.",
    raising: "an address outside loopback lets other machines act as modules (warned about)",
    lowering: "127.0.0.1 or [::1] keeps it on this machine",
    provenance: "protocol §5.1, §2.7; the course's sample file",
  }),
  key("bootstrappers", addressList, {
    name: "bootstrapper",
    group: "Addresses and files",
    meaning: "Where to join the network. Empty, or our own address: this node is the bootstrapper.",
    raising: "several: one of them may be down",
    lowering: "none: this node waits until others dial it",
    provenance: "protocol §3.7, §5.1",
  }),
  key("dataDir", path, {
    name: "data_dir",
    group: "Addresses and files",
    meaning:
      "Folder of the daemon's state: lock, control socket, address book. At most 90 bytes long.",
    defaultText: "${XDG_STATE_HOME:-~/.local/state}/voidgossip/<p2p_address>",
    provenance: "protocol §5.2; XDG Base Directory; 103 bytes for the path of a Unix socket",
  }),

  key("cacheSize", integer("items", { min: 0, max: 65_536 }), {
    name: "cache_size",
    group: "Spreading",
    meaning: "Accepted items kept for links that come up later.",
    raising: "peers that join late hear more of what was said before; more memory",
    lowering: "less of that; 0 keeps none. Never changes what counts as a duplicate",
    provenance: "protocol §4.9, §5.1; upper bound: item ids have 16 bits",
  }),
  key("knowledgeBytes", bytes(storeBytes), {
    name: "knowledge_bytes",
    group: "Spreading",
    meaning: "Payload kept for links that come up later, whatever cache_size says.",
    raising: "many large items can be kept; more memory",
    lowering: "the oldest items go earlier",
    provenance: "protocol §4.9",
  }),
  key("degree", integer("links", { min: 1, max: 1_024 }), {
    name: "degree",
    group: "Spreading",
    meaning: "To how many links an item is forwarded at most.",
    raising: "items arrive sooner and survive more failures; more duplicate copies",
    lowering: "less traffic; below 3 or so some nodes may miss an item",
    provenance: "protocol §4.7, §5.1; 0 would never forward and is refused",
  }),
  key("extensions", yesNo("on", "off"), {
    name: "extensions",
    group: "Overlay",
    meaning: "Whether nodes of this implementation recognise each other and do more.",
    raising: "yes: keepalive, peer exchange, neighbours of our own choice",
    lowering: "no: the base protocol only, towards everybody",
    provenance: "protocol §5.2, §6",
  }),
  key("outboundLinksTarget", integer("links", { min: 0, max: 1_024 }), {
    name: "min_connections",
    group: "Overlay",
    meaning: "Links this node dials and keeps.",
    raising: "harder to cut off; more traffic",
    lowering: "less traffic; easier to cut off",
    defaultText: `${outboundLinksTarget}, or degree if smaller`,
    provenance: "protocol §5.2, §7.1",
  }),
  key("advertiseAddress", address("dial"), {
    name: "advertise_address",
    group: "Addresses and files",
    meaning: "Where peers can dial us, when it is not p2p_address. They are told the port.",
    provenance: "protocol §5.2, §6.3",
  }),
  key("inboundLinksMax", integer("links", { min: 0, max: 16_384 }), {
    name: "max_connections",
    group: "Overlay",
    meaning: "Links accepted from others, besides those this node dials.",
    raising: "room for more peers; more memory and file descriptors",
    lowering: "fewer; 0 accepts nobody",
    provenance:
      "protocol §5.2, §7.1; upper bound: what was measured (bench/idle goes to 10,000); raise the descriptor limit with it",
  }),
  key("localRanges", rangeList, {
    name: "local_ranges",
    group: "Overlay",
    meaning: "Addresses exempt from all bounds per address and per group.",
    raising: "more addresses may open many links each",
    lowering: "empty: the bounds hold for everybody, on one machine too",
    provenance: "protocol §3.5; RFC 1122, 1918, 3927, 4193, 4291",
  }),

  key("validationPolicy", choice({ all: ["all"], any: ["any"], first: ["first"] }), {
    name: "validation_policy",
    group: "Verdicts",
    meaning: "Whose verdict lets an item from a peer spread: all modules asked, any, or the first.",
    raising: "any, first: one module that refuses too much no longer stops items",
    lowering: "all: one refusal stops an item",
    provenance: "protocol §4.3",
  }),
  key("validationTimeoutMs", seconds({ min: 100, max: 120_000 }), {
    name: "validation_timeout",
    group: "Verdicts",
    meaning: "From the arrival of an item to the last verdict that counts.",
    raising: "slow modules and people are heard; items wait longer and fill the store",
    lowering: "items go sooner; slow modules are not heard",
    provenance: "protocol §4.3; upper bound: how long a duplicate is recognised (§4.8)",
  }),
  key("announceRule", yesNo("strict", "lenient"), {
    name: "api_strict",
    group: "Verdicts",
    meaning: "Close modules that announce a type without NOTIFY, or without data.",
    raising: "yes: as the course's mock server does",
    lowering: "no: both are taken",
    provenance: "protocol §2.1",
  }),
  key("pendingItems", integer("items", itemCount), {
    name: "pending_items",
    group: "Verdicts",
    meaning: "Items that wait for a verdict, in all.",
    raising: "slower modules lose fewer items; more memory",
    lowering: "items beyond it are notified, but not forwarded",
    provenance: "protocol §4.10",
  }),
  key("pendingBytes", bytes(storeBytes), {
    name: "pending_bytes",
    group: "Verdicts",
    meaning: "Payload that waits for a verdict, in all.",
    raising: "as pending_items",
    lowering: "as pending_items",
    provenance: "protocol §4.10",
  }),
  key("pendingItemsPerLink", integer("items", itemCount), {
    name: "pending_items_per_link",
    group: "Verdicts",
    meaning: "Items from one link that wait for a verdict. At most pending_items.",
    raising: "one busy peer loses fewer items, at the cost of the others",
    lowering: "one peer cannot fill the store; it is slowed down earlier",
    defaultText: `${limits.pendingItemsPerLink}, or pending_items if smaller`,
    provenance: "protocol §4.10",
  }),
  key("pendingBytesPerLink", bytes(storeBytes), {
    name: "pending_bytes_per_link",
    group: "Verdicts",
    meaning: "Payload from one link that waits for a verdict. At most pending_bytes.",
    raising: "as pending_items_per_link",
    lowering: "as pending_items_per_link",
    defaultText: "8 MiB, or pending_bytes if smaller",
    provenance: "protocol §4.10",
  }),

  key("difficultyBits", integer("bits", { min: 0, max: 28 }), {
    name: "pow_difficulty",
    group: "Proof of work",
    meaning: "Zero bits a proof begins with. All nodes of a network need the same.",
    raising: "each bit doubles the work of opening a link, for attackers too",
    lowering: "links come up sooner; 0 for tests",
    provenance: "protocol §3.2; 24 as in the project's report",
  }),
  key("powTimeoutMs", seconds({ min: 1_000, max: 3_600_000 }), {
    name: "pow_timeout",
    group: "Proof of work",
    meaning: "How long a dialler may take for its proof.",
    raising: "slow machines get in; half-open links stay longer",
    lowering: "half-open links go sooner; slow machines stay out",
    provenance: "protocol §3.3; range: guess around it",
  }),
  key("powWorkers", integer("threads", { min: 1, max: 64 }), {
    name: "pow_workers",
    group: "Proof of work",
    meaning: "Threads that search for our own proofs.",
    raising: "links come up sooner, while fewer cores are left for other programs",
    lowering: "links come up later",
    defaultText: "number of cores, at most 4",
    provenance: "protocol §5.2; 4: guess, so that a large server is not taken over",
  }),
  key("powVectors", choice({ widest: ["widest"], portable: ["portable"] }), {
    name: "pow_vectors",
    group: "Proof of work",
    meaning: "Which vector instructions the search for proofs may use.",
    raising:
      "widest: twice the rate on Node 24 and 25, by an experimental feature of the engine, which is on while threads choose their kernel, some 0.2 s",
    lowering: "portable: nothing experimental",
    provenance: "protocol §5.2; measured, docs/decisions/0010-wide-vectors.md",
  }),

  key("subscribersMax", integer("connections", { min: 1, max: 16_384 }), {
    name: "api_connections",
    group: "Limits for modules",
    meaning: "API connections at the same time.",
    raising: "room for modules that connect many times; more memory and descriptors",
    lowering: "a module that leaks connections is stopped earlier",
    provenance: "protocol §2.7",
  }),
  key("subscriberQueueBytes", bytes(storeBytes), {
    name: "api_queue_bytes",
    group: "Limits for modules",
    meaning: "Notifications waiting for one module.",
    raising: "a slow module misses fewer; more memory for each",
    lowering: "a slow module misses more",
    provenance: "protocol §2.6",
  }),
  key("subscriberQueueMessages", integer("messages", queueLength), {
    name: "api_queue_messages",
    group: "Limits for modules",
    meaning: "Notifications waiting for one module, by number.",
    raising: "as api_queue_bytes",
    lowering: "as api_queue_bytes",
    provenance: "protocol §2.6",
  }),

  key("linkQueueBytes", bytes(storeBytes), {
    name: "peer_queue_bytes",
    group: "Limits for peers",
    meaning: "What one link has not taken yet.",
    raising: "a slow peer misses fewer items; more memory for each link",
    lowering: "a slow peer misses more; its oldest items are dropped",
    provenance: "protocol §4.11",
  }),
  key("linkQueueFrames", integer("frames", queueLength), {
    name: "peer_queue_frames",
    group: "Limits for peers",
    meaning: "What one link has not taken yet, by number.",
    raising: "as peer_queue_bytes",
    lowering: "as peer_queue_bytes",
    provenance: "protocol §4.11",
  }),
  key("linkFramesPerSecond", integer("frames/s", { min: 10, max: 1_000_000, zero: "no limit" }), {
    name: "peer_frames_per_second",
    group: "Limits for peers",
    meaning: "Reading from one link, sustained; bursts are four times that.",
    raising: "busier peers are read at full speed; a hostile one costs more time",
    lowering: "each peer costs less time; busy ones are slowed down",
    provenance: "protocol §4.11",
  }),
  key("linkBytesPerSecond", bytes({ ...storeBytes, zero: "no limit" }), {
    name: "peer_bytes_per_second",
    group: "Limits for peers",
    meaning: "Reading from one link, sustained; bursts are four times that.",
    raising: "as peer_frames_per_second",
    lowering: "as peer_frames_per_second",
    provenance: "protocol §4.11; lower bound: one largest frame a second",
  }),

  key(
    "logLevel",
    choice({
      fatal: ["fatal"],
      error: ["error"],
      warn: ["warn"],
      info: ["info"],
      debug: ["debug"],
      trace: ["trace"],
      silent: ["silent"],
    }),
    {
      name: "log_level",
      group: "Log",
      meaning: "The least important kind of line that is written.",
      raising: "towards trace: more lines; never payloads or keys",
      lowering: "towards fatal: fewer lines; silent: none",
      provenance: "protocol §5.2",
    },
  ),
  key("logFormat", choice({ text: ["text"], json: ["json"] }), {
    name: "log_format",
    group: "Log",
    meaning: "Lines for people, or one JSON object per line for machines.",
    provenance: "protocol §5.2",
  }),

  key("monitorAddress", address("listen"), {
    name: "monitor_address",
    group: "Monitor",
    meaning: "Where this node shows its state over HTTP: page, metrics, status. None: nowhere.",
    raising: "an address outside loopback shows it to other machines (warned about)",
    lowering: "127.0.0.1 or [::1] shows it on this machine only",
    provenance: "protocol §5.2",
  }),
  key("journalItems", integer("items", { min: 0, max: 65_536 }), {
    name: "journal_items",
    group: "Monitor",
    meaning: "Items whose life in this node is remembered for `voidgossip explain`.",
    raising: "older items can be explained; some 2 KiB of memory for each",
    lowering: "fewer; 0 remembers none",
    provenance: "protocol §5.2; 4,096: guess, minutes of an ordinary network",
  }),
  key("journalItemsPerSecond", integer("items/s", { min: 1, max: 1_000_000 }), {
    name: "journal_items_per_second",
    group: "Monitor",
    meaning:
      "How many new items in a second are remembered or shown to whoever watches, each as a whole.",
    raising:
      "fewer items go unrecorded in a burst; each takes about as long as relaying another one",
    lowering: "less time at high rates",
    provenance:
      "protocol §5.2; 500: guess, all of them cost half of the throughput (bench/monitor)",
  }),
];

/** Keys of `[gossip]` in files of other gossip modules; they mean nothing here [protocol §5.1]. */
export const FOREIGN_KEYS: readonly string[] = [
  "known_peers",
  "search_cooldown",
  "challenge_cooldown",
];

/** The key of this name or alias, whatever its case. */
export function findConfigKey(name: string): ConfigKey | undefined {
  const wanted = name.toLowerCase();
  return CONFIG_KEYS.find((known) => known.name === wanted || known.aliases.includes(wanted));
}
