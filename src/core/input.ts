import type { ApiRequest, PeerMessage } from "../wire/decode.ts";
import type { WireFault } from "../wire/wire-fault.ts";
import type { SavedBook } from "./saved-book.ts";
import type { AddressScope } from "./address-scope.ts";
import type { CoreTuning } from "./core-config.ts";
import type { Tracing } from "./item-tracing.ts";
import type { DialId, LinkId, PeerAddress, SubscriberId } from "./ports.ts";

/** Everything that can happen to the core. One at a time; then its outputs are performed in order. */
export type Input =
  /** A peer connected to us. `remote` is where it connects from. */
  | { readonly kind: "linkAccepted"; readonly link: LinkId; readonly remote: PeerAddress }
  /** A dial of ours succeeded. `remote` is the address the name resolved to. */
  | {
      readonly kind: "linkDialed";
      readonly link: LinkId;
      readonly dial: DialId;
      readonly remote: PeerAddress;
    }
  | { readonly kind: "dialFailed"; readonly dial: DialId; readonly reason: DialFailure }
  /** The remote end is gone, or the socket failed. Not sent for a link that the core closed. */
  | { readonly kind: "linkLost"; readonly link: LinkId }
  | { readonly kind: "peerMessage"; readonly link: LinkId; readonly message: PeerMessage }
  | { readonly kind: "peerFault"; readonly link: LinkId; readonly fault: WireFault }
  /** The socket of a link has taken all bytes of the last `write`. */
  | { readonly kind: "linkDrained"; readonly link: LinkId }
  | { readonly kind: "subscriberOpened"; readonly subscriber: SubscriberId }
  | { readonly kind: "subscriberGone"; readonly subscriber: SubscriberId }
  | {
      readonly kind: "apiRequest";
      readonly subscriber: SubscriberId;
      readonly request: ApiRequest;
    }
  | { readonly kind: "apiFault"; readonly subscriber: SubscriberId; readonly fault: WireFault }
  /** The socket of a subscriber has taken all bytes of every `notify` since the last one of these. */
  | { readonly kind: "subscriberDrained"; readonly subscriber: SubscriberId }
  /** A read ended inside a frame that began in it [protocol §1.3: complete within 10 s]. */
  | { readonly kind: "frameStarted"; readonly from: Remote }
  /** The incomplete frame of `frameStarted` is complete, and no other one began in the same read. */
  | { readonly kind: "frameEnded"; readonly from: Remote }
  | { readonly kind: "proofFound"; readonly link: LinkId; readonly nonce: Uint8Array }
  | { readonly kind: "proofFailed"; readonly link: LinkId; readonly reason: ProofFailure }
  /** Where others can dial us, as far as they can [protocol §6.3]. */
  | { readonly kind: "listening"; readonly listener: Listener }
  /** The address book of the last run, before the first wakeup [protocol §7.2]. */
  | { readonly kind: "bookRestored"; readonly book: SavedBook }
  /** Somebody wants `trace` from here on, or nobody does any more. */
  | { readonly kind: "tracing"; readonly tracing: Tracing }
  /** The operator has changed his mind. What is open already stays, over a new bound or not. */
  | { readonly kind: "retuned"; readonly tuning: CoreTuning }
  /** All inputs of one read are in: what has gathered for each link may leave as one write. */
  | { readonly kind: "flush" }
  /** Legal at any time: too early is a no-op, late fires all that is due, in order of deadline. */
  | { readonly kind: "wakeup" };

/** What peers are told of our own listener. */
export interface Listener {
  readonly port: number;
  /** Over which links it can be reached: a loopback listener only over loopback links. */
  readonly scope: AddressScope;
}

/** Whoever is at the other end of a connection, a peer or a module. */
export type Remote =
  | { readonly kind: "link"; readonly link: LinkId }
  | { readonly kind: "subscriber"; readonly subscriber: SubscriberId };

/** Why a dial came to nothing. */
export type DialFailure = "refused" | "timedOut" | "unreachable" | "unknownHost";

/** Why no proof was found: the search space under a marker is exhausted, or the solver broke. */
export type ProofFailure = "exhausted" | "solverFailed";
