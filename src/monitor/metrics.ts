import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { MetricObjectWithValues, MetricValueWithName } from "prom-client";
import type { CounterName } from "../core/counters.ts";
import { DURATION_BOUNDS_MS } from "../core/durations.ts";
import { COUNTER_HELP } from "./counter-help.ts";
import type { GossipStatus, MeasuredName } from "./status.ts";

const DURATION_HELP: Readonly<Record<MeasuredName, string>> = {
  verdict: "From a notification to the verdict of the module",
  linkDelay: "From a ping to its answer",
  eventLoopDelay: "By how much a timer was late",
  proof: "From a puzzle to its solution",
};

const STORE_FIELDS = [
  ["entries", "voidgossip_store_entries", "What is in a bounded store"],
  ["entriesMax", "voidgossip_store_entries_max", "The bound of a store"],
  ["bytes", "voidgossip_store_bytes", "Bytes in a bounded store"],
  ["bytesMax", "voidgossip_store_bytes_max", "The bound of a store in bytes"],
] as const;

/** `itemNotHeld` is `voidgossip_item_not_held_total`. */
const counterMetric = (name: CounterName): string => `voidgossip_${snake(name)}_total`;

/** `linkDelay` is `voidgossip_link_delay_seconds`. */
const durationMetric = (name: MeasuredName): string => `voidgossip_${snake(name)}_seconds`;

const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * `/metrics`: the state of a node for Prometheus. Everything is read from one status when it is asked
 * for, so that it costs nothing in between.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<CounterName, Counter>();
  readonly #gauges: readonly ((status: GossipStatus) => void)[];
  #status: GossipStatus | undefined;

  constructor() {
    const registers = [this.#registry];
    for (const name of Object.keys(COUNTER_HELP) as CounterName[]) {
      const isByCause = name === "linkClosed" || name === "subscriberClosed";
      const labelNames = isByCause ? ["cause"] : [];
      const metric = { name: counterMetric(name), help: COUNTER_HELP[name], labelNames, registers };
      this.#counters.set(name, new Counter(metric));
    }
    this.#gauges = this.#createGauges();
    for (const name of Object.keys(DURATION_HELP) as MeasuredName[]) this.#addHistogram(name);
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. */
  async text(status: GossipStatus): Promise<string> {
    this.#status = status;
    for (const [name, counter] of this.#counters) setCounter(counter, name, status.counters);
    for (const set of this.#gauges) set(status);
    return this.#registry.metrics();
  }

  #createGauges(): ((status: GossipStatus) => void)[] {
    const gauge = (name: string, help: string, ...labelNames: string[]): Gauge =>
      new Gauge({ name, help, labelNames, registers: [this.#registry] });
    const info = gauge("voidgossip_info", "The version of this node", "version");
    const uptime = gauge("voidgossip_uptime_seconds", "Since the start of this node");
    const ready = gauge("voidgossip_ready", "1 if /ready says ready, otherwise 0");
    const links = gauge("voidgossip_links", "Links of this node", "phase", "direction");
    const modules = gauge("voidgossip_modules", "Connections of modules", "role");
    return [
      ({ version }) => info.set({ version }, 1),
      ({ uptimeMs }) => uptime.set(uptimeMs / 1_000),
      ({ health }) => ready.set(health.readiness === "ready" ? 1 : 0),
      (status) => {
        links.reset();
        for (const { phase, direction } of status.links) links.inc({ phase, direction });
      },
      ({ subscribers }) => {
        modules.reset();
        for (const { role } of subscribers) modules.inc({ role });
      },
      ...STORE_FIELDS.map(([field, name, help]) => {
        const stores = gauge(name, help, "store");
        return (status: GossipStatus) => {
          for (const store of status.stores) {
            const hasBound = field.startsWith("entries") ? store.entriesMax : store.bytesMax;
            if (hasBound > 0) stores.set({ store: store.name }, store[field]);
          }
        };
      }),
    ];
  }

  #addHistogram(name: MeasuredName): void {
    const read = (): GossipStatus["durations"][MeasuredName] | undefined =>
      this.#status?.durations[name];
    new CountedHistogram(durationMetric(name), DURATION_HELP[name], this.#registry, read);
  }
}

/** Counters of the core only go up, and so do these. */
function setCounter(counter: Counter, name: CounterName, counters: GossipStatus["counters"]): void {
  counter.reset();
  if (name === "linkClosed") setParts(counter, counters.linksClosed);
  else if (name === "subscriberClosed") setParts(counter, counters.subscribersClosed);
  else counter.inc(counters.totals[name]);
}

function setParts(counter: Counter, counts: Readonly<Partial<Record<string, number>>>): void {
  for (const [cause, count] of Object.entries(counts)) counter.inc({ cause }, count);
}

/** A histogram of what was counted elsewhere: the library's own can only observe one by one. */
class CountedHistogram extends Histogram {
  readonly #name: string;
  /** Says what belongs to a histogram beside its values. */
  readonly #empty: Histogram;
  readonly #read: () => GossipStatus["durations"][MeasuredName] | undefined;

  constructor(
    name: string,
    help: string,
    registry: Registry,
    read: () => GossipStatus["durations"][MeasuredName] | undefined,
  ) {
    super({ name, help, registers: [registry] });
    this.#name = name;
    this.#empty = new Histogram({ name, help, registers: [] });
    this.#read = read;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    return { ...(await this.#empty.get()), values: this.#values() };
  }

  /** What the registry writes, in preference to `get`. */
  getForPromString(): ReturnType<CountedHistogram["get"]> {
    return this.get();
  }

  #values(): MetricValueWithName<string>[] {
    const { counts, sumMs } = this.#read() ?? { counts: [], sumMs: 0 };
    let count = 0;
    const buckets = counts.map((inClass, at) => {
      count += inClass;
      const bound = DURATION_BOUNDS_MS[at];
      const le = bound === undefined ? "+Inf" : bound / 1_000;
      return { metricName: `${this.#name}_bucket`, labels: { le }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels: {}, value: sumMs / 1_000 },
      { metricName: `${this.#name}_count`, labels: {}, value: count },
    ];
  }
}
