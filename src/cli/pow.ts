import { Command, Option } from "commander";
import { FIXED_DEFAULTS } from "../daemon/config-keys.ts";
import { defaultWorkers, difficultyBitsMax, measureRate, type MeasuredRate } from "../pow/index.ts";
import { wholeNumber } from "./option-values.ts";
import { formatDuration, formatRough } from "../monitor/quantities.ts";
import { right, table } from "./table.ts";

const HELP = `
How long a proof takes is a matter of luck: half of them take less than the
median, one in a thousand more than the 99.9 % time. The rate is what the
daemon's own solver reaches now, next to everything else this machine is doing.

With --json the output is one object:
  poolWorkers, kernel  threads of the daemon by default; what they run
  rates                [{ workers, hashesPerSecond }]: all threads, then one
  difficulties         [{ bits, hashesExpected, times: [{ workers,
                       expectedSeconds, medianSeconds, seconds999 }] }]
  powTimeoutSeconds    the default of pow_timeout
  timeoutTooShortFor   bits whose 99.9 % time, with all threads, is longer

Examples:
  voidgossip pow                        a table of difficulties
  voidgossip pow --bits 24 --json       one difficulty, for programs

Exit code: 0 measured, 2 usage.`;

const BITS_SHOWN = [16, 20, 22, 24, 26, 28];
/** Longer than this and a person wonders whether anything happens. */
const PATIENCE_MS = 2_000;
const PROGRESS_INTERVAL_MS = 500;

interface PowOptions {
  readonly bits?: number;
  readonly seconds: number;
  readonly json?: true;
}

interface SolveTimes {
  readonly workers: number;
  readonly expectedSeconds: number;
  readonly medianSeconds: number;
  readonly seconds999: number;
}

interface Difficulty {
  readonly bits: number;
  readonly hashesExpected: number;
  readonly times: readonly SolveTimes[];
}

/** `voidgossip pow [--bits N] [--seconds S] [--json]` */
export function powCommand(): Command {
  return new Command("pow")
    .description("how fast this machine solves the proof of work, and how long a proof takes")
    .addOption(
      new Option("--bits <n>", "this difficulty only").argParser(wholeNumber(0, difficultyBitsMax)),
    )
    .addOption(
      new Option("--seconds <s>", "how long to measure, with all threads and then with one")
        .argParser(wholeNumber(1, 600))
        .default(1),
    )
    .option("--json", "one JSON object instead of the table")
    .addHelpText("after", HELP)
    .action(pow);
}

async function pow({ bits, seconds, json }: PowOptions): Promise<void> {
  const poolWorkers = defaultWorkers();
  const counts = poolWorkers === 1 ? [1] : [poolWorkers, 1];
  const rates = await measured(counts, seconds * 1_000);
  const shown = bits === undefined ? BITS_SHOWN : [bits];
  const difficulties = shown.map((each) => difficulty(each, rates));
  const tooShort = difficulties.filter(isTimeoutTooShort);
  const lines =
    json === true ? [asJson(rates, difficulties, tooShort)] : asText(rates, difficulties, tooShort);
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** One after the other: measured together they would take cores from each other. */
async function measured(counts: readonly number[], measuredMs: number): Promise<MeasuredRate[]> {
  const isSlow = measuredMs * counts.length > PATIENCE_MS;
  const endProgress = isSlow && process.stderr.isTTY ? showProgress(measuredMs, counts) : undefined;
  const rates: MeasuredRate[] = [];
  try {
    for (const workers of counts) rates.push(await measureRate({ workers, measuredMs }));
  } finally {
    endProgress?.();
  }
  return rates;
}

/** @returns how to take the progress line away. */
function showProgress(measuredMs: number, counts: readonly number[]): () => void {
  const startedAtMs = performance.now();
  const total = formatDuration(measuredMs * counts.length);
  const timer = setInterval(() => {
    const elapsed = formatDuration(performance.now() - startedAtMs);
    process.stderr.write(`\rmeasuring: ${elapsed} of about ${total} `);
  }, PROGRESS_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    process.stderr.write("\r\u001b[K");
  };
}

function difficulty(bits: number, rates: readonly MeasuredRate[]): Difficulty {
  const hashesExpected = 2 ** bits;
  const times = rates.map(({ workers, hashesPerSecond }) => {
    const expectedSeconds = hashesExpected / hashesPerSecond;
    // Each nonce is a proof with the same chance: the time is exponentially distributed.
    return {
      workers,
      expectedSeconds,
      medianSeconds: Math.log(2) * expectedSeconds,
      seconds999: Math.log(1_000) * expectedSeconds,
    };
  });
  return { bits, hashesExpected, times };
}

function isTimeoutTooShort({ times }: Difficulty): boolean {
  const [allThreads] = times;
  return allThreads !== undefined && allThreads.seconds999 * 1_000 > FIXED_DEFAULTS.powTimeoutMs;
}

function asText(
  rates: readonly MeasuredRate[],
  difficulties: readonly Difficulty[],
  tooShort: readonly Difficulty[],
): string[] {
  const measuredLines = rates.map(
    ({ workers, hashesPerSecond, kernel }) =>
      `${threads(workers)}: ${formatRough(hashesPerSecond)} hashes/s (${kernel} kernel)`,
  );
  const columns = rates.flatMap(({ workers }) => [
    right(`${threads(workers)}: expected`),
    right("median"),
    right("99.9 %"),
  ]);
  const rows = difficulties.map(({ bits, hashesExpected, times }) => [
    bits,
    formatRough(hashesExpected),
    ...times.flatMap(({ expectedSeconds, medianSeconds, seconds999 }) =>
      [expectedSeconds, medianSeconds, seconds999].map(formatSeconds),
    ),
  ]);
  const timeout = formatDuration(FIXED_DEFAULTS.powTimeoutMs);
  const warnings = tooShort.map(
    ({ bits }) =>
      `warning: at ${bits} bits more than one proof in a thousand takes longer than ${timeout}, the default of pow_timeout`,
  );
  const head = [right("bits"), right("hashes"), ...columns];
  return [
    ...measuredLines,
    "",
    ...table(head, rows),
    ...(warnings.length > 0 ? [""] : []),
    ...warnings,
  ];
}

const threads = (count: number): string => (count === 1 ? "1 thread" : `${count} threads`);

function formatSeconds(seconds: number): string {
  if (seconds >= 1) return formatDuration(seconds * 1_000);
  return seconds >= 0.001 ? `${(seconds * 1_000).toFixed(0)} ms` : "< 1 ms";
}

function asJson(
  rates: readonly MeasuredRate[],
  difficulties: readonly Difficulty[],
  tooShort: readonly Difficulty[],
): string {
  return JSON.stringify({
    poolWorkers: defaultWorkers(),
    kernel: rates[0]?.kernel,
    rates: rates.map(({ workers, hashesPerSecond }) => ({ workers, hashesPerSecond })),
    difficulties,
    powTimeoutSeconds: FIXED_DEFAULTS.powTimeoutMs / 1_000,
    timeoutTooShortFor: tooShort.map(({ bits }) => bits),
  });
}
