import { present } from "../core/assert.ts";
import type { Core } from "../core/core.ts";
import type { CorePorts } from "../core/gossip-core.ts";
import { parseIpAddress } from "../core/ip-address.ts";
import { PEER_RECORDS_MAX } from "../wire/p2p/peers.ts";
import type { PeerRecord } from "../wire/p2p/peers.ts";
import { Bystander } from "./bystander.ts";
import type { BystanderPorts, Visits } from "./bystander.ts";
import { makeHostilePeer } from "./hostile-peer.ts";
import { dropItems, Liar, lieAboutPeers } from "./liar.ts";
import { addressOf } from "./node-address.ts";
import { isHostile } from "./plan.ts";
import type { NodePlan, NodeRole, Plan } from "./plan.ts";
import type { RandomStream } from "./random-stream.ts";

const AGE_SECONDS = 600;

/** Puts what a node's role asks for around its core, or in its place. */
export class Cast {
  readonly #plan: Plan;
  readonly #liars: readonly NodePlan[];
  readonly #sybils: readonly NodePlan[];
  readonly #victims: readonly NodePlan[];
  readonly #harmless: readonly NodePlan[];
  readonly #recordByNode = new WeakMap<object, PeerRecord>();

  constructor(plan: Plan) {
    this.#plan = plan;
    const having = (wanted: NodeRole): NodePlan[] =>
      plan.nodes.filter(({ role }) => role === wanted);
    this.#liars = having("liar");
    this.#sybils = having("sybil");
    this.#victims = having("honest");
    this.#harmless = plan.nodes.filter(({ role }) => !isHostile(role));
  }

  play(node: NodePlan, makeCore: () => Core, ports: CorePorts, random: RandomStream): Core {
    switch (node.role) {
      case "honest":
        return makeCore();
      case "dropper":
        return new Liar(makeCore(), dropItems);
      case "liar":
        return new Liar(
          makeCore(),
          lieAboutPeers(() => this.#someOf(this.#liars, random)),
        );
      case "addressFlooder":
        return new Liar(
          makeCore(),
          lieAboutPeers(() => this.#inventedIn(node.group, random)),
        );
      case "bystander":
        return new Bystander(this.#portsOf(node, this.#harmless, ports, random));
      case "sybil":
        return new Bystander({
          ...this.#portsOf(node, this.#sybils, ports, random),
          ...(this.#victims.length > 0 ? { visits: this.#visits(random) } : {}),
        });
      default:
        return makeHostilePeer(node.role);
    }
  }

  #portsOf(
    node: NodePlan,
    told: readonly NodePlan[],
    { digest }: CorePorts,
    random: RandomStream,
  ): BystanderPorts {
    const listenPort = this.#addressOf(node).port;
    return { random, digest, listenPort, records: () => this.#someOf(told, random) };
  }

  #visits(random: RandomStream): Visits {
    const { visitsFromMs: fromMs, visitEveryMs: everyMs } = this.#plan.overlay;
    return { host: this.#addressOf(random.pick(this.#victims)), fromMs, everyMs };
  }

  /** As many as fit into a list, perhaps some of them twice. */
  #someOf(nodes: readonly NodePlan[], random: RandomStream): PeerRecord[] {
    return Array.from({ length: PEER_RECORDS_MAX }, () => this.#recordOf(random.pick(nodes)));
  }

  /** Addresses that nobody is at, in the flooder's own group. */
  #inventedIn(group: number, random: RandomStream): PeerRecord[] {
    return Array.from({ length: PEER_RECORDS_MAX }, () => {
      const number = this.#plan.nodes.length + random.below(65_536 - this.#plan.nodes.length);
      return this.#recordOf({ group, number });
    });
  }

  /** Always the same one for the same object: lists are long, and told often. */
  #recordOf(node: Pick<NodePlan, "group" | "number">): PeerRecord {
    const known = this.#recordByNode.get(node);
    if (known !== undefined) return known;
    const { host, port } = this.#addressOf(node);
    const { bytes } = present(parseIpAddress(host), "an address of the simulation");
    const record = { address: Uint8Array.from(bytes), port, ageSeconds: AGE_SECONDS };
    this.#recordByNode.set(node, record);
    return record;
  }

  #addressOf({ group, number }: Pick<NodePlan, "group" | "number">): ReturnType<typeof addressOf> {
    return addressOf(group, number, this.#plan.overlay.addresses);
  }
}
