import type { CoreConfig } from "../../src/core/core-config.ts";
import type { Core } from "../../src/core/core.ts";
import { GossipCore } from "../../src/core/gossip-core.ts";
import type { CorePorts } from "../../src/core/gossip-core.ts";
import type { Input } from "../../src/core/input.ts";
import { OutgoingFrame } from "../../src/core/outgoing-frame.ts";
import type { Output } from "../../src/core/output.ts";
import type { Instant } from "../../src/core/ports.ts";
import { GossipNotification } from "../../src/wire/api/gossip-notification.ts";
import { GossipValidation } from "../../src/wire/api/gossip-validation.ts";
import { P2PAnnounce } from "../../src/wire/p2p/p2p-announce.ts";

/** Changes what goes into a core, or leaves it out, and what comes out of it. */
interface Distortion {
  input?(input: Input): Input | undefined;
  output?(output: Output): readonly Output[];
}

/** A core with a bug between it and the world. */
class DistortedCore implements Core {
  readonly #core: Core;
  readonly #distortion: Distortion;

  constructor(core: Core, distortion: Distortion) {
    this.#core = core;
    this.#distortion = distortion;
  }

  step(input: Input, now: Instant, outbox: Output[]): void {
    const heard = this.#distortion.input === undefined ? input : this.#distortion.input(input);
    if (heard === undefined) return;
    const outputs: Output[] = [];
    this.#core.step(heard, now, outputs);
    for (const output of outputs) {
      outbox.push(...(this.#distortion.output?.(output) ?? [output]));
    }
  }

  expects(...args: Parameters<Core["expects"]>): boolean {
    return this.#core.expects(...args);
  }

  savedBook(): ReturnType<Core["savedBook"]> {
    return this.#core.savedBook();
  }

  snapshot(...args: Parameters<Core["snapshot"]>): ReturnType<Core["snapshot"]> {
    return this.#core.snapshot(...args);
  }

  addresses(...args: Parameters<Core["addresses"]>): ReturnType<Core["addresses"]> {
    return this.#core.addresses(...args);
  }
}

export type MakeCore = (config: CoreConfig, ports: CorePorts) => Core;

const planted =
  (distortion: () => Distortion): MakeCore =>
  (config, ports) =>
    new DistortedCore(new GossipCore(config, ports), distortion());

function withTtl(output: Output, change: (ttl: number) => number): Output {
  if (output.kind !== "write") return output;
  const frames = output.frames.map((frame) => {
    const { message } = frame;
    if (message.kind !== "p2pAnnounce") return frame;
    const { messageId, dataType, ttl, data } = message;
    return new OutgoingFrame(new P2PAnnounce(messageId, dataType, change(ttl), data));
  });
  return { ...output, frames };
}

/** Every n-th item is lost between the wire and the core. */
function deafAtTimes(every: number): Distortion {
  let items = 0;
  return {
    input: (input) => {
      if (input.kind !== "peerMessage" || input.message.kind !== "p2pAnnounce") return input;
      items++;
      return items % every === 0 ? undefined : input;
    },
  };
}

/** What every bug breaks is found by some law, in few seeds. */
export const PLANTED_BUGS: Readonly<Record<string, MakeCore>> = {
  "the TTL goes out one too high": planted(() => ({
    output: (output) => [withTtl(output, (ttl) => (ttl === 0 ? 0 : Math.min(ttl + 1, 255)))],
  })),
  "the last hop goes out without a limit": planted(() => ({
    output: (output) => [withTtl(output, (ttl) => (ttl === 1 ? 0 : ttl))],
  })),
  "a rejection counts as acceptance": planted(() => ({
    input: (input) => {
      if (input.kind !== "apiRequest" || input.request.kind !== "gossipValidation") return input;
      const request = new GossipValidation(input.request.messageId, "accept");
      return { ...input, request };
    },
  })),
  "a module is told twice": planted(() => ({
    output: (output) => {
      if (output.kind !== "notify") return [output];
      const again = output.notifications.map(
        ({ messageId, dataType, data }) => new GossipNotification(messageId ^ 1, dataType, data),
      );
      return [output, { ...output, notifications: again }];
    },
  })),
  "every fifth item is not heard": planted(() => deafAtTimes(5)),
  "a link that was held is never read again": planted(() => ({
    output: (output) => (output.kind === "resumeLink" ? [] : [output]),
  })),
  "a closed link is mentioned again": planted(() => ({
    output: (output) =>
      output.kind === "closeLink" ? [output, { kind: "holdLink", link: output.link }] : [output],
  })),
  "nobody dials twice": planted(() => {
    const dialled = new Set<string>();
    return {
      output: (output) => {
        if (output.kind !== "dial") return [output];
        const isFirst = !dialled.has(output.address.host);
        dialled.add(output.address.host);
        return isFirst ? [output] : [];
      },
    };
  }),
};
