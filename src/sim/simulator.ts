import { present } from "../core/assert.ts";
import type { SavedBook } from "../core/saved-book.ts";
import { scopeOfHost } from "../core/address-scope.ts";
import type { Core } from "../core/core.ts";
import type { CoreConfig } from "../core/core-config.ts";
import type { CoreEvent } from "../core/event.ts";
import { GossipCore } from "../core/gossip-core.ts";
import type { CorePorts } from "../core/gossip-core.ts";
import type { Input } from "../core/input.ts";
import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { Output } from "../core/output.ts";
import type { Digest, LinkId, PeerAddress } from "../core/ports.ts";
import { P2PVerify } from "../wire/p2p/p2p-verify.ts";
import { ApiHost } from "./api-host.ts";
import type { ApiEvent } from "./api-host.ts";
import { AS_OBJECTS } from "./carriage.ts";
import type { Carriage } from "./carriage.ts";
import { Cast } from "./cast.ts";
import { Dialling } from "./dialling.ts";
import type { DiallingEvent } from "./dialling.ts";
import { DriftingClock } from "./drifting-clock.ts";
import { EventQueue } from "./event-queue.ts";
import { acquaintancesOf, firstBook } from "./first-book.ts";
import { Network } from "./network.ts";
import type { NetworkEvent, NetworkHost } from "./network.ts";
import { addressOf } from "./node-address.ts";
import type { Observer } from "./observer.ts";
import { isScripted } from "./plan.ts";
import type { NodePlan, Plan, PlannedEvent } from "./plan.ts";
import { PlanPlayer } from "./plan-player.ts";
import { digestWithProofs } from "./proofs.ts";
import { RandomStream } from "./random-stream.ts";
import type { LinkEnd, SimLink } from "./sim-link.ts";
import { SimNode } from "./sim-node.ts";
import type { NodeHost } from "./sim-node.ts";
import { TraceHash } from "./trace-hash.ts";
import { recordInput, recordOutput } from "./trace-record.ts";

type SimEvent =
  | NetworkEvent
  | ApiEvent
  | { readonly kind: "wake"; readonly node: SimNode }
  | DiallingEvent
  | { readonly kind: "planned"; readonly event: PlannedEvent };

/** What a simulation needs from outside. */
export interface SimulatorPorts {
  readonly digest: Digest;
  readonly carriage?: Carriage;
  /** Tests put something of their own between a core and the world, to see whether it is noticed. */
  readonly makeCore?: (config: CoreConfig, ports: CorePorts, node: NodePlan) => Core;
}

/** Wired links ask for no proof: any nonce will do. */
const NONCE = new Uint8Array(8);
/** Clocks of nodes have arbitrary origins: nothing may depend on them being alike. */
const CLOCK_ORIGIN_MAX_MS = 1_000_000;

/**
 * Plays a plan: a deterministic discrete-event simulation of whole nodes around the unchanged core.
 * Same plan, same events in the same order, same trace hash, on every engine.
 */
export class Simulator {
  readonly plan: Plan;
  readonly nodes: readonly SimNode[];
  readonly network: Network;
  readonly api: ApiHost;
  readonly hash: TraceHash = new TraceHash();
  /** For every link of the plan, the connection that stands for it now. */
  readonly linkByPlan: (SimLink | undefined)[] = [];
  readonly #ports: SimulatorPorts;
  readonly #digest: Digest;
  readonly #random: RandomStream;
  readonly #queue: EventQueue<SimEvent>;
  readonly #dialsByNode: readonly (readonly PeerAddress[])[];
  readonly #dialling: Dialling;
  readonly #cast: Cast;
  readonly #acquaintances: readonly NodePlan[];
  readonly #observers: Observer[] = [];
  readonly #player: PlanPlayer;
  #events = 0;

  constructor(plan: Plan, ports: SimulatorPorts) {
    this.plan = plan;
    this.#ports = ports;
    this.#digest = digestWithProofs(ports.digest);
    this.#random = new RandomStream(plan.seed);
    this.#queue = new EventQueue<SimEvent>(0);
    this.network = new Network(this.#networkHost(), plan.network, this.#random.fork("network"));
    this.nodes = this.#buildNodes();
    this.#dialsByNode = this.#buildDials();
    this.#cast = new Cast(plan);
    this.#acquaintances = acquaintancesOf(plan);
    this.#dialling = new Dialling(
      this,
      (at, event) => {
        this.#queue.schedule(at, event);
      },
      this.#random.fork("dialling"),
    );
    this.api = new ApiHost(
      this,
      (at, event) => this.#queue.schedule(at, event),
      ports.carriage ?? AS_OBJECTS,
    );
    this.#player = new PlanPlayer(this, this.#random.fork("modules"));
  }

  get now(): number {
    return this.#queue.now;
  }

  /** Events taken from the queue so far. */
  get events(): number {
    return this.#events;
  }

  observe(observer: Observer): void {
    this.#observers.push(observer);
  }

  /** Starts every node and brings up the wired links; then the plan's events may come. */
  start(): void {
    for (const node of this.nodes) this.boot(node);
    if (this.plan.linking === "wired") {
      for (const plan of this.plan.links.keys()) this.wire(plan);
    }
    for (const event of this.plan.events) {
      this.#queue.schedule(event.at, { kind: "planned", event });
    }
  }

  /** Plays on up to and including this time. */
  runUntil(until: number): void {
    for (
      let event = this.#queue.take(until);
      event !== undefined;
      event = this.#queue.take(until)
    ) {
      this.#events++;
      this.#dispatch(event);
    }
  }

  end(): void {
    for (const observer of this.#observers) observer.onEnd();
  }

  /** A new core with nothing in memory but what is on disk, and its modules. */
  boot(node: SimNode): void {
    const random = this.#random.fork(`node-${node.plan.number}-${node.incarnation}`);
    const config: CoreConfig = {
      ...this.plan.core,
      difficultyBits: this.plan.linking === "wired" ? 0 : this.plan.proof.difficultyBits,
      extensions: this.plan.linking === "overlay" ? "on" : "off",
      bootstrappers: this.#bootstrappersOf(node),
    };
    const ports: CorePorts = {
      random,
      digest: this.#digest,
      tracing: "on",
      now: node.clock.read(this.now),
    };
    const make = this.#ports.makeCore ?? makeGossipCore;
    const makeCore = (): Core => make(config, ports, node.plan);
    node.core = this.#cast.play(node.plan, makeCore, ports, random.fork("role"));
    const { host, port } = node.address;
    node.tick({ kind: "listening", listener: { port, scope: scopeOfHost(host) } });
    const book = node.book ?? this.#firstBook(node);
    if (book !== undefined) node.tick({ kind: "bookRestored", book });
    node.tick({ kind: "wakeup" });
    this.api.connectModules(node);
  }

  /** The process of a node ends; what it wrote may or may not still be told to others. */
  crash(node: SimNode, manner: "reset" | "powerLoss"): void {
    for (const end of [...node.ends.values()]) this.network.abandon(end, manner);
    this.#dialling.onCrash(node);
    this.api.onCrash(node);
    node.wipe(manner);
  }

  /**
   * Brings up a link of the plan without a handshake between its ends: each end accepts a scripted
   * dialler that knows the answer to its puzzle.
   */
  wire(plan: number): void {
    const [a, b] = present(this.plan.links[plan], `link ${plan}`);
    const [dialler, acceptor] = [this.node(a), this.node(b)];
    if (dialler.core === undefined || acceptor.core === undefined) return;
    const link = this.network.connect(plan, "wired", a, b);
    this.linkByPlan[plan] = link;
    for (const end of [link.dialler, link.acceptor]) {
      const node = this.node(end.node);
      node.ends.set(end.id, end);
      const remote = this.node(end.other.node).address;
      node.tick({ kind: "linkAccepted", link: end.id, remote });
      const message = new P2PVerify(NONCE);
      node.tick({ kind: "peerMessage", link: end.id, message });
    }
  }

  refuseDials(percent: number): void {
    this.#dialling.refuse(percent);
  }

  node(index: number): SimNode {
    return present(this.nodes[index], `node ${index}`);
  }

  #buildNodes(): SimNode[] {
    const host: NodeHost = this.#nodeHost();
    return this.plan.nodes.map((plan, index) => {
      const address = addressOf(plan.group, plan.number, this.plan.overlay.addresses);
      const originMs = this.#random.fork(`clock-${plan.number}`).below(CLOCK_ORIGIN_MAX_MS);
      const clock = new DriftingClock(originMs, plan.driftPpm);
      return new SimNode({ index, plan, address, clock, host });
    });
  }

  #bootstrappersOf(node: SimNode): readonly PeerAddress[] {
    const [first] = this.nodes;
    switch (this.plan.linking) {
      case "wired":
        return [];
      case "dialled":
        return this.#dialsByNode[node.index] ?? [];
      case "overlay":
        return first === undefined || node === first ? [] : [first.address];
    }
  }

  #firstBook({ plan }: SimNode): SavedBook | undefined {
    if (this.plan.overlay.known === 0 || isScripted(plan.role)) return undefined;
    const random = this.#random.fork(`book-${plan.number}`);
    return firstBook(this.plan, plan, this.#acquaintances, random);
  }

  #buildDials(): PeerAddress[][] {
    const dials: PeerAddress[][] = this.nodes.map(() => []);
    for (const [dialler, acceptor] of this.plan.links) {
      dials[dialler]?.push(this.node(acceptor).address);
    }
    return dials;
  }

  #nodeHost(): NodeHost {
    const now = (): number => this.#queue.now;
    return {
      get now() {
        return now();
      },
      beforeStep: (node, input) => this.#beforeStep(node, input),
      perform: (node, output) => this.#perform(node, output),
      settled: (node) => {
        for (const observer of this.#observers) observer.onSettled(node);
      },
    };
  }

  #networkHost(): NetworkHost {
    const now = (): number => this.#queue.now;
    return {
      get now() {
        return now();
      },
      schedule: (at, event) => this.#queue.schedule(at, event),
      deliver: (end, frame) => this.#deliver(end, frame),
      endOfRead: (end) => this.node(end.node).settle(),
      lost: (end) => {
        const node = this.node(end.node);
        node.ends.delete(end.id);
        node.tick({ kind: "linkLost", link: end.id });
      },
      drained: (end) => this.node(end.node).tick({ kind: "linkDrained", link: end.id }),
      newLinkId: (node) => this.node(node).newLinkId(),
      readingRate: (node) => this.node(node).bytesPerSecondRead,
    };
  }

  #dispatch(event: SimEvent): void {
    switch (event.kind) {
      case "arrive":
      case "taken":
      case "read":
      case "unanswered":
      case "lost":
        this.network.onEvent(event);
        return;
      case "knock":
      case "dialEnds":
      case "proof":
        this.#dialling.onEvent(event);
        return;
      case "wake":
        this.#onWake(event.node);
        return;
      case "planned":
        for (const observer of this.#observers) observer.onPlanned(event.event);
        this.#player.play(event.event);
        return;
      default:
        this.api.onEvent(event);
    }
  }

  #beforeStep(node: SimNode, input: Input): void {
    recordInput(this.hash, node.plan.number, this.now, input);
    for (const observer of this.#observers) observer.onInput(node, input);
  }

  #perform(node: SimNode, output: Output): void {
    this.#witness(node, output);
    switch (output.kind) {
      case "write":
      case "closeLink":
      case "holdLink":
      case "resumeLink":
        this.#performOnLink(node, output);
        return;
      case "dial":
      case "cancelDial":
      case "solveProof":
      case "cancelProof":
        this.#dialling.perform(node, output);
        return;
      case "wakeAt":
        this.#wakeAt(node, node.clock.whenShowing(output.at));
        return;
      case "report":
        this.#onReport(node, output.event);
        return;
      case "trace":
        return;
      default:
        this.#performLocally(node, output);
    }
  }

  #performLocally(
    node: SimNode,
    output: Output & {
      readonly kind:
        "saveBook" | "notify" | "closeSubscriber" | "holdSubscriber" | "resumeSubscriber";
    },
  ): void {
    switch (output.kind) {
      case "saveBook":
        node.book = node.core?.savedBook();
        return;
      default:
        this.api.perform(node, output);
    }
  }

  #witness(node: SimNode, output: Output): void {
    recordOutput(this.hash, node.plan.number, this.now, output);
    for (const observer of this.#observers) observer.onOutput(node, output);
  }

  #onReport(node: SimNode, event: CoreEvent): void {
    if (event.name !== "linkEstablished") return;
    this.#end(node, event.link).isEstablished = true;
  }

  #performOnLink(
    node: SimNode,
    output: Output & { readonly kind: "write" | "closeLink" | "holdLink" | "resumeLink" },
  ): void {
    const end = this.#end(node, output.link);
    switch (output.kind) {
      case "write":
        this.#write(node, end, output.frames);
        return;
      case "closeLink":
        node.ends.delete(end.id);
        this.network.close(end);
        return;
      case "holdLink":
        end.isHeld = true;
        return;
      case "resumeLink":
        end.isHeld = false;
        this.network.readLater(end);
        return;
    }
  }

  #end(node: SimNode, link: LinkId): LinkEnd {
    return present(node.ends.get(link), `link ${link} of node ${node.plan.number}, which is open,`);
  }

  #write(node: SimNode, end: LinkEnd, frames: readonly OutgoingFrame[]): void {
    for (const frame of frames) {
      node.usage.framesOut++;
      node.usage.bytesOut += frame.frameBytes;
    }
    const taken = this.network.write(end, frames);
    if (taken === "taken") node.answer({ kind: "linkDrained", link: end.id });
  }

  #deliver(end: LinkEnd, frame: OutgoingFrame): void {
    const node = this.node(end.node);
    node.usage.framesIn++;
    node.usage.bytesIn += frame.frameBytes;
    const message = (this.#ports.carriage ?? AS_OBJECTS).peerMessage(frame);
    node.step({ kind: "peerMessage", link: end.id, message });
  }

  #wakeAt(node: SimNode, at: number): void {
    const wakeAt = Math.max(at, this.now);
    node.wakeAt = wakeAt;
    this.#queue.schedule(wakeAt, { kind: "wake", node });
  }

  #onWake(node: SimNode): void {
    if (node.wakeAt !== this.now) return;
    node.wakeAt = undefined;
    node.tick({ kind: "wakeup" });
  }
}

const makeGossipCore = (config: CoreConfig, ports: CorePorts): Core =>
  new GossipCore(config, ports);
