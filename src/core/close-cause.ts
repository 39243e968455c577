import type { WireFaultKind } from "../wire/wire-fault.ts";
import type { DialFailure, ProofFailure } from "./input.ts";

/** Why a link went down. Log fields and counters use these names, so the log can be counted. */
export type LinkCloseCause =
  | WireFaultKind
  | ProofFailure
  /** The remote end closed it or the socket failed. */
  | "remoteClosed"
  /** VERIFY held a nonce that solves nothing [protocol §3.3]. */
  | "wrongProof"
  /** A deadline of the handshake passed [protocol §3.3, §3.5]. */
  | "initTimeout"
  | "verifyTimeout"
  | "okTimeout"
  /** A started frame was not complete in time [protocol §1.3]. */
  | "frameTimeout"
  /** We dialled ourselves [protocol §3.6]. */
  | "selfDial"
  /** A second link to an address we dialled already [protocol §3.6]. */
  | "duplicateLink"
  /** Half-open bounds [protocol §3.5]. */
  | "halfOpenPerAddress"
  | "halfOpenTotal"
  /** Two links wait for the solver already [protocol §3.5]. */
  | "solverBusy"
  /** No proof may be spent right now [protocol §7.3]. */
  | "proofBudget"
  /** No room for another inbound link [protocol §7.1]. */
  | "inboundFull"
  /** The remote end took nothing for too long [protocol §4.11]. */
  | "stalled"
  /** Too many unsent control bytes [protocol §4.11]. */
  | "controlOverflow"
  /** HELLO names another challenge than that of its link [protocol §6.3]. */
  | "wrongChallenge"
  /** Nothing came for a keepalive period [protocol §6.4]. */
  | "silent"
  /** Addresses that nobody asked for [protocol §6.5]. */
  | "unaskedPeers"
  /** It made room for a newcomer [protocol §7.1]. */
  | "evicted"
  /** A feeler has read INIT: that is all it wanted [protocol §7.2]. */
  | "feeler"
  /** Others of the addresses dialled together were quicker; no proof was spent [protocol §7.3]. */
  | "surplus"
  | "shutdown";

/** Why the connection of a module was closed. */
export type SubscriberCloseCause =
  | WireFaultKind
  | "remoteClosed"
  | "frameTimeout"
  /** More modules than `api_connections` [protocol §2.7]. */
  | "tooManyConnections"
  /** More data types than one connection may subscribe to. */
  | "tooManySubscriptions"
  /** `api_strict`: announced a type it is not subscribed to [protocol §2.1]. */
  | "strictNotSubscribed"
  /** `api_strict`: announced no data [protocol §2.1]. */
  | "strictEmptyData"
  | "stalled"
  | "shutdown";

/** Why a dial came to nothing, or why the link that came of it went down. */
export type DialTrouble = DialFailure | LinkCloseCause;
