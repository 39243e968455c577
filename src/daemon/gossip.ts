import { GossipClient } from "../client/gossip-client.ts";
import { scopeOfHost } from "../core/address-scope.ts";
import { assert, present } from "../core/assert.ts";
import type { Core } from "../core/core.ts";
import { Durations } from "../core/durations.ts";
import { GossipCore } from "../core/gossip-core.ts";
import type { PeerAddress } from "../core/ports.ts";
import type { Tracing } from "../core/item-tracing.ts";
import type { TraceEvent } from "../core/trace.ts";
import { EventFeed } from "../monitor/event-feed.ts";
import type { EventListener } from "../monitor/event-feed.ts";
import { EventStream } from "../monitor/event-stream.ts";
import type { LifePhase } from "../monitor/health.ts";
import type { Metrics } from "../monitor/metrics.ts";
import type { MonitorServer } from "../monitor/monitor-server.ts";
import { jsonPage } from "../monitor/read-only-http.ts";
import { statePages } from "../monitor/state-pages.ts";
import type { GossipStatus, PeersStatus } from "../monitor/status.ts";
import { webPages } from "../monitor/web-files.ts";
import { SolverPool } from "../pow/index.ts";
import { BOOK_FILE, BookWriter, loadBook } from "./address-file.ts";
import { formatAddress, isWildcardHost } from "./address.ts";
import { ApiConnection } from "./api-connection.ts";
import { apiListener } from "./api-server.ts";
import type { Config } from "./config.ts";
import { CONTROL_SOCKET, ControlServer } from "./control-server.ts";
import { DataDir } from "./data-dir.ts";
import { Dialer } from "./dialer.ts";
import { Driver } from "./driver.ts";
import type { DriverActions } from "./driver.ts";
import { CLOSE_LINGER_MS } from "./frame-connection.ts";
import { FrameJoiner } from "./frame-joiner.ts";
import type { ConnectionHost, FrameConnection } from "./frame-connection.ts";
import { listenError } from "./gossip-error.ts";
import { describeBug, SILENT_LOG } from "./logger.ts";
import type { Log } from "./logger.ts";
import { LoopDelay } from "./loop-delay.ts";
import { memoryDuplexPair } from "./memory-duplex.ts";
import { P2PConnection } from "./p2p-connection.ts";
import { p2pListener } from "./p2p-server.ts";
import { ProofLog } from "./proof-log.ts";
import { ProofSolving } from "./proof-solving.ts";
import type { ProofProgress } from "./proof-solving.ts";
import { effectiveConfig, peersOf, statusOf } from "./status.ts";
import { systemClock } from "./system-clock.ts";
import { systemDigest } from "./system-digest.ts";
import { SystemRandom } from "./system-random.ts";
import type { TcpListener } from "./tcp-listener.ts";
import { systemTimers } from "./timers.ts";
import { Turn } from "./turn.ts";

export interface GossipOptions {
  /** Where the log goes; nowhere unless told, as befits a library. */
  readonly logger?: Log;
  /** Every decision about every item. Costs time on each of them; must not throw. */
  readonly onTrace?: (event: TraceEvent) => void;
  /** A few times a second while a proof of work is being computed. */
  readonly onProofProgress?: (progress: ProofProgress) => void;
  /**
   * A bug of ours ended the node: everything is closed, and a process that lives for it should end.
   * Without this the error is thrown where nobody can catch it, which ends the process too.
   */
  readonly onFatal?: (error: unknown) => void;
}

type GossipState = "new" | "starting" | "running" | "stopping" | "stopped";

/**
 * One gossip node: its core, the sockets around it, its connections and its proofs of work. Lives once:
 * `start`, then `stop`.
 */
export class Gossip {
  #config: Config;
  readonly #options: GossipOptions;
  readonly #log: Log;
  readonly #feed: EventFeed;
  readonly #events: EventStream;
  readonly #driver: Driver;
  readonly #host: ConnectionHost;
  readonly #dialer: Dialer;
  readonly #proofs: ProofSolving;
  readonly #api: TcpListener;
  readonly #p2p: TcpListener;
  readonly #loopDelay = new LoopDelay();
  readonly #proofDurations = new Durations();
  #state: GossipState = "new";
  /** On the clock on the wall, and on the one that never jumps. */
  #startedAt = 0;
  #startedAtMs = 0;
  #dataDir: DataDir | undefined;
  #bookWriter: BookWriter | undefined;
  #control: ControlServer | undefined;
  #monitor: MonitorServer | undefined;
  /** Made when somebody asks: it watches the whole process, and takes 10 MiB. */
  #metrics: Promise<Metrics> | undefined;
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(config: Config, options: GossipOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.#log = options.logger ?? SILENT_LOG;
    this.#feed = this.#createFeed();
    this.#events = new EventStream(this.#feed);
    const tracing = options.onTrace === undefined ? this.#feed.tracingAtStart : "on";
    this.#driver = new Driver({
      core: createCore(config, tracing),
      clock: systemClock,
      timers: systemTimers,
      actions: this.#actions(),
    });
    this.#host = {
      driver: this.#driver,
      timers: systemTimers,
      turn: new Turn(systemClock, systemTimers),
      joiner: new FrameJoiner(),
      connections: new Set(),
    };
    this.#dialer = this.#createDialer();
    this.#proofs = this.#createProofs();
    const onAcceptFailed = (socket: string, reason: string): void => {
      this.#log.say({ name: "acceptFailed", socket, reason });
    };
    this.#api = apiListener(this.#host, onAcceptFailed);
    this.#p2p = p2pListener(this.#host, onAcceptFailed);
  }

  /**
   * Resolves when modules and peers are served; it never waits for peers. The API listens before
   * anything else is tried [protocol §2.5a].
   *
   * @throws DataDirLockedError, DataDirUnusableError, AddressInUseError, ListenError: everything that
   *   was opened is closed again.
   */
  async start(): Promise<void> {
    assert(this.#state === "new", "a Gossip is started once");
    this.#state = "starting";
    this.#starting = this.#open();
    try {
      await this.#starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Flushes what is queued for at most 2 s, closes everything and resolves when nothing is left
   * [protocol §7.4]. May be called at any time and any number of times.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  /** The configuration in effect. */
  get config(): Config {
    return this.#config;
  }

  /** Takes over what a running node can, and logs for every other key that it needs a restart. */
  reload(next: Config): void {
    const { config, applied, needRestart } = this.#config.reloadedWith(next);
    this.#config = config;
    const { announceRule, subscribersMax, inboundLinksMax, limits } = config.core;
    const { subscriberQueueBytes, subscriberQueueMessages } = limits;
    this.#driver.submit({
      kind: "retuned",
      tuning: {
        announceRule,
        subscribersMax,
        inboundLinksMax,
        limits: { subscriberQueueBytes, subscriberQueueMessages },
      },
    });
    for (const { message } of config.warnings) this.#log.say({ name: "configWarning", message });
    this.#log.say({ name: "reloaded", keys: applied.join(", ") || "none" });
    for (const key of needRestart) this.#log.say({ name: "needsRestart", key });
  }

  /** A module inside this process: the same client, over a stream that never leaves it. */
  connect(): Promise<GossipClient> {
    if (this.#state !== "running") {
      return Promise.reject(new Error(`the gossip node is ${this.#state}, not running`));
    }
    const [near, far] = memoryDuplexPair();
    ApiConnection.open(far, this.#host);
    return Promise.resolve(GossipClient.over(near));
  }

  /** Where modules connect to, with the actual port. Undefined unless it listens. */
  get apiAddress(): PeerAddress | undefined {
    return this.#api.address;
  }

  /** Where peers connect to, with the actual port. Undefined unless it listens. */
  get p2pAddress(): PeerAddress | undefined {
    return this.#p2p.address;
  }

  /** Where the monitor is served, with the actual port. Undefined unless it is. */
  get monitorAddress(): PeerAddress | undefined {
    return this.#monitor?.address;
  }

  /** Tells everything that `/events` of the monitor tells, until what is returned is called. */
  watch(listener: EventListener): () => void {
    return this.#feed.watch(listener);
  }

  status(): GossipStatus {
    return statusOf(this.#driver.snapshot(), {
      phase: LIFE_PHASES[this.#state],
      startedAt: this.#startedAt,
      uptimeMs: Math.floor(performance.now() - this.#startedAtMs),
      api: this.apiAddress ?? this.config.apiAddress,
      p2p: this.p2pAddress ?? this.config.p2pAddress,
      monitor: this.monitorAddress ?? this.config.monitorAddress,
      dataDir: this.config.dataDir,
      proof: this.#proofs.progress,
      eventLoopDelay: this.#loopDelay.summary,
      durations: {
        eventLoopDelay: this.#loopDelay.durations,
        proof: this.#proofDurations.snapshot(),
      },
      limits: this.config.core.limits,
      journal: this.#feed.journal,
      eventReaders: this.#events.readers,
    });
  }

  peers(): PeersStatus {
    return peersOf(this.#driver.snapshot(), this.#driver.addresses());
  }

  async #open(): Promise<void> {
    this.#startedAt = Date.now();
    this.#startedAtMs = performance.now();
    for (const { message } of this.config.warnings) {
      this.#log.say({ name: "configWarning", message });
    }
    this.#dataDir = DataDir.open(this.config.dataDir);
    if (this.#dataDir.takeover === "staleLock") {
      this.#log.say({ name: "staleLockRemoved", dataDir: this.config.dataDir });
    }
    await this.#api.listen(this.config.apiAddress);
    await this.#openControl(this.#dataDir);
    if (this.config.monitorAddress !== undefined) {
      await this.#openMonitor(this.config.monitorAddress);
    }
    await this.#p2p.listen(this.config.p2pAddress);
    // At once: the first peer may be here with the next event, and is told our port.
    this.#tellCore(this.#dataDir);
    this.#loopDelay.start();
    this.#state = "running";
    this.#log.say({
      name: "listening",
      api: formatAddress(present(this.apiAddress, "the address of the API")),
      p2p: formatAddress(present(this.p2pAddress, "the address for peers")),
      monitor: this.monitorAddress === undefined ? "" : formatAddress(this.monitorAddress),
    });
    this.#driver.start();
  }

  /** What the core must know before it dials: where we can be dialled, and whom we knew. */
  #tellCore(dataDir: DataDir): void {
    const { host, port } = present(this.p2pAddress, "the address for peers");
    const advertised = this.config.advertiseAddress ?? { host, port };
    const scope = isWildcardHost(advertised.host) ? "public" : scopeOfHost(advertised.host);
    this.#driver.submit({ kind: "listening", listener: { port: advertised.port, scope } });
    const path = dataDir.file(BOOK_FILE);
    this.#bookWriter = new BookWriter(path, (reason) => {
      this.#log.say({ name: "bookNotSaved", path, reason });
    });
    const load = loadBook(path);
    if (load.kind === "damaged") {
      this.#log.say({ name: "bookDamaged", setAside: load.setAside, reason: load.reason });
    } else if (load.kind === "loaded") {
      this.#driver.submit({ kind: "bookRestored", book: load.book });
    }
  }

  async #openControl(dataDir: DataDir): Promise<void> {
    const path = dataDir.file(CONTROL_SOCKET);
    const peers = jsonPage(() => this.peers());
    const config = jsonPage(() => effectiveConfig(this.config));
    const pages = [...this.#pages(), ["/peers", peers], ["/config", config]] as const;
    this.#control = new ControlServer(path, new Map(pages));
    const start = await this.#control.listen();
    if (start.kind === "unavailable") {
      this.#log.say({ name: "controlUnavailable", path, reason: start.reason });
    }
  }

  async #openMonitor(address: PeerAddress): Promise<void> {
    const { MonitorServer } = await import("../monitor/monitor-server.ts");
    this.#monitor = new MonitorServer(address, new Map([...webPages(), ...this.#pages()]));
    try {
      await this.#monitor.listen();
    } catch (error) {
      throw listenError("monitor_address", formatAddress(address), error as NodeJS.ErrnoException);
    }
  }

  #pages(): ReturnType<typeof statePages> {
    return statePages({
      status: () => this.status(),
      health: () => this.status().health,
      events: this.#events,
      feed: this.#feed,
      metrics: () => (this.#metrics ??= loadMetrics()),
    });
  }

  async #shutDown(): Promise<void> {
    await Promise.allSettled([this.#starting]);
    const wasRunning = this.#state === "running";
    this.#state = "stopping";
    if (wasRunning) this.#log.say({ name: "stopping" });
    const listenersClosed = Promise.all([this.#api.close(), this.#p2p.close()]);
    this.#dialer.close();
    await this.#flushConnections();
    // Before the links are closed: the anchors are the links that stand now [protocol §7.4].
    const isBookKept = wasRunning && this.config.core.extensions === "on";
    const bookSaved = isBookKept ? this.#bookWriter?.save(this.#driver.savedBook()) : undefined;
    this.#driver.stop();
    const connections = [...this.#host.connections];
    for (const connection of connections) connection.hangUp();
    this.#events.close();
    await Promise.all([
      listenersClosed,
      bookSaved,
      ...connections.map((connection) => connection.whenClosed()),
      this.#proofs.close(),
      this.#control?.close(),
      this.#monitor?.close(),
    ]);
    this.#loopDelay.stop();
    this.#dataDir?.release();
    this.#state = "stopped";
    if (wasRunning) this.#log.say({ name: "stopped" });
    await this.#log.close();
  }

  /** Nothing more is read, while the core writes on as long as sockets take what is queued. */
  async #flushConnections(): Promise<void> {
    const connections: FrameConnection[] = [...this.#host.connections];
    for (const connection of connections) connection.stopReading();
    this.#driver.flush();
    let cancel = (): void => undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = systemTimers.after(CLOSE_LINGER_MS, resolve);
    });
    const idle = Promise.all(connections.map((connection) => connection.whenIdle()));
    await Promise.race([idle, patience]);
    cancel();
  }

  #actions(): DriverActions {
    return {
      dial: (dial, address) => this.#dialer.dial(dial, address),
      cancelDial: (dial) => this.#dialer.cancel(dial),
      solveProof: (link, puzzle) => this.#proofs.solve(link, puzzle),
      cancelProof: (link) => this.#proofs.cancel(link),
      // It complains by itself, and nothing waits for it before the end.
      saveBook: (book) => void this.#bookWriter?.save(book),
      report: (event) => {
        this.#log.report(event);
        this.#feed.onReport(event);
      },
      trace: (event) => {
        this.#options.onTrace?.(event);
        this.#feed.onTrace(event);
      },
      fail: (error) => this.#onBug(error),
    };
  }

  #createFeed(): EventFeed {
    return new EventFeed({
      journalItems: this.config.journalItems,
      itemsPerSecond: this.config.journalItemsPerSecond,
      clocks: { wall: () => Date.now(), steady: () => systemClock.now() },
      itemsUntraced: () => this.#driver.snapshot().counters.totals.itemsUntraced,
      onTracingWanted: (tracing) => {
        if (this.#options.onTrace === undefined) this.#driver.submit({ kind: "tracing", tracing });
      },
    });
  }

  #createDialer(): Dialer {
    return new Dialer({
      listensAt: this.config.p2pAddress.host,
      onDialed: (dial, socket, remote) => {
        P2PConnection.open(socket, this.#host, (link) => ({
          kind: "linkDialed",
          link,
          dial,
          remote,
        }));
      },
      onDialFailed: (dial, reason) => {
        this.#driver.submit({ kind: "dialFailed", dial, reason });
      },
    });
  }

  #createProofs(): ProofSolving {
    const pool = new SolverPool({
      workers: this.config.powWorkers,
      vectors: this.config.powVectors,
      onWorkerLost: (cause) => this.#log.say({ name: "proofWorkerLost", cause }),
    });
    const proofLog = new ProofLog(this.#log, this.config.core.powTimeoutMs);
    return new ProofSolving(pool, {
      onOutcome: (input) => this.#driver.submit(input),
      onStarted: () => proofLog.onStarted(),
      onProgress: (progress) => {
        proofLog.onProgress(progress);
        this.#options.onProofProgress?.(progress);
      },
      onEnded: (link) => proofLog.onEnded(link),
      onFound: (afterMs) => this.#proofDurations.add(afterMs),
    });
  }

  /** The core cannot be trusted any more: nothing is flushed, nothing goes on. */
  #onBug(error: unknown): void {
    this.#log.say({ name: "fatal", ...describeBug(error) });
    for (const connection of this.#host.connections) connection.abort();
    const { onFatal = throwUncaught } = this.#options;
    void this.stop().then(() => onFatal(error));
  }
}

const LIFE_PHASES: Readonly<Record<GossipState, LifePhase>> = {
  new: "starting",
  starting: "starting",
  running: "running",
  stopping: "stopping",
  stopped: "stopping",
};

async function loadMetrics(): Promise<Metrics> {
  const { Metrics } = await import("../monitor/metrics.ts");
  return new Metrics();
}

function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

/** The one place that decides which core drives a daemon. */
function createCore(config: Config, tracing: Tracing): Core {
  return new GossipCore(config.core, {
    now: systemClock.now(),
    random: new SystemRandom(),
    digest: systemDigest,
    tracing,
  });
}
