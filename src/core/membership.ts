import { keyOf } from "./address-book.ts";
import type { AddressBook, BookEntry } from "./address-book.ts";
import { overlayGroup } from "./address-scope.ts";
import { AddressTests } from "./address-tests.ts";
import { Attempts, PROVING_MAX, destinationsOf } from "./attempts.ts";
import type { Attempt, DialPurpose, DialTarget } from "./attempts.ts";
import type { DialTrouble, LinkCloseCause } from "./close-cause.ts";
import { assert } from "./assert.ts";
import { proofSpentBackoffMs, silentBackoffMs } from "./backoff.ts";
import { Bootstrappers } from "./bootstrappers.ts";
import { Candidates } from "./candidates.ts";
import type { CoreConfig } from "./core-config.ts";
import { Deadline } from "./deadline-queue.ts";
import type { Effects } from "./effects.ts";
import { FirstContact } from "./first-contact.ts";
import type { DialFailure } from "./input.ts";
import type { Link } from "./link.ts";
import { isLinkedBeside } from "./listen-address.ts";
import type { DialId, Instant, LinkId, PeerAddress, Random } from "./ports.ts";
import { Outlook } from "./outlook.ts";
import { ProofBudget, WORTHWHILE_MS } from "./proof-budget.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { AddressSnapshot, BootstrapSnapshot, OverlaySnapshot } from "./snapshot.ts";

/** A dial that has not come through after this is given up, in ms [protocol §3.5]. */
const CONNECT_TIMEOUT_MS = 3_000;
/** Connects at once, and while under half of the outbound links are there [protocol §7.3]. */
const DIALS_MAX = 8;
export const DIALS_MAX_WHEN_LONELY = 32;
/**
 * Dials at once and then one in this many ms, however quickly they are refused: going through a book of
 * 5,120 addresses at full speed kept the event loop busy. A guess: ten times what vanished ones allow.
 */
const DIALS_BURST = 256;
const DIAL_INTERVAL_MS = 20;
/** A feeler looks at one address of *new* this often, in ms [protocol §7.2]. */
const FEELER_INTERVAL_MS = 120_000;
/**
 * Failures counted while no link at all is up: silence then says more about us than about others, who
 * must not be forgotten, nor be left alone for longer than about a minute. A guess.
 */
const FAILURES_CUT_OFF_MAX = 6;
/** Without a link of ours for this long, a bootstrapper comes before the book, in ms. A guess. */
const ALONE_MS = 10_000;
/** An address that turned out to be our own is left out for this long, in ms [protocol §3.6]. */
const SELF_DIAL_PAUSE_MS = 3_600_000;
/** While something is missing and nothing can be dialled, look again no later than this, in ms. */
const REVIEW_MS = 5_000;
/** The book is saved this long after it changed, in ms. A guess: one write for many changes. */
const SAVE_DELAY_MS = 15_000;
/** The same for the first time: who is killed soon after its first start must not forget whom it met. A guess. */
const FIRST_SAVE_DELAY_MS = 2_000;
/** Links to come back to first after a restart [protocol §7.2]. */
const ANCHORS_MAX = 2;

/** What membership asks of the rest of the core. */
export interface MembershipPort {
  links(): Iterable<Link>;
  /** Ends a link of ours that has served its purpose, or lost it. */
  close(link: LinkId, cause: Objection): void;
}

/** Why an acceptor that has spoken gets no proof from us. None of it is its fault. */
type Objection = "feeler" | "duplicateLink" | "surplus" | "solverBusy" | "proofBudget";

/**
 * Which links we dial: we choose our neighbours, nobody dials because a stranger asked [protocol §7].
 * Knows addresses and attempts; what happens on a link is not its business.
 */
export class Membership {
  readonly #config: CoreConfig;
  readonly #effects: Effects;
  readonly #book: AddressBook;
  readonly #port: MembershipPort;
  readonly #bootstrappers: Bootstrappers;
  readonly #attempts = new Attempts();
  readonly #candidates: Candidates;
  readonly #proofBudget: ProofBudget;
  readonly #dialPace = new TokenBucket(DIALS_BURST, DIAL_INTERVAL_MS);
  readonly #tests: AddressTests;
  readonly #firstContact = new FirstContact();
  readonly #outlook: Outlook;
  readonly #review: Deadline;
  readonly #feeler: Deadline;
  readonly #save: Deadline;
  #saveDelayMs = FIRST_SAVE_DELAY_MS;
  /** The oldest links of the last run. */
  #lastAnchors: readonly PeerAddress[] = [];
  /** Dials that came to nothing lately; halved by each that did not. */
  #fruitlessDials = 0;
  /** Since when none of our links is established. */
  #aloneSince: Instant | undefined;
  #nextDial = 1;

  constructor(
    config: CoreConfig,
    effects: Effects,
    random: Random,
    book: AddressBook,
    port: MembershipPort,
  ) {
    this.#config = config;
    this.#effects = effects;
    this.#book = book;
    this.#port = port;
    this.#bootstrappers = new Bootstrappers(config.bootstrappers, effects, random);
    this.#proofBudget = new ProofBudget(config.difficultyBits);
    this.#candidates = new Candidates(config, effects, {
      book,
      bootstrappers: this.#bootstrappers,
      attempts: this.#attempts,
      links: () => port.links(),
    });
    this.#outlook = new Outlook({
      book,
      bootstrappers: this.#bootstrappers,
      attempts: this.#attempts,
      firstContact: this.#firstContact,
      proofBudget: this.#proofBudget,
      links: () => port.links(),
    });
    this.#tests = new AddressTests(effects, book, { feel: (entry) => this.#feel(entry) });
    this.#aloneSince = effects.now;
    this.#review = new Deadline(() => {
      this.#fill();
    });
    this.#feeler = new Deadline(() => {
      this.#feelRegularly();
    });
    this.#save = new Deadline(() => {
      this.#saveDelayMs = SAVE_DELAY_MS;
      this.#effects.emit({ kind: "saveBook" });
    });
    effects.setIn(this.#review, 0);
    if (config.extensions === "on") effects.setIn(this.#feeler, FEELER_INTERVAL_MS);
  }

  /** What the last run knew: its oldest links come first [protocol §7.2]. */
  onBookRestored(anchors: readonly PeerAddress[]): void {
    this.#lastAnchors = anchors.slice(0, ANCHORS_MAX);
    this.#candidates.onBookRestored(this.#lastAnchors);
    if (this.#book.triedCount > 0) this.#firstContact.onBookRestored();
  }

  /** Whether this dial is still wanted. */
  onDialed(dial: DialId, { id, remote, groupKey }: Link): "wanted" | "unwanted" {
    const attempt = this.#attempts.ofDial(dial);
    if (attempt === undefined) return "unwanted";
    this.#effects.deadlines.clear(attempt.timeout);
    attempt.state = { kind: "connected", link: id };
    attempt.group = groupKey;
    if (attempt.target.kind === "bootstrapper") attempt.target.bootstrapper.remote = remote;
    return "wanted";
  }

  onDialFailed(dial: DialId, reason: DialFailure): void {
    const attempt = this.#attempts.ofDial(dial);
    if (attempt !== undefined) this.#onDialFailed(attempt, reason);
  }

  /** The acceptor has spoken: it is alive. `closed` when it gets no proof from us. */
  onInit(link: Link): "solve" | "closed" {
    const attempt = this.#attempts.ofLink(link.id);
    assert(attempt !== undefined, `link ${link.id} is no dial of ours`);
    this.#noteAlive(attempt);
    const objection = this.#objectionTo(attempt, link);
    if (objection !== undefined) {
      this.#attempts.delete(attempt);
      this.#port.close(link.id, objection);
      return "closed";
    }
    attempt.state = { kind: "proving", link: link.id };
    return "solve";
  }

  /** VERIFY is out: the solver is free for another. */
  onProved(id: LinkId): void {
    const attempt = this.#attempts.ofLink(id);
    if (attempt === undefined) return;
    attempt.state = { kind: "proved", link: id };
    this.#fill();
  }

  onEstablished(id: LinkId): void {
    const attempt = this.#attempts.ofLink(id);
    if (attempt === undefined) return;
    attempt.state = { kind: "established", link: id };
    this.#aloneSince = undefined;
    if (attempt.target.kind === "bootstrapper") {
      this.#bootstrappers.onEstablished(attempt.target.bootstrapper);
    }
    this.#changed();
    this.#fill();
  }

  /** The peer has another link to us, or we to it: nothing failed. */
  onDuplicate(id: LinkId): void {
    const attempt = this.#attempts.ofLink(id);
    if (attempt === undefined) return;
    const { kind } = attempt.state;
    if (kind !== "dialing" && kind !== "connected") this.#proofBudget.giveBack(this.#effects.now);
    this.#drop(attempt);
  }

  /** A link is down: one of ours is replaced at once [protocol §7.3]. */
  onClosed(link: Link, cause: LinkCloseCause): void {
    const attempt = this.#attempts.ofLink(link.id);
    const isDuplicate = cause === "remoteClosed" && isLinkedBeside(this.#port.links(), link);
    if (attempt?.state.kind === "connected") this.#onLeftBeforeInit(attempt, cause);
    else if (isDuplicate) this.onDuplicate(link.id);
    else if (attempt !== undefined) this.#onProofSpent(attempt, link, cause);
    if (link.direction === "outbound") this.#fill();
  }

  /** The link leads to ourselves: its address is left out for a while [protocol §3.6]. */
  onSelfDial(id: LinkId): void {
    const attempt = this.#attempts.ofLink(id);
    if (attempt === undefined) return;
    this.#attempts.delete(attempt);
    const { target } = attempt;
    const notBefore = (this.#effects.now + SELF_DIAL_PAUSE_MS) as Instant;
    if (target.kind === "entry") target.entry.notBefore = notBefore;
    else target.bootstrapper.notBefore = notBefore;
    this.#effects.report({ name: "selfDialed", address: attempt.address });
  }

  /** A peer of ours dialled us and says where it listens: tested before we pass it on (threat T3). */
  onAdvertised(link: Link): void {
    const port = link.extension?.listenPort ?? 0;
    if (link.direction === "outbound" || port === 0) return;
    const address = { host: link.remote.host, port };
    this.#giveUpDialTo(address);
    const group = this.#groupOf(address);
    this.#book.hear(address, group, group, this.#effects.now);
    const entry = this.#book.get(address);
    if (entry?.table === "new") this.#tests.queue(entry);
    this.#changed();
    this.#fill();
  }

  /** A list of addresses came in. */
  onLearned({ groupKey }: Link): void {
    this.#firstContact.onSource(groupKey, this.#effects.now);
    this.#changed();
    this.#fill();
  }

  /** With the two oldest links of ours, or those of the last run while there are fewer [§7.2]. */
  savedBook(): ReturnType<AddressBook["save"]> {
    const oldest = [...this.#port.links()]
      .filter((link) => link.direction === "outbound" && link.isEstablished)
      .sort((a, b) => a.establishedAt - b.establishedAt)
      .map(({ remote }) => remote);
    const anchors = new Map([...oldest, ...this.#lastAnchors].map((one) => [keyOf(one), one]));
    return this.#book.save(this.#effects.now, [...anchors.values()].slice(0, ANCHORS_MAX));
  }

  bootstrapSnapshot(now: Instant): BootstrapSnapshot[] {
    return this.#outlook.bootstrap(now);
  }

  snapshot(now: Instant): OverlaySnapshot {
    const { extensions, outboundLinksTarget, bootstrappers } = this.#config;
    return {
      extensions,
      outboundLinks: this.#attempts.count("established"),
      outboundLinksTarget: extensions === "on" ? outboundLinksTarget : bootstrappers.length,
      shortage: this.#outlook.shortage(this.#missingLinks, this.#mayFillMore(now), now),
    };
  }

  addresses(now: Instant): AddressSnapshot[] {
    return this.#outlook.addresses(now);
  }

  /** Dials what is missing, as far as budgets and backoff allow, and comes back when they allow more. */
  #fill(): void {
    while (this.#missingLinks > 0 && this.#mayDial()) {
      const target = this.#candidates.next(this.#dialOrder);
      if (target === undefined) break;
      this.#dialPace.take(this.#effects.now);
      this.#dial(target, "neighbor");
    }
    if (this.#missingLinks > 0) this.#scheduleReview();
  }

  /** Links that nobody has even promised yet by an INIT. */
  get #missingLinks(): number {
    if (this.#config.extensions === "off")
      return this.#candidates.bootstrapper("dueEver") === undefined ? 0 : 1;
    const committed = this.#attempts.count("proving", "proved", "established");
    return this.#config.outboundLinksTarget - committed;
  }

  /** A book full of addresses that nobody is at any more must not keep us from joining for hours. */
  get #dialOrder(): "bookFirst" | "bootstrappersFirst" {
    const aloneForMs = this.#effects.now - (this.#aloneSince ?? this.#effects.now);
    return aloneForMs >= ALONE_MS ? "bootstrappersFirst" : "bookFirst";
  }

  /** Connects run in parallel, proofs do not: nobody new while the solver has enough to do. */
  #mayDial(): boolean {
    if (this.#attempts.count("dialing", "connected") >= this.#dialsMax) return false;
    if (this.#attempts.count("proving") >= PROVING_MAX) return false;
    const { now } = this.#effects;
    return this.#dialPace.has(now) && this.#proofBudget.has(now) && this.#mayFillMore(now);
  }

  /** Half of the links are for anybody, the others wait until more than one place was heard. */
  #mayFillMore(now: Instant): boolean {
    const isUnderHalf = this.#attempts.neighbors().length * 2 < this.#config.outboundLinksTarget;
    return isUnderHalf || this.#firstContact.hasHeardEnough(now);
  }

  /**
   * As many at once as links are missing and the solver can take: being the quickest of many wins
   * nothing. But more with each that comes to nothing: a network that is mostly dead is searched fast.
   */
  get #dialsMax(): number {
    const { outboundLinksTarget, extensions } = this.#config;
    const isLonely = this.#attempts.count("established") * 2 < outboundLinksTarget;
    const most = isLonely ? DIALS_MAX_WHEN_LONELY : DIALS_MAX;
    if (extensions === "off") return most;
    const useful = Math.min(this.#missingLinks, PROVING_MAX - this.#attempts.count("proving"));
    return Math.min(most, useful + this.#fruitlessDials);
  }

  /** Takes from the budget when there is none. */
  #objectionTo({ purpose }: Attempt, link: Link): Objection | undefined {
    if (purpose === "feeler") return "feeler";
    if (isLinkedBeside(this.#port.links(), link)) return "duplicateLink";
    if (this.#config.extensions === "on" && this.#missingLinks <= 0) return "surplus";
    if (this.#attempts.count("proving") >= PROVING_MAX) return "solverBusy";
    return this.#proofBudget.take(this.#effects.now) ? undefined : "proofBudget";
  }

  /** The peer we were about to link to was quicker: no proof is spent on a second link to it. */
  #giveUpDialTo(address: PeerAddress): void {
    const attempt = this.#attempts.to(address);
    if (attempt === undefined || attempt.purpose === "feeler") return;
    const { state } = attempt;
    if (state.kind === "dialing") {
      this.#attempts.delete(attempt);
      this.#effects.deadlines.clear(attempt.timeout);
      this.#effects.emit({ kind: "cancelDial", dial: state.dial });
    } else if (state.kind !== "established") {
      this.onDuplicate(state.link);
      this.#port.close(state.link, "duplicateLink");
    }
  }

  #dial(target: DialTarget, purpose: DialPurpose): void {
    const address = target.kind === "entry" ? target.entry.address : target.bootstrapper.address;
    const dial = this.#nextDial++ as DialId;
    const attempt: Attempt = {
      address,
      group: this.#groupOf(address),
      purpose,
      target,
      timeout: new Deadline(() => {
        this.#effects.emit({ kind: "cancelDial", dial });
        this.#onDialFailed(attempt, "timedOut");
      }),
      state: { kind: "dialing", dial },
    };
    this.#attempts.add(attempt);
    this.#effects.counters.totals.dialsStarted++;
    this.#effects.setIn(attempt.timeout, CONNECT_TIMEOUT_MS);
    this.#effects.emit({ kind: "dial", dial, address });
  }

  #onDialFailed(attempt: Attempt, reason: DialFailure): void {
    const { target } = attempt;
    if (target.kind === "bootstrapper") {
      this.#bootstrappers.onDialFailed(target.bootstrapper, reason);
    }
    this.#onUnreachable(attempt, reason);
  }

  #onLeftBeforeInit(attempt: Attempt, cause: LinkCloseCause): void {
    const { target } = attempt;
    if (target.kind === "bootstrapper") {
      this.#bootstrappers.onLinkLost(target.bootstrapper, "wasted", cause);
    }
    this.#onUnreachable(attempt, cause);
  }

  /** Nobody spoke at the other end. */
  #onUnreachable(attempt: Attempt, trouble: DialTrouble): void {
    this.#attempts.delete(attempt);
    this.#effects.deadlines.clear(attempt.timeout);
    const { target, purpose } = attempt;
    if (purpose === "neighbor" && this.#fruitlessDials < DIALS_MAX_WHEN_LONELY) {
      this.#fruitlessDials++;
    }
    if (target.kind === "entry") this.#onSilent(target.entry, trouble);
    this.#fill();
  }

  #onSilent(entry: BookEntry, trouble: DialTrouble): void {
    entry.lastFailure = trouble;
    const isCutOff = ![...this.#port.links()].some((link) => link.isEstablished);
    const countedMax = isCutOff ? FAILURES_CUT_OFF_MAX : Number.MAX_SAFE_INTEGER;
    this.#book.onSilent(entry, silentBackoffMs(entry.failures), this.#effects.now, countedMax);
    this.#tests.onSilent(entry);
    this.#effects.counters.totals.dialFailed++;
    this.#changed();
  }

  /** A link that had an INIT is down: how soon again depends on what its proof was worth. */
  #onProofSpent(attempt: Attempt, link: Link, cause: LinkCloseCause): void {
    const { now } = this.#effects;
    const isWorthwhile = link.isEstablished && now - link.establishedAt >= WORTHWHILE_MS;
    if (isWorthwhile) this.#proofBudget.giveBack(now);
    else if (link.state.phase === "awaitingSolver") this.#proofBudget.onUnused();
    this.#drop(attempt);
    const proof = isWorthwhile ? "worthwhile" : "wasted";
    const { target } = attempt;
    if (target.kind === "bootstrapper") {
      this.#bootstrappers.onLinkLost(target.bootstrapper, proof, cause);
    }
    const entry = target.kind === "entry" ? target.entry : this.#book.get(link.remote);
    if (entry === undefined) return;
    const backoff = proofSpentBackoffMs(isWorthwhile ? 0 : entry.proofsWasted);
    entry.lastFailure = cause;
    this.#book.onLinkLost(entry, proof, backoff, now);
    this.#changed();
  }

  #drop(attempt: Attempt): void {
    this.#attempts.delete(attempt);
    if (this.#attempts.count("established") === 0) this.#aloneSince ??= this.#effects.now;
  }

  #noteAlive(attempt: Attempt): void {
    if (attempt.purpose === "neighbor") this.#fruitlessDials >>= 1;
    const entry =
      attempt.target.kind === "entry" ? attempt.target.entry : this.#meetBootstrapper(attempt);
    if (entry === undefined) return;
    this.#tests.onAlive(entry);
    this.#changed();
  }

  /** After the first contact a bootstrapper is one address among many [protocol §7.3]. */
  #meetBootstrapper(attempt: Attempt): BookEntry | undefined {
    const [, remote] = destinationsOf(attempt);
    if (remote === undefined || this.#config.extensions === "off") return undefined;
    this.#book.hear(remote, attempt.group, attempt.group, this.#effects.now);
    return this.#book.get(remote);
  }

  /** A feeler, even to a peer that dialled us: does it listen where it says? */
  #feel(entry: BookEntry): "dialled" | "needless" {
    const { address } = entry;
    const isDialed = [...this.#port.links()].some(
      ({ direction, remote }) => direction === "outbound" && keyOf(remote) === keyOf(address),
    );
    if (isDialed || this.#attempts.to(address) !== undefined) return "needless";
    if (this.#book.get(address) !== entry) return "needless";
    this.#dial({ kind: "entry", entry }, "feeler");
    return "dialled";
  }

  #feelRegularly(): void {
    this.#effects.setIn(this.#feeler, FEELER_INTERVAL_MS);
    const entry = this.#candidates.nextToFeel();
    if (entry !== undefined) this.#dial({ kind: "entry", entry }, "feeler");
  }

  /** The earliest moment at which something that cannot be dialled now can be. */
  #scheduleReview(): void {
    const { now } = this.#effects;
    const moments = [
      this.#book.nextDialableAt(now),
      ...this.#bootstrappers.all.map(({ notBefore }) => notBefore),
      this.#firstContact.waitsUntil,
      this.#aloneSince === undefined ? undefined : this.#aloneSince + ALONE_MS,
      this.#dialPace.has(now) ? undefined : this.#dialPace.availableAt(),
      this.#proofBudget.has(now) ? undefined : this.#proofBudget.availableAt(),
    ];
    const ahead = moments.filter((moment) => moment !== undefined && moment > now);
    const at = Math.min(now + REVIEW_MS, ...ahead.map((moment) => moment ?? Infinity));
    this.#effects.deadlines.setNoLaterThan(this.#review, Math.ceil(at) as Instant);
  }

  #changed(): void {
    if (this.#config.extensions === "on" && !this.#save.isSet) {
      this.#effects.setIn(this.#save, this.#saveDelayMs);
    }
  }

  #groupOf({ host, port }: PeerAddress): string {
    return overlayGroup(host, port, this.#config.localRanges);
  }
}
