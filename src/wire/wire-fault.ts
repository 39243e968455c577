/**
 * What a remote party can do wrong on the wire [protocol §1.3]. A value, never an exception: it closes
 * the connection it arrived on and is counted by `kind`; nothing else is affected.
 */
export type WireFault =
  /** `size` does not even cover the header. */
  | { readonly kind: "sizeBelowHeader"; readonly size: number }
  /** Not in the table, or reserved for a feature that was not negotiated. */
  | { readonly kind: "unknownType"; readonly type: number; readonly size: number }
  /** A known type on the wrong socket, in the wrong direction or in the wrong state. */
  | { readonly kind: "unexpectedType"; readonly type: number; readonly size: number }
  /** Not the size of a fixed-size type, or outside the range of a variable one. */
  | { readonly kind: "wrongSize"; readonly type: number; readonly size: number }
  /** The size is legal, but what the body says of its own layout is not true. */
  | { readonly kind: "badContent"; readonly type: number; readonly detail: string };

export type WireFaultKind = WireFault["kind"];

/** One line for logs: type and reason, never content. */
export function describeWireFault(fault: WireFault): string {
  switch (fault.kind) {
    case "sizeBelowHeader":
      return `size ${fault.size} is smaller than the 4-byte header`;
    case "unknownType":
      return `unknown message type ${fault.type} (size ${fault.size})`;
    case "unexpectedType":
      return `message type ${fault.type} (size ${fault.size}) is not expected here`;
    case "wrongSize":
      return `size ${fault.size} is not legal for message type ${fault.type}`;
    case "badContent":
      return `message type ${fault.type}: ${fault.detail}`;
  }
}
