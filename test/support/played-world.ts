import type { Output } from "../../src/core/output.ts";
import type { LinkId, PeerAddress } from "../../src/core/ports.ts";
import { P2PInit } from "../../src/wire/p2p/p2p-init.ts";
import { P2POk } from "../../src/wire/p2p/p2p-ok.ts";
import type { CoreHarness } from "./core-harness.ts";

/** What happens to a dial. */
export type Behavior =
  | "refuses"
  /** No answer at all, until the dialler gives up. */
  | "vanishes"
  /** Shows a puzzle and closes. */
  | "closesAfterInit"
  /** Takes the solution and closes. */
  | "closesAfterVerify"
  /** Takes the solution and never says OK. */
  | "hangsAfterVerify"
  | "accepts";

/** Everybody a core dials, as the test wants them; proofs are found at once. */
export class PlayedWorld {
  readonly dials: { readonly address: PeerAddress; readonly at: number }[] = [];
  readonly linkByAddress = new Map<string, LinkId>();
  proofs = 0;
  readonly #node: CoreHarness;
  readonly #behaviorOf: (address: PeerAddress) => Behavior;
  readonly #behaviorByLink = new Map<LinkId, Behavior>();
  #challenge = 1;

  constructor(node: CoreHarness, behaviorOf: (address: PeerAddress) => Behavior) {
    this.#node = node;
    this.#behaviorOf = behaviorOf;
  }

  /** Addresses of established outbound links. */
  get linked(): string[] {
    return this.#node
      .snapshot()
      .links.filter(({ direction, phase }) => direction === "outbound" && phase === "established")
      .map(({ remote }) => `${remote.host}:${remote.port}`);
  }

  run(milliseconds: number, stepMs: number = 250): void {
    const end = this.#node.now + milliseconds;
    while (this.#node.now < end) {
      this.take(this.#node.advance(Math.min(stepMs, end - this.#node.now)));
    }
  }

  /** Answers everything that is among these outputs, and what comes of the answers. */
  take(outputs: readonly Output[]): void {
    const open = [...outputs];
    for (let output = open.shift(); output !== undefined; output = open.shift()) {
      if (output.kind === "dial") open.push(...this.#answer(output));
      else if (output.kind === "solveProof") open.push(...this.#solve(output.link));
    }
  }

  #answer(output: Output & { readonly kind: "dial" }): Output[] {
    const { dial, address } = output;
    this.dials.push({ address, at: this.#node.now });
    const behavior = this.#behaviorOf(address);
    if (behavior === "vanishes") return [];
    if (behavior === "refuses") {
      return this.#node.tick({ kind: "dialFailed", dial, reason: "refused" });
    }
    const link = this.#node.freshLinkId();
    this.#behaviorByLink.set(link, behavior);
    this.linkByAddress.set(`${address.host}:${address.port}`, link);
    const outputs = this.#node.tick({ kind: "linkDialed", link, dial, remote: address });
    const challenge = new Uint8Array(8);
    new DataView(challenge.buffer).setUint32(0, this.#challenge++);
    outputs.push(...this.#node.receive(link, new P2PInit(challenge)));
    if (behavior === "closesAfterInit")
      outputs.push(...this.#node.tick({ kind: "linkLost", link }));
    return outputs;
  }

  #solve(link: LinkId): Output[] {
    const behavior = this.#behaviorByLink.get(link);
    if (behavior === "closesAfterInit") return [];
    this.proofs++;
    const outputs = this.#node.tick({ kind: "proofFound", link, nonce: new Uint8Array(8) });
    if (behavior === "accepts") outputs.push(...this.#node.receive(link, new P2POk()));
    if (behavior === "closesAfterVerify") {
      outputs.push(...this.#node.tick({ kind: "linkLost", link }));
    }
    return outputs;
  }
}
