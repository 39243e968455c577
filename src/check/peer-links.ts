import { Connection } from "./connection.ts";
import { item, Num, readItem, typeOf, verify, type Frame, type Item } from "./frames.ts";
import { Mismatch, shownBytes } from "./mismatch.ts";
import { PROBE } from "./module-client.ts";
import type { Prover } from "./prover.ts";
import type { Address } from "./settings.ts";

/** A link of which INIT has come and nothing more. */
export interface HalfOpenLink {
  readonly connection: Connection;
  /** 8 bytes. */
  readonly challenge: Buffer;
}

interface Proof {
  readonly challenge: Buffer;
  readonly nonce: Buffer;
}

/** An established link to the module under test, of which we were the dialler. */
export class PeerLink {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.keeps = (frame) => readItem(frame)?.data.includes(PROBE) !== true;
  }

  send(...items: readonly Item[]): void {
    this.connection.send(Buffer.concat(items.map(item)));
  }

  /** The next item of this type. @throws Mismatch */
  async next(dataType: number, what: string): Promise<Item> {
    const expected = `an ANNOUNCE between peers of ${what}`;
    const frame = await this.connection.next(expected, isItemOf(dataType));
    const found = readItem(frame);
    if (found === undefined) throw new Mismatch("wrongBytes", expected, shownBytes(frame));
    return found;
  }

  /**
   * The next item of this type has this data, and this TTL if one is given.
   * @throws Mismatch
   */
  async expect(
    wanted: Pick<Item, "dataType" | "data"> & Partial<Item>,
    what: string,
  ): Promise<Item> {
    const found = await this.next(wanted.dataType, what);
    const isSame = found.data.equals(wanted.data) && found.ttl === (wanted.ttl ?? found.ttl);
    if (isSame) return found;
    const ttl = wanted.ttl === undefined ? "" : `TTL ${wanted.ttl} and `;
    throw new Mismatch(
      "wrongBytes",
      `${what}: ${ttl}${shownBytes(wanted.data)}`,
      `TTL ${found.ttl} and ${shownBytes(found.data)}`,
    );
  }

  /** The module ends the link; items that it offers to newcomers may come before. @throws Mismatch */
  async expectClosed(): Promise<void> {
    this.connection.keeps = (frame) => typeOf(frame) !== Num.item;
    this.connection.clear();
    await this.connection.expectClosed();
  }

  /** @throws Mismatch when an item of this type came or comes. */
  async expectNone(dataType: number, expected: string, graceMs: number): Promise<void> {
    await this.connection.expectNone(expected, graceMs, isItemOf(dataType));
  }
}

const isItemOf =
  (dataType: number) =>
  (frame: Frame): boolean =>
    typeOf(frame) !== Num.item || readItem(frame)?.dataType === dataType;

/**
 * The links of one examination. Each costs a proof of work, so three of them stay and serve all
 * cases, which tell their items apart by the data type.
 */
export class PeerLinks {
  readonly #address: Address;
  readonly #patienceMs: number;
  readonly prover: Prover;
  readonly #shared: PeerLink[] = [];
  #lastProof: Proof | undefined;

  constructor(address: Address, prover: Prover, patienceMs: number) {
    this.#address = address;
    this.prover = prover;
    this.#patienceMs = patienceMs;
  }

  /** @throws Mismatch */
  async dial(): Promise<HalfOpenLink> {
    const connection = await Connection.open(this.#address, this.#patienceMs);
    const expected = "INIT: 12 bytes 000c01f8 and a challenge";
    try {
      const frame = await connection.next(expected);
      if (typeOf(frame) !== Num.init || frame.length !== 12) {
        throw new Mismatch("wrongBytes", expected, shownBytes(frame));
      }
      return { connection, challenge: frame.subarray(4) };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Dials and proves. @throws Mismatch */
  async establish(): Promise<PeerLink> {
    const { connection, challenge } = await this.dial();
    const nonce = await this.prover.solve(challenge);
    this.#lastProof = { challenge, nonce };
    connection.send(verify(nonce));
    try {
      await expectOk(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
    return new PeerLink(connection);
  }

  /** One of the links that stay, dialled anew if it is gone. @throws Mismatch */
  async shared(index: number): Promise<PeerLink> {
    const known = this.#shared[index];
    if (known?.connection.isOpen === true) return known;
    const link = await this.establish();
    this.#shared[index] = link;
    return link;
  }

  /** A proof that was accepted once. @throws Mismatch */
  async usedProof(): Promise<Proof> {
    if (this.#lastProof === undefined) await this.shared(0);
    if (this.#lastProof === undefined) throw new Error("a link without a proof");
    return this.#lastProof;
  }

  /** Between two cases. */
  forgetItems(): void {
    for (const link of this.#shared) link.connection.clear();
  }

  async close(): Promise<void> {
    for (const link of this.#shared) link.connection.close();
    await this.prover.close();
  }
}

/** @throws Mismatch */
export async function expectOk(connection: Connection): Promise<void> {
  const expected = "OK: 4 bytes 000401fa";
  const frame = await connection.next(expected);
  if (frame.toString("hex") !== "000401fa") {
    throw new Mismatch("wrongBytes", expected, shownBytes(frame));
  }
}
