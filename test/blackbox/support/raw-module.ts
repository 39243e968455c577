import { MessageNumber, announceFrame, notifyFrame } from "./raw-frames.ts";
import { readNotification, validationFrame } from "./raw-frames.ts";
import type { Notification } from "./raw-frames.ts";
import type { Daemon } from "./daemon.ts";
import { Tally } from "./patience.ts";
import type { Scope } from "./patience.ts";
import { RawSocket } from "./raw-socket.ts";
import { total } from "./status.ts";

/** A local module at the API, byte by byte. */
export class RawModule {
  readonly socket: RawSocket;
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon, socket: RawSocket) {
    this.#daemon = daemon;
    this.socket = socket;
  }

  static async connect(scope: Scope, daemon: Daemon): Promise<RawModule> {
    const socket = await RawSocket.dial(daemon.api);
    scope.after(() => {
      socket.destroy();
    });
    return new RawModule(daemon, socket);
  }

  /** A module that is subscribed to all of `dataTypes`. */
  static async subscribed(
    scope: Scope,
    daemon: Daemon,
    ...dataTypes: readonly number[]
  ): Promise<RawModule> {
    const module = await RawModule.connect(scope, daemon);
    for (const dataType of dataTypes) {
      await module.subscribe(dataType);
    }
    return module;
  }

  /** NOTIFY has no answer, so a counter says when it has taken effect. */
  async subscribe(dataType: number): Promise<void> {
    await this.#daemon.exclusively(async () => {
      const before = total(await this.#daemon.status(), "subscribed");
      this.socket.send(notifyFrame(dataType));
      await this.#daemon.statusUntil(
        `a subscription to ${dataType}`,
        (status) => total(status, "subscribed") > before,
      );
    });
  }

  announce(dataType: number, data: Uint8Array, ttl: number = 0): void {
    this.socket.send(announceFrame(dataType, data, { ttl }));
  }

  async nextNotification(what: string): Promise<Notification> {
    return readNotification(await this.socket.next(what));
  }

  accept(notification: Notification): void {
    this.socket.send(validationFrame(notification.messageId, 1));
  }

  reject(notification: Notification): void {
    this.socket.send(validationFrame(notification.messageId, 0));
  }

  /** Accepts every notification from now on, as it comes, and counts them. */
  acceptAll(onNotification: (notification: Notification) => void = () => undefined): Tally {
    const tally = new Tally();
    this.socket.consume((received) => {
      const notification = readNotification(received);
      this.accept(notification);
      onNotification(notification);
      tally.add();
    });
    return tally;
  }

  /** Takes the next notification, insists on its data, and accepts it. */
  async expectAndAccept(data: Uint8Array, what: string): Promise<void> {
    const notification = await this.nextNotification(what);
    if (!notification.data.equals(data)) {
      throw new Error(
        `wanted ${what}, got ${notification.data.subarray(0, 40).toString("latin1")}`,
      );
    }
    this.accept(notification);
  }

  /** Notifications nobody has read yet. */
  get unread(): number {
    return this.socket.unread.filter(({ type }) => type === MessageNumber.notification).length;
  }
}
