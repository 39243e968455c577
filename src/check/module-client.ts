import { setTimeout as pause } from "node:timers/promises";
import type { Connection } from "./connection.ts";
import {
  announce,
  notify,
  Num,
  readNotification,
  typeOf,
  validation,
  type Frame,
  type Notification,
} from "./frames.ts";
import { Mismatch, shownBytes } from "./mismatch.ts";

/** Data that only shows that a subscription works; cases never see it. */
export const PROBE: Buffer = Buffer.from("probe of a subscription");

/**
 * Between two messages on one connection. The official mockup, like other modules, loses the second of
 * two that arrive together, and most cases are not about that.
 */
const GAP_MS = 3;

/** A module at the API of the module under test. */
export class ModuleClient {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.keeps = (frame) => !this.#answersProbe(frame);
  }

  #answersProbe(frame: Frame): boolean {
    const notification = readNotification(frame);
    if (notification?.data.includes(PROBE) !== true) return false;
    this.accept(notification);
    return true;
  }

  send(bytes: Uint8Array): void {
    this.connection.send(bytes);
  }

  /** In a segment of its own. */
  async subscribe(dataType: number): Promise<void> {
    this.send(notify(dataType));
    await pause(GAP_MS);
  }

  /** In a segment of its own. */
  async announce(dataType: number, data: Uint8Array, ttl = 0): Promise<void> {
    this.send(announce(dataType, data, ttl));
    await pause(GAP_MS);
  }

  /** @throws Mismatch */
  async next(what: string): Promise<Notification> {
    const expected = `a NOTIFICATION of ${what}`;
    const frame = await this.connection.next(expected);
    const notification = readNotification(frame);
    if (notification === undefined) throw new Mismatch("wrongBytes", expected, shownBytes(frame));
    return notification;
  }

  /**
   * The next notification is this one, to the last bit.
   * @throws Mismatch
   */
  async expect(dataType: number, data: Uint8Array, what: string): Promise<Notification> {
    const notification = await this.next(what);
    if (notification.dataType !== dataType || !notification.data.equals(data)) {
      const { messageId } = notification;
      throw new Mismatch(
        "wrongBytes",
        `${what}: type ${dataType} and ${shownBytes(data)}`,
        `id ${messageId}, type ${notification.dataType} and ${shownBytes(notification.data)}`,
      );
    }
    return notification;
  }

  /** @throws Mismatch */
  async expectAndAccept(dataType: number, data: Uint8Array, what: string): Promise<void> {
    this.accept(await this.expect(dataType, data, what));
  }

  /** @throws Mismatch when it is notified of anything at all. */
  async expectNothing(expected: string, graceMs: number): Promise<void> {
    await this.connection.expectNone(expected, graceMs);
  }

  accept({ messageId }: Notification): void {
    this.send(validation(messageId, 1));
  }

  reject({ messageId }: Notification): void {
    this.send(validation(messageId, 0));
  }

  /** Accepts whatever comes from now on, and shows it to nobody. */
  acceptAll(onNotification: (notification: Notification) => void = () => undefined): void {
    this.connection.keeps = (frame) => {
      const notification = readNotification(frame);
      if (notification === undefined) return typeOf(frame) !== Num.notification;
      this.accept(notification);
      if (!notification.data.includes(PROBE)) onNotification(notification);
      return false;
    };
  }
}
