import type { GossipNotification } from "../wire/api/gossip-notification.ts";
import type { CoreEvent } from "./event.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { DialId, Instant, LinkId, PeerAddress, SubscriberId } from "./ports.ts";
import type { LinkCloseCause, SubscriberCloseCause } from "./close-cause.ts";
import type { TraceEvent } from "./trace.ts";

/** Everything the core wants done. Performed in order, without any decision about protocol. */
export type Output =
  /**
   * One write to one link. At most one is outstanding per link: the next comes after `linkDrained`.
   * Frames are shared between links, so that those which get the same ones can share the bytes.
   */
  | { readonly kind: "write"; readonly link: LinkId; readonly frames: readonly OutgoingFrame[] }
  /** Opens a link; answered by `linkDialed` or `dialFailed`, unless cancelled. */
  | { readonly kind: "dial"; readonly dial: DialId; readonly address: PeerAddress }
  | { readonly kind: "cancelDial"; readonly dial: DialId }
  /** Closes a link. No other output mentions it again, and inputs about it are ignored. */
  | { readonly kind: "closeLink"; readonly link: LinkId; readonly cause: LinkCloseCause }
  /** Stops or goes on reading from one link; bytes already read wait in the connection. */
  | { readonly kind: "holdLink"; readonly link: LinkId }
  | { readonly kind: "resumeLink"; readonly link: LinkId }
  /** Answered by `proofFound` or `proofFailed`, unless cancelled. Never more than one at a time. */
  | {
      readonly kind: "solveProof";
      readonly link: LinkId;
      readonly challenge: Uint8Array;
      readonly difficultyBits: number;
      /** The high word of the nonce, if it is fixed [protocol §6.2]. */
      readonly nonceHigh: number | undefined;
    }
  | { readonly kind: "cancelProof"; readonly link: LinkId }
  /** One write to one subscriber; naive modules take each read for exactly one message [protocol §2.5]. */
  | {
      readonly kind: "notify";
      readonly subscriber: SubscriberId;
      readonly notifications: readonly GossipNotification[];
    }
  | {
      readonly kind: "closeSubscriber";
      readonly subscriber: SubscriberId;
      readonly cause: SubscriberCloseCause;
    }
  | { readonly kind: "holdSubscriber"; readonly subscriber: SubscriberId }
  | { readonly kind: "resumeSubscriber"; readonly subscriber: SubscriberId }
  /** The earliest deadline; replaces any earlier one. */
  | { readonly kind: "wakeAt"; readonly at: Instant }
  /** The address book has changed: `savedBook` says what to keep [protocol §7.2]. */
  | { readonly kind: "saveBook" }
  /** A change of state worth a line in the log; never one per message. */
  | { readonly kind: "report"; readonly event: CoreEvent }
  /** Every decision about a traced item, only while tracing is on. */
  | { readonly kind: "trace"; readonly event: TraceEvent };
