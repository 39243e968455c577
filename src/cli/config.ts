import { Command, Option } from "commander";
import { formatAddress } from "../daemon/address.ts";
import { CONFIG_KEYS, findConfigKey, KEY_GROUPS } from "../daemon/config-keys.ts";
import type { ConfigKey } from "../daemon/config-keys.ts";
import { Config } from "../daemon/config.ts";
import { ConfigError, ConfigFileError, ExitCode } from "../daemon/gossip-error.ts";
import type { ConfigRemark } from "../daemon/gossip-error.ts";
import { nearestName } from "../daemon/nearest-name.ts";

/** What a command has to say; complete lines. */
interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: ExitCode;
}

type ExplainFormat = "text" | "json" | "markdown";

/** `voidgossip config check FILE` and `voidgossip config explain [KEY]`. */
export function configCommand(): Command {
  const config = new Command("config").description("check a configuration file, explain its keys");
  config
    .command("check")
    .description("say whether a configuration file can be used, and what it amounts to")
    .argument("<file>", "configuration file (INI)")
    .option("--json", "print one JSON object")
    .action((file: string, options: { json?: true }, command: Command) => {
      give(command, options.json === true ? checkAsJson(file) : checkAsText(file));
    })
    .addHelpText("after", "\nExit code: 0 usable, 3 faults or unreadable.");
  config
    .command("explain")
    .description("explain all configuration keys, or one in full")
    .argument("[key]", "name of a key")
    .option("--json", "print JSON")
    .addOption(
      new Option("--markdown", "print the tables of docs/configuration.md").conflicts("json"),
    )
    .action((key: string | undefined, options: Partial<Record<ExplainFormat, true>>, command) => {
      const format = options.json ? "json" : options.markdown ? "markdown" : "text";
      give(command as Command, explain(key, format));
    })
    .addHelpText("after", "\nExit code: 0, or 2 if there is no such key.");
  return config;
}

/** A stream may be slow: the exit code is set, and the process ends when all is written. */
function give(command: Command, answer: Answer): void {
  const output = command.configureOutput();
  if (answer.stdout !== "") output.writeOut?.(answer.stdout);
  if (answer.stderr !== "") output.writeErr?.(answer.stderr);
  process.exitCode = answer.exitCode;
}

type Check =
  | { readonly kind: "usable"; readonly config: Config }
  | { readonly kind: "unreadable"; readonly error: ConfigFileError }
  | { readonly kind: "faulty"; readonly error: ConfigError };

function check(file: string): Check {
  try {
    return { kind: "usable", config: Config.fromFile(file) };
  } catch (error) {
    if (error instanceof ConfigFileError) return { kind: "unreadable", error };
    if (error instanceof ConfigError) return { kind: "faulty", error };
    throw error;
  }
}

const messages = (remarks: readonly ConfigRemark[]): string[] =>
  remarks.map((remark) => remark.message);
const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");
const warnings = (remarks: readonly ConfigRemark[]): string[] =>
  messages(remarks).map((text) => `warning: ${text}`);

function checkAsText(file: string): Answer {
  const checked = check(file);
  if (checked.kind === "unreadable") {
    return { stdout: "", stderr: lines([checked.error.message]), exitCode: ExitCode.config };
  }
  if (checked.kind === "faulty") {
    const { faults, warnings: remarks } = checked.error;
    const stderr = lines([...messages(faults), ...warnings(remarks)]);
    return { stdout: "", stderr, exitCode: ExitCode.config };
  }
  const { config } = checked;
  const joinsAt = config.core.bootstrappers.map(formatAddress).join(", ");
  const stdout = lines([
    `${file}: ok`,
    `  modules connect to  ${formatAddress(config.apiAddress)}`,
    `  peers connect to    ${formatAddress(config.p2pAddress)}`,
    `  joins at            ${joinsAt === "" ? "nobody: this node is the bootstrapper" : joinsAt}`,
    `  keeps its state in  ${config.dataDir}`,
    ...warnings(config.warnings),
  ]);
  return { stdout, stderr: "", exitCode: ExitCode.ok };
}

function checkAsJson(file: string): Answer {
  const checked = check(file);
  if (checked.kind === "usable") {
    const { config } = checked;
    const found = {
      file,
      usable: true,
      apiAddress: formatAddress(config.apiAddress),
      p2pAddress: formatAddress(config.p2pAddress),
      bootstrappers: config.core.bootstrappers.map(formatAddress),
      dataDir: config.dataDir,
      faults: [],
      warnings: config.warnings,
    };
    return { stdout: toJson(found), stderr: "", exitCode: ExitCode.ok };
  }
  const { error } = checked;
  const found = {
    file,
    usable: false,
    faults: checked.kind === "faulty" ? checked.error.faults : [{ file, message: error.message }],
    warnings: checked.kind === "faulty" ? checked.error.warnings : [],
  };
  return { stdout: toJson(found), stderr: "", exitCode: error.exitCode };
}

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function explain(name: string | undefined, format: ExplainFormat): Answer {
  const keys = name === undefined ? CONFIG_KEYS : [findConfigKey(name)];
  const found = keys.filter((key) => key !== undefined);
  if (found.length === 0) {
    const names = CONFIG_KEYS.map((key) => key.name);
    const nearest = nearestName(name ?? "", names);
    const hint = nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
    const stderr = `there is no configuration key ${name ?? ""}${hint}\n`;
    return { stdout: "", stderr, exitCode: ExitCode.usage };
  }
  const stdout = { text: explainAsText, json: explainAsJson, markdown: explainAsMarkdown };
  return { stdout: stdout[format](found), stderr: "", exitCode: ExitCode.ok };
}

function explainAsJson(keys: readonly ConfigKey[]): string {
  const shown = keys.map((key) => ({
    name: key.name,
    aliases: key.aliases,
    section: key.section,
    group: key.group,
    meaning: key.meaning,
    allowed: key.allowed,
    unit: key.unit,
    default: key.defaultText,
    raising: key.raising,
    lowering: key.lowering,
    provenance: key.provenance,
  }));
  return toJson(shown.length === 1 ? shown[0] : shown);
}

/** With the unit, where the number alone would leave it open. */
const defaultOf = (key: ConfigKey): string =>
  /^\d+$/.test(key.defaultText) ? `${key.defaultText} ${key.unit}` : key.defaultText;

/** Terminals have had 80 columns since the punched card. */
const COLUMNS = 80;
const INDENT = 2;

function explainAsText(keys: readonly ConfigKey[]): string {
  const [first] = keys;
  if (keys.length === 1 && first !== undefined) return explainOne(first);
  const nameWidth = Math.max(...keys.map((key) => key.name.length)) + INDENT;
  const defaultWidth = 18;
  const rows = (group: string): string[] =>
    keys
      .filter((key) => key.group === group)
      .flatMap((key) => {
        const whole = defaultOf(key);
        const byDefault = whole.length < defaultWidth ? whole : "(see key)";
        const head = `  ${key.name.padEnd(nameWidth)}${byDefault.padEnd(defaultWidth)}`;
        return hanging(head, key.meaning);
      });
  const head = `  ${"key".padEnd(nameWidth)}${"default".padEnd(defaultWidth)}meaning`;
  const groups = KEY_GROUPS.flatMap((group) => ["", group, ...rows(group)]);
  return lines([head, ...groups, "", "More about one of them: voidgossip config explain KEY"]);
}

function explainOne(key: ConfigKey): string {
  const place = key.section === "global" ? "above the first section" : "in [gossip]";
  const facts: [string, string][] = [
    ["allowed", key.allowed],
    ["default", defaultOf(key)],
    ["higher", key.raising],
    ["lower", key.lowering],
    ["also called", key.aliases.join(", ")],
    ["from", key.provenance],
  ];
  const shown = facts.filter(([, text]) => text !== "");
  return lines([
    `${key.name} (${place})`,
    ...hanging("  ", key.meaning),
    "",
    ...shown.flatMap(([label, text]) => hanging(`  ${label.padEnd(13)}`, text)),
  ]);
}

/** `head` and then words up to the last column, the following lines indented as far as the first. */
function hanging(head: string, text: string): string[] {
  const result: string[] = [];
  let line = head;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
      result.push(line);
      line = " ".repeat(head.length);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...result, line];
}

const cell = (text: string): string => text.replace(/[|<>]/g, "\\$&").replaceAll("\n", "<br>");

function explainAsMarkdown(keys: readonly ConfigKey[]): string {
  const row = (key: ConfigKey): string => {
    const aliases = key.aliases.map((alias) => ` (also \`${alias}\`)`).join("");
    const effects = [
      key.raising === "" ? "" : `up: ${key.raising}`,
      key.lowering === "" ? "" : `down: ${key.lowering}`,
    ].filter((text) => text !== "");
    const cells = [
      `\`${key.name}\`${aliases}`,
      key.meaning,
      key.allowed,
      defaultOf(key),
      effects.join("\n"),
      key.provenance,
    ];
    return `| ${cells.map(cell).join(" | ")} |`;
  };
  const groups = KEY_GROUPS.flatMap((group) => {
    const rows = keys.filter((key) => key.group === group).map(row);
    if (rows.length === 0) return [];
    return [
      `### ${group}`,
      "",
      "| key | what it means | allowed | default | higher or lower | from |",
      "|---|---|---|---|---|---|",
      ...rows,
      "",
    ];
  });
  return lines(groups);
}
