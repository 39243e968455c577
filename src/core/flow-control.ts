import { Deadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";
import type { Link } from "./link.ts";
import type { Instant } from "./ports.ts";
import { HoldReason } from "./read-gate.ts";
import type { Subscriber } from "./subscriber.ts";

/** A link without progress for this long no longer makes others wait, in ms [protocol §4.11]. */
const STUCK_MS = 250;
/** A link over half its share waits no longer than this without any verdict, in ms [§4.10]. */
const VERDICT_PATIENCE_MS = 250;

/** What flow control looks at. */
export interface FlowPort {
  links(): Iterable<Link>;
  established(): readonly Link[];
  subscribers(): Iterable<Subscriber>;
  isOverHalfShare(link: Link): boolean;
  /** Whether items that this link brought wait for a verdict. */
  hasPending(link: Link): boolean;
  /** When the last verdict of any subscriber came in, or the first item that waits for one. */
  waitsForVerdictSince(): Instant;
}

/**
 * Decides who is read. Everything that could make us drop is answered by not reading first, as long as
 * that makes nobody wait for somebody who is stuck.
 */
export class FlowControl {
  readonly #effects: Effects;
  readonly #port: FlowPort;
  readonly #pressureReview: Deadline;
  readonly #seenCacheReview: Deadline;
  #pressure: "none" | "some" = "none";
  #backlogs: "reviewed" | "changed" = "reviewed";
  /** Whether the last review may have held somebody back. */
  #isHolding = false;

  constructor(effects: Effects, port: FlowPort) {
    this.#effects = effects;
    this.#port = port;
    this.#pressureReview = new Deadline(() => {
      this.#reviewPressure();
    });
    this.#seenCacheReview = new Deadline(() => {
      this.#resumeAfterSeenCache();
    });
  }

  /** Whether most links an announcement would go to have room [protocol §4.11]. */
  get haveLinksRoom(): boolean {
    return this.#pressure === "none";
  }

  /** Pays for a frame out of the link's read budget [protocol §4.11]. */
  onFrameRead(link: Link, frameBytes: number): void {
    const waitMs = link.budget.spend(frameBytes, this.#effects.now);
    if (waitMs === 0) return;
    this.#effects.counters.totals.budgetHolds++;
    this.#holdLink(link, HoldReason.budget);
    this.#effects.setIn(link.deadlines.budget, waitMs);
  }

  onBudgetDue(link: Link): void {
    this.#releaseLink(link, HoldReason.budget);
  }

  /** The pending items of a link have become more or fewer [protocol §4.10]. */
  reviewShare(link: Link): void {
    const patienceEnds = (this.#port.waitsForVerdictSince() + VERDICT_PATIENCE_MS) as Instant;
    if (this.#port.isOverHalfShare(link) && this.#effects.now < patienceEnds) {
      if (!link.gate.isHeldFor(HoldReason.pendingShare)) {
        this.#effects.counters.totals.pendingHolds++;
        this.#holdLink(link, HoldReason.pendingShare);
      }
      // Verdicts move it all the time; one that passes too early is set again.
      if (!link.deadlines.pendingShare.isSet) {
        this.#effects.deadlines.set(link.deadlines.pendingShare, patienceEnds);
      }
    } else {
      this.#releaseLink(link, HoldReason.pendingShare);
    }
  }

  /** A link came up or went down, got full, drained or moved on: pressure is reviewed with this step. */
  onBacklogChanged(): void {
    this.#backlogs = "changed";
  }

  /** Once at the end of a step, however many links it changed. */
  reviewIfChanged(): void {
    if (this.#backlogs === "changed") this.#reviewPressure();
  }

  /**
   * While more than half of the links an item would go to are over half full, whoever it comes from is
   * not read, and neither are modules, whose own items go to all links, and whose verdicts send what others
   * brought. Links that got stuck no longer count, so that two nodes cannot block each other
   * [protocol §4.11].
   */
  #reviewPressure(): void {
    this.#backlogs = "reviewed";
    if (!this.#isHolding && !this.#isAnyFull()) return;
    const targets = this.#port.established();
    const full = targets.filter((link) => link.isFull);
    const waitedFor = full.filter((link) => !this.#isStuck(link));
    const countedTargets = targets.length - (full.length - waitedFor.length);
    let holdModules = waitedFor.length * 2 > countedTargets;
    for (const link of targets) {
      const isWaitedFor = link.isFull && !this.#isStuck(link);
      const others = countedTargets - (isWaitedFor || !link.isFull ? 1 : 0);
      const fullOthers = waitedFor.length - (isWaitedFor ? 1 : 0);
      const isHeld = fullOthers * 2 > others;
      this.#setLink(link, HoldReason.sendPressure, isHeld);
      holdModules ||= isHeld && this.#port.hasPending(link);
    }
    this.#isHolding = waitedFor.length > 0;
    for (const subscriber of this.#port.subscribers()) {
      this.#setSubscriber(subscriber, HoldReason.sendPressure, holdModules);
    }
    this.#notePressure(holdModules);
    this.#scheduleReview(waitedFor);
  }

  /** A connection that has just come up joins a pause that goes on. */
  onOpened(opened: { readonly subscriber: Subscriber } | { readonly link: Link }): void {
    if (this.#seenCacheReview.isSet) {
      if ("link" in opened) this.#holdLink(opened.link, HoldReason.seenCacheFull);
      else this.#setSubscriber(opened.subscriber, HoldReason.seenCacheFull, true);
    }
    if (this.#pressure === "some") this.onBacklogChanged();
  }

  /** The seen cache would turn too young: nobody is read until it is old enough [protocol §4.8]. */
  pauseForSeenCache(until: Instant): void {
    if (this.#seenCacheReview.isSet) return;
    for (const link of this.#port.links()) this.#holdLink(link, HoldReason.seenCacheFull);
    for (const subscriber of this.#port.subscribers()) {
      this.#setSubscriber(subscriber, HoldReason.seenCacheFull, true);
    }
    this.#effects.report({ name: "readingPaused", reason: "seenCacheFull" });
    this.#effects.deadlines.set(this.#seenCacheReview, until);
  }

  #resumeAfterSeenCache(): void {
    for (const link of this.#port.links()) this.#releaseLink(link, HoldReason.seenCacheFull);
    for (const subscriber of this.#port.subscribers()) {
      this.#setSubscriber(subscriber, HoldReason.seenCacheFull, false);
    }
    this.#effects.report({ name: "readingResumed", reason: "seenCacheFull" });
  }

  #isAnyFull(): boolean {
    for (const link of this.#port.links()) if (link.isFull) return true;
    return false;
  }

  #isStuck(link: Link): boolean {
    return this.#effects.now - link.progressedAt >= STUCK_MS;
  }

  /** Modules stand for all: they are held while most links are full. */
  #notePressure(holdModules: boolean): void {
    const pressure = holdModules ? "some" : "none";
    if (pressure === this.#pressure) return;
    this.#pressure = pressure;
    this.#effects.counters.totals[pressure === "some" ? "readingPaused" : "readingResumed"]++;
  }

  /** A link that makes others wait is looked at again when it may have got stuck. */
  #scheduleReview(waitedFor: readonly Link[]): void {
    for (const link of waitedFor) {
      const stuckAt = (link.progressedAt + STUCK_MS) as Instant;
      this.#effects.deadlines.setNoLaterThan(this.#pressureReview, stuckAt);
    }
  }

  #setLink(link: Link, reason: HoldReason, isHeld: boolean): void {
    if (isHeld) this.#holdLink(link, reason);
    else this.#releaseLink(link, reason);
  }

  #holdLink(link: Link, reason: HoldReason): void {
    if (!link.gate.hold(reason)) return;
    link.heldAt = this.#effects.now;
    link.frameClock.onHeld(this.#effects);
    this.#effects.emit({ kind: "holdLink", link: link.id });
  }

  #releaseLink(link: Link, reason: HoldReason): void {
    if (!link.gate.release(reason)) return;
    // Silence while nobody listened is none [protocol §6.4].
    link.heardAt = (link.heardAt + this.#effects.now - link.heldAt) as Instant;
    link.frameClock.onResumed(this.#effects);
    this.#effects.emit({ kind: "resumeLink", link: link.id });
  }

  #setSubscriber(subscriber: Subscriber, reason: HoldReason, isHeld: boolean): void {
    const { gate, frameClock, id } = subscriber;
    if (isHeld && gate.hold(reason)) {
      frameClock.onHeld(this.#effects);
      this.#effects.emit({ kind: "holdSubscriber", subscriber: id });
    }
    if (!isHeld && gate.release(reason)) {
      frameClock.onResumed(this.#effects);
      this.#effects.emit({ kind: "resumeSubscriber", subscriber: id });
    }
  }
}
