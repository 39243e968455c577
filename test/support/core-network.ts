import type { LinkId, SubscriberId } from "../../src/core/ports.ts";
import type { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";
import { bytesOf, CoreHarness } from "./core-harness.ts";
import type { HarnessOptions } from "./core-harness.ts";

export const NETWORK_TYPE = 7;

/** One core with one module that accepts everything at once. */
interface Member {
  readonly node: CoreHarness;
  readonly module: SubscriberId;
  readonly announcer: SubscriberId;
  readonly peerByLink: Map<LinkId, { readonly member: number; readonly link: LinkId }>;
  outputsRead: number;
}

/** Several cores with cables between them: no delay, no loss, everything carried until it is quiet. */
export class CoreNetwork {
  readonly members: readonly Member[];
  /** Items carried over cables. */
  copies = 0;

  constructor(count: number, options: HarnessOptions = {}) {
    this.members = Array.from({ length: count }, (_, index) => {
      const node = new CoreHarness({ ...options, seed: (options.seed ?? 1) + index });
      const module = node.subscriber(NETWORK_TYPE);
      const announcer = node.subscriber();
      return { node, module, announcer, peerByLink: new Map(), outputsRead: 0 };
    });
  }

  member(index: number): Member {
    const member = this.members[index];
    if (member === undefined) throw new Error(`no member ${index}`);
    return member;
  }

  connect(a: number, b: number): void {
    const linkOfA = this.member(a).node.inboundLink();
    const linkOfB = this.member(b).node.inboundLink();
    this.member(a).peerByLink.set(linkOfA, { member: b, link: linkOfB });
    this.member(b).peerByLink.set(linkOfB, { member: a, link: linkOfA });
    this.settle();
  }

  line(): this {
    for (let at = 1; at < this.members.length; at++) this.connect(at - 1, at);
    return this;
  }

  ring(): this {
    this.line().connect(this.members.length - 1, 0);
    return this;
  }

  announce(at: number, ttl: number, text: string): void {
    const { node, announcer } = this.member(at);
    node.announce(announcer, ttl, NETWORK_TYPE, bytesOf(text));
    this.settle();
  }

  /** Carries every item and gives every verdict until nothing moves any more. */
  settle(): void {
    let isMoving = true;
    for (let round = 0; isMoving; round++) {
      if (round > 10_000) throw new Error("the network never comes to rest");
      isMoving = false;
      for (const member of this.members) isMoving = this.#carry(member) || isMoving;
    }
  }

  /** The texts that the module of a member was notified of. */
  heard(at: number): string[] {
    const { node, module } = this.member(at);
    return node.notificationsTo(module).map(({ data }) => new TextDecoder().decode(data));
  }

  /** Which members were notified at least once. */
  reached(): number[] {
    return this.members.map((_, at) => at).filter((at) => this.heard(at).length > 0);
  }

  #carry(member: Member): boolean {
    const outputs = member.node.outputs.slice(member.outputsRead);
    member.outputsRead = member.node.outputs.length;
    for (const output of outputs) {
      if (output.kind === "notify" && output.subscriber === member.module) {
        for (const { messageId } of output.notifications) {
          member.node.answer(member.module, messageId, "accept");
        }
      }
      if (output.kind !== "write") continue;
      for (const { message } of output.frames) {
        if (message.kind === "p2pAnnounce") this.#deliver(member, output.link, message);
      }
    }
    return outputs.length > 0;
  }

  #deliver(from: Member, link: LinkId, item: P2PAnnounce): void {
    const peer = from.peerByLink.get(link);
    if (peer === undefined) return;
    this.copies++;
    this.member(peer.member).node.receive(peer.link, item);
  }
}
