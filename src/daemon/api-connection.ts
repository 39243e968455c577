import type { Duplex } from "node:stream";
import type { Input } from "../core/input.ts";
import type { SubscriberId } from "../core/ports.ts";
import type { GossipNotification } from "../wire/api/gossip-notification.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { decodeApiRequest, isApiRequestType } from "../wire/decode.ts";
import type { Frame } from "../wire/frame.ts";
import { writeFrame } from "../wire/message.ts";
import type { MessageType } from "../wire/message-type.ts";
import type { WireFault } from "../wire/wire-fault.ts";
import type { SubscriberPort } from "./driver.ts";
import { FrameConnection } from "./frame-connection.ts";
import type { ConnectionHost, Looks } from "./frame-connection.ts";

/**
 * One module answers for all links, so it is read for longer than each of them: with turns of the same
 * size it fell behind four links, and notifications were dropped. A look costs some 3 ms of verdicts.
 */
const LOOKS: Looks = { framesRead: 1_024, bytesTaken: 65_536 };

/** One module at the other end of a stream: frames to requests, notifications to frames. */
export class ApiConnection extends FrameConnection implements SubscriberPort {
  readonly subscriber: SubscriberId;
  protected override readonly looks: Looks = LOOKS;

  constructor(stream: Duplex, host: ConnectionHost, subscriber: SubscriberId) {
    super(stream, host, { kind: "subscriber", subscriber });
    this.subscriber = subscriber;
  }

  /** Takes over a stream whose other end is a module. */
  static open(stream: Duplex, host: ConnectionHost): ApiConnection {
    const connection = host.driver.addSubscriber(
      (subscriber) => new ApiConnection(stream, host, subscriber),
    );
    host.driver.submit({ kind: "subscriberOpened", subscriber: connection.subscriber });
    connection.start();
    return connection;
  }

  /** In one piece, because some modules take each read for exactly one message [protocol §2.5]. */
  notify(notifications: readonly GossipNotification[]): void {
    let bytes = 0;
    for (const { frameBytes } of notifications) bytes += frameBytes;
    const buffer = Buffer.allocUnsafe(bytes);
    const writer = new ByteWriter(buffer);
    for (const notification of notifications) writeFrame(notification, writer);
    this.write(buffer);
  }

  /** A real module reconnects twice after an orderly end, and once after a reset [protocol §7.4]. */
  override hangUp(): void {
    this.reset();
  }

  protected override isExpected(type: MessageType): boolean {
    return isApiRequestType(type);
  }

  protected override inputOf(frame: Frame): Input {
    return {
      kind: "apiRequest",
      subscriber: this.subscriber,
      request: decodeApiRequest(frame),
    };
  }

  protected override faultInputOf(fault: WireFault): Input {
    return { kind: "apiFault", subscriber: this.subscriber, fault };
  }
}
