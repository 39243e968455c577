import type { Duplex } from "node:stream";
import type { Input } from "../core/input.ts";
import type { OutgoingFrame } from "../core/outgoing-frame.ts";
import type { LinkId } from "../core/ports.ts";
import { decodePeerMessage } from "../wire/decode.ts";
import type { Frame } from "../wire/frame.ts";
import type { MessageType } from "../wire/message-type.ts";
import type { WireFault } from "../wire/wire-fault.ts";
import type { LinkPort } from "./driver.ts";
import { FrameConnection } from "./frame-connection.ts";
import type { ConnectionHost, Looks } from "./frame-connection.ts";

/**
 * 64 frames: a guess, less than 1 ms of the smallest items. The core hears at once that a write was taken: while it does not know,
 * it drops what exceeds the queue [protocol §4.11], and that queue is too short to keep a turn busy.
 */
const LOOKS: Looks = { framesRead: 64, bytesTaken: Infinity };

/** One TCP link to a peer. The handshake is the core's: this turns frames into messages and back. */
export class P2PConnection extends FrameConnection implements LinkPort {
  readonly link: LinkId;
  protected override readonly looks: Looks = LOOKS;

  constructor(stream: Duplex, host: ConnectionHost, link: LinkId) {
    super(stream, host, { kind: "link", link });
    this.link = link;
  }

  /**
   * Takes over a stream whose other end is a peer.
   *
   * @param announce how the core learns of the link: accepted or dialled.
   */
  static open(
    stream: Duplex,
    host: ConnectionHost,
    announce: (link: LinkId) => Input,
  ): P2PConnection {
    const connection = host.driver.addLink((link) => new P2PConnection(stream, host, link));
    host.driver.submit(announce(connection.link));
    connection.start();
    return connection;
  }

  writeFrames(frames: readonly OutgoingFrame[]): void {
    this.write(this.host.joiner.join(frames));
  }

  protected override isExpected(type: MessageType): boolean {
    return this.host.driver.expects(this.link, type);
  }

  protected override inputOf(frame: Frame): Input {
    const message = decodePeerMessage(frame);
    if (message.kind === "fault") return this.faultInputOf(message.fault);
    return { kind: "peerMessage", link: this.link, message };
  }

  protected override faultInputOf(fault: WireFault): Input {
    return { kind: "peerFault", link: this.link, fault };
  }
}
