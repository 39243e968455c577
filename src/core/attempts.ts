import type { BookEntry } from "./address-book.ts";
import type { Bootstrapper } from "./bootstrappers.ts";
import type { Deadline } from "./deadline-queue.ts";
import type { DialId, LinkId, PeerAddress } from "./ports.ts";

/** Links whose proof is computed or waits for the solver [protocol §3.5]. */
export const PROVING_MAX = 3;

/** Why we dial an address. */
export type DialPurpose =
  /** To keep the link. */
  | "neighbor"
  /** To read INIT and hang up: is anybody there? No proof is spent [protocol §7.2]. */
  | "feeler";

/** One dial of ours, from the decision to the end of the link that came of it. */
export interface Attempt {
  readonly address: PeerAddress;
  /** Of where the name led, once that is known. */
  group: string;
  readonly purpose: DialPurpose;
  /** Where its success or failure is noted. */
  readonly target: DialTarget;
  readonly timeout: Deadline;
  state: AttemptState;
}

export type DialTarget =
  | { readonly kind: "bootstrapper"; readonly bootstrapper: Bootstrapper }
  | { readonly kind: "entry"; readonly entry: BookEntry };

export type AttemptState =
  | { readonly kind: "dialing"; readonly dial: DialId }
  /** Connected; INIT has not come yet. */
  | { readonly kind: "connected"; readonly link: LinkId }
  /** INIT came: its proof is being computed, or waits for the solver. */
  | { readonly kind: "proving"; readonly link: LinkId }
  /** VERIFY is out. */
  | { readonly kind: "proved"; readonly link: LinkId }
  | { readonly kind: "established"; readonly link: LinkId };

/** The dials under way, and the links that came of them. */
export class Attempts {
  readonly #attempts = new Set<Attempt>();

  add(attempt: Attempt): void {
    this.#attempts.add(attempt);
  }

  delete(attempt: Attempt): void {
    this.#attempts.delete(attempt);
  }

  all(): Iterable<Attempt> {
    return this.#attempts;
  }

  ofDial(dial: DialId): Attempt | undefined {
    return this.find(({ state }) => state.kind === "dialing" && state.dial === dial);
  }

  ofLink(link: LinkId): Attempt | undefined {
    return this.find(({ state }) => state.kind !== "dialing" && state.link === link);
  }

  to({ host, port }: PeerAddress): Attempt | undefined {
    return this.find((attempt) =>
      destinationsOf(attempt).some((one) => one.host === host && one.port === port),
    );
  }

  find(isWanted: (attempt: Attempt) => boolean): Attempt | undefined {
    for (const attempt of this.#attempts) if (isWanted(attempt)) return attempt;
    return undefined;
  }

  neighbors(): Attempt[] {
    return [...this.#attempts].filter(({ purpose }) => purpose === "neighbor");
  }

  /** Bootstrappers on the way to a proof. */
  countBootstrapping(): number {
    const isOnTheWay = ({ target, state }: Attempt): boolean =>
      target.kind === "bootstrapper" && state.kind !== "proved" && state.kind !== "established";
    return this.neighbors().filter(isOnTheWay).length;
  }

  count(...kinds: AttemptState["kind"][]): number {
    return this.neighbors().filter(({ state }) => kinds.includes(state.kind)).length;
  }
}

/** The address we dial, and where its name led. */
export function destinationsOf({ address, target }: Attempt): PeerAddress[] {
  const remote = target.kind === "bootstrapper" ? target.bootstrapper.remote : undefined;
  return remote === undefined ? [address] : [address, remote];
}
