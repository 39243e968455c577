import { Deadline } from "./deadline-queue.ts";

type Name =
  | "handshake"
  | "frame"
  | "budget"
  | "pendingShare"
  | "stall"
  | "negotiation"
  | "liveness"
  | "exchange";

/** Who acts when a deadline of a link passes. */
export type LinkDeadlineHandlers<Owner> = Readonly<Record<Name, (link: Owner) => void>>;

/**
 * The deadlines a link can have; all are cleared when it goes down. `frame` is that of a started frame,
 * `stall` that of a write at the socket. Each is made when it is first asked for: of ten thousand idle
 * links each has used two.
 */
export class LinkDeadlines<Owner> {
  readonly #handlers: LinkDeadlineHandlers<Owner>;
  readonly #link: Owner;
  #handshake: Deadline<Owner> | undefined;
  #frame: Deadline<Owner> | undefined;
  #budget: Deadline<Owner> | undefined;
  #pendingShare: Deadline<Owner> | undefined;
  #stall: Deadline<Owner> | undefined;
  #negotiation: Deadline<Owner> | undefined;
  #liveness: Deadline<Owner> | undefined;
  #exchange: Deadline<Owner> | undefined;

  constructor(handlers: LinkDeadlineHandlers<Owner>, link: Owner) {
    this.#handlers = handlers;
    this.#link = link;
  }

  get handshake(): Deadline<Owner> {
    return (this.#handshake ??= new Deadline(this.#handlers.handshake, this.#link));
  }

  get frame(): Deadline<Owner> {
    return (this.#frame ??= new Deadline(this.#handlers.frame, this.#link));
  }

  get budget(): Deadline<Owner> {
    return (this.#budget ??= new Deadline(this.#handlers.budget, this.#link));
  }

  get pendingShare(): Deadline<Owner> {
    return (this.#pendingShare ??= new Deadline(this.#handlers.pendingShare, this.#link));
  }

  get stall(): Deadline<Owner> {
    return (this.#stall ??= new Deadline(this.#handlers.stall, this.#link));
  }

  get negotiation(): Deadline<Owner> {
    return (this.#negotiation ??= new Deadline(this.#handlers.negotiation, this.#link));
  }

  get liveness(): Deadline<Owner> {
    return (this.#liveness ??= new Deadline(this.#handlers.liveness, this.#link));
  }

  get exchange(): Deadline<Owner> {
    return (this.#exchange ??= new Deadline(this.#handlers.exchange, this.#link));
  }

  /** Those that somebody has asked for. */
  *made(): IterableIterator<Deadline<Owner>> {
    for (const deadline of [
      this.#handshake,
      this.#frame,
      this.#budget,
      this.#pendingShare,
      this.#stall,
      this.#negotiation,
      this.#liveness,
      this.#exchange,
    ]) {
      if (deadline !== undefined) yield deadline;
    }
  }
}
