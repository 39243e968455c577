import { Ping, PING_TOKEN_BYTES } from "../wire/p2p/ping.ts";
import { isSameBytes } from "./bytes.ts";
import type { Effects } from "./effects.ts";
import type { Link, LinkPort } from "./link.ts";
import { OutgoingFrame } from "./outgoing-frame.ts";
import type { Instant, Random } from "./ports.ts";

/** Whoever has sent nothing for this long sends an ask, in ms; up to a fifth earlier [§6.4]. */
const QUIET_MS = 15_000;
const QUIET_JITTER_MS = 3_000;
/** One keepalive period: a link from which nothing came for this long is closed, in ms [§6.4]. */
const KEEPALIVE_PERIOD_MS = 25_000;

/** A wakeup that comes this much too late, in ms, shows that we were busy ourselves. A guess ... */
const LAG_NOTICED_MS = 1_000;
/** ... and what has come meanwhile is given this long to be read, in ms. A guess. */
const CATCH_UP_MS = 1_000;

/** What liveness tells the rest of the core. */
export interface LivenessListener {
  onSilent(link: Link): void;
}

/**
 * Notices dead neighbours while there is nothing to say: an overlay that notices them only when it
 * sends loses half of its messages after half of the nodes have failed [protocol §6.4].
 */
export class Liveness {
  readonly #effects: Effects;
  readonly #random: Random;
  readonly #links: LinkPort;
  readonly #listener: LivenessListener;

  constructor(effects: Effects, random: Random, links: LinkPort, listener: LivenessListener) {
    this.#effects = effects;
    this.#random = random.fork("liveness");
    this.#links = links;
    this.#listener = listener;
  }

  /** Asks at once: the answer is the first measurement of the link's delay. */
  onExtended(link: Link): void {
    this.#ask(link);
    this.#schedule(link);
  }

  onPing(link: Link, ping: Ping): void {
    const { extension } = link;
    if (extension === undefined) return;
    if (ping.role === "ask") {
      if (!extension.pingAnswers.take(this.#effects.now)) return;
      this.#links.send(link, new OutgoingFrame(new Ping("answer", ping.token.slice())));
    } else if (isSameBytes(ping.token, extension.pingToken)) {
      extension.delayMs = this.#effects.now - extension.pingAskedAt;
      this.#effects.counters.observe("linkDelay", extension.delayMs);
      extension.pingToken = undefined;
    }
  }

  onDue(link: Link): void {
    const { now } = this.#effects;
    this.#leaveOutDeafTime(link);
    if (now - link.heardAt >= KEEPALIVE_PERIOD_MS) {
      this.#listener.onSilent(link);
      return;
    }
    if (now - link.sentAt >= QUIET_MS - QUIET_JITTER_MS) this.#ask(link);
    this.#schedule(link);
  }

  /** Time in which we did not read does not count, whether we held back or were busy ourselves. */
  #leaveOutDeafTime(link: Link): void {
    const { now, lagMs } = this.#effects;
    if (link.gate.isHeld) {
      link.heardAt = (link.heardAt + now - link.heldAt) as Instant;
      link.heldAt = now;
      return;
    }
    let heardAt = Math.min(now, link.heardAt + lagMs);
    if (lagMs >= LAG_NOTICED_MS) {
      heardAt = Math.max(heardAt, now - KEEPALIVE_PERIOD_MS + CATCH_UP_MS);
    }
    link.heardAt = heardAt as Instant;
  }

  #ask(link: Link): void {
    const { extension } = link;
    if (extension === undefined) return;
    const token = this.#random.bytes(PING_TOKEN_BYTES);
    extension.pingToken = token;
    extension.pingAskedAt = this.#effects.now;
    link.sentAt = this.#effects.now;
    this.#links.send(link, new OutgoingFrame(new Ping("ask", token)));
  }

  #schedule(link: Link): void {
    const quietAt = link.sentAt + QUIET_MS - this.#random.below(QUIET_JITTER_MS);
    const silentAt = link.heardAt + KEEPALIVE_PERIOD_MS;
    const at = Math.max(Math.min(quietAt, silentAt), this.#effects.now + 1) as Instant;
    this.#effects.deadlines.set(link.deadlines.liveness, at);
  }
}
