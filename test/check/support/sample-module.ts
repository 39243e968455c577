import { createHash, randomBytes, randomInt } from "node:crypto";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Scope } from "../../blackbox/support/patience.ts";
import type { Fault } from "./faults.ts";
import { SampleStream } from "./sample-stream.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

interface Client {
  readonly stream: SampleStream;
  readonly types: Set<number>;
  readonly open: Map<number, Pending>;
  readonly queue: Buffer[];
  pacer: NodeJS.Timeout | undefined;
}

interface Link {
  readonly stream: SampleStream;
  readonly challenge: Buffer;
  isProven: boolean;
}

/** An item of a peer with everything that is known about it. */
interface Pending {
  readonly id: number;
  readonly dataType: number;
  readonly data: Buffer;
  readonly reserved: number;
  ttl: number;
  readonly senders: Set<Link>;
  readonly asked: Set<Client>;
  readonly verdicts: number[];
  state: "open" | "accepted" | "rejected";
}

/** Between two notifications to a client that does not answer. */
const PACE_MS = 30;
const hops = (ttl: number): number => (ttl === 0 ? 256 : ttl);
const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);

function frame(type: number, ...body: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(body);
  return Buffer.concat([u16(bytes.length + 4), u16(type), bytes]);
}

/**
 * The smallest gossip module that keeps to the protocol, without bounds and without dialling, and with
 * one mistake if one is planted.
 */
export class SampleModule {
  readonly #fault: Fault | undefined;
  readonly #difficultyBits: number;
  readonly #servers: Server[] = [];
  readonly #clients = new Set<Client>();
  readonly #links = new Set<Link>();
  readonly #items = new Map<string, Pending>();
  readonly #saidHere = new Set<string>();
  readonly #streams = new Set<SampleStream>();
  readonly #fixedChallenge = randomBytes(8);
  #ids = 0;
  #turn = 0;

  private constructor(difficultyBits: number, fault: Fault | undefined) {
    this.#difficultyBits = difficultyBits;
    this.#fault = fault;
  }

  static async start(
    scope: Scope,
    difficultyBits: number,
    fault?: Fault,
  ): Promise<{ api: Place; p2p: Place }> {
    const module = new SampleModule(difficultyBits, fault);
    scope.after(() => module.#die());
    const api = await module.#listen((socket) => module.#onClient(socket));
    const p2p = await module.#listen((socket) => module.#onLink(socket));
    return { api, p2p };
  }

  #listen(onConnection: (socket: Socket) => void): Promise<Place> {
    const server = createServer({ noDelay: true }, onConnection);
    this.#servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const { address, port } = server.address() as AddressInfo;
        resolve({ host: address, port });
      });
    });
  }

  #has(fault: Fault): boolean {
    return this.#fault === fault;
  }

  #die(): void {
    for (const server of this.#servers) server.close();
    for (const stream of this.#streams) stream.close();
  }

  #stream(
    socket: Socket,
    judge: (size: number, type: number) => boolean,
    take: (type: number, body: Buffer) => void,
  ): SampleStream {
    const stream = new SampleStream(socket, this.#fault, { judge, take }, () => {
      if (this.#has("diesOfMalformed")) this.#die();
      if (this.#has("closesEverybody")) for (const other of this.#streams) other.close();
    });
    this.#streams.add(stream);
    socket.on("close", () => this.#streams.delete(stream));
    return stream;
  }

  // The API.

  #onClient(socket: Socket): void {
    if (this.#has("oneClient") && this.#clients.size > 3) {
      socket.destroy();
      return;
    }
    const stream = this.#stream(
      socket,
      (size, type) => this.#judgeRequest(size, type),
      (type, body) => this.#onRequest(client, type, body),
    );
    const open = new Map<number, Pending>();
    const client: Client = { stream, types: new Set(), open, queue: [], pacer: undefined };
    this.#clients.add(client);
    if (this.#has("hangsUpOnIdle")) setTimeout(() => stream.close(), 1_000).unref();
    socket.on("close", () => {
      this.#onClientGone(client);
    });
  }

  #judgeRequest(size: number, type: number): boolean {
    if (this.#has("takesUnknownTypes") && ![500, 501, 502, 503].includes(type)) return true;
    if (this.#has("takesNotifications") && type === 502) return true;
    if (this.#has("takesAnySize") && (type === 501 || type === 503)) return true;
    if (type === 500) return size >= 8;
    return (type === 501 || type === 503) && size === 8;
  }

  #onRequest(client: Client, type: number, body: Buffer): void {
    if (type === 500) this.#onAnnounce(client, body);
    else if (type === 501 && body.length >= 4) this.#onNotify(client, body);
    else if (type === 503 && body.length >= 4) this.#onValidation(client, body);
  }

  #onNotify(client: Client, body: Buffer): void {
    if (this.#has("looksAtReserved") && body.readUInt16BE(0) !== 0) return;
    const dataType = body.readUInt16BE(2);
    if (this.#has("repeatsNotifications") && client.types.has(dataType))
      client.types.add(-dataType);
    client.types.add(this.#has("signedTypes") ? body.readInt16BE(2) : dataType);
  }

  #subscribers(dataType: number): Client[] {
    const all = [...this.#clients].filter(
      ({ types }) => types.has(dataType) || this.#has("mixesTypes"),
    );
    if (!this.#has("sharedQueue")) return all;
    const one = all[this.#turn++ % all.length];
    return one === undefined ? [] : [one];
  }

  #onAnnounce(client: Client, body: Buffer): void {
    const dataType = body.readUInt16BE(2);
    const data = this.#readData(body);
    if (!this.#isTaken(data)) return;
    if (this.#has("answersAnnounce")) client.stream.write(frame(506));
    const ttl = this.#has("ignoresTtl") ? 0 : body.readUInt8(0);
    const said = this.#newItem(randomInt(65_536), dataType, data, ttl);
    said.state = "accepted";
    // Nobody can tell an echo of it from a copy of something relayed.
    said.ttl = ttl === 0 ? 0 : Math.min(255, ttl + 1);
    this.#items.set(this.#key(said), said);
    const listeners = this.#subscribers(dataType).filter(
      (other) => other !== client || this.#has("echoesOwn"),
    );
    if (this.#has("waitsForSilent") && listeners.some(({ open }) => open.size > 0)) return;
    for (const listener of listeners) this.#notify(listener, said);
    if (!this.#has("localWaits")) this.#send(said, ttl, []);
  }

  #isTaken(data: Buffer): boolean {
    if (data.length === 0 && this.#has("dropsEmpty")) return false;
    if (data.length > 65_523 && !this.#has("takesTooLarge")) return false;
    const text = data.toString("hex");
    if (this.#has("sameContentOnce") && this.#saidHere.has(text)) return false;
    this.#saidHere.add(text);
    return true;
  }

  #readData(body: Buffer): Buffer {
    if (this.#has("headerInData")) return body.subarray(2);
    if (this.#has("smallBuffer")) return body.subarray(4, 1_020);
    const data = body.subarray(4);
    return this.#has("manglesUtf8") ? Buffer.from(data.toString()) : data;
  }

  #newItem(id: number, dataType: number, data: Buffer, ttl: number, reserved = 0): Pending {
    const none = { senders: new Set<Link>(), asked: new Set<Client>(), verdicts: [] };
    return { id, dataType, data, reserved, ttl, ...none, state: "open" };
  }

  #notify(client: Client, item: Pending): void {
    const id = this.#freshId(client, item);
    client.open.set(id, item);
    const bytes = frame(502, u16(id), u16(item.dataType), item.data);
    if (this.#has("sizeWithoutHeader")) bytes.writeUInt16BE(bytes.length - 4, 0);
    if (this.#has("constantSize")) bytes.writeUInt16BE(8, 0);
    if (bytes.length > 65_535) return;
    client.queue.push(bytes);
    if (client.types.has(-item.dataType)) client.queue.push(bytes);
    this.#pump(client);
  }

  #freshId(client: Client, item: Pending): number {
    if (this.#has("networkId")) return item.id;
    if (this.#has("countsIds")) return ++this.#ids & 0xffff;
    for (;;) {
      const id = randomInt(65_536);
      if (!client.open.has(id)) return id;
    }
  }

  /** One at a time: the next one after an answer, or after a while. */
  #pump(client: Client): void {
    if (this.#has("noPacing")) {
      setImmediate(() => client.stream.write(Buffer.concat(client.queue.splice(0))));
      return;
    }
    if (client.pacer !== undefined) return;
    const bytes = client.queue.shift();
    if (bytes === undefined) return;
    client.stream.write(bytes);
    client.pacer = setTimeout(() => {
      client.pacer = undefined;
      this.#pump(client);
    }, PACE_MS).unref();
  }

  #onValidation(client: Client, body: Buffer): void {
    const id = body.readUInt16BE(0);
    const item = client.open.get(id) ?? this.#strangersItem(id);
    if (item === undefined) return;
    client.open.delete(id);
    clearTimeout(client.pacer);
    client.pacer = undefined;
    this.#pump(client);
    const isGood = this.#isGood(body.readUInt16BE(2));
    if (!isGood && this.#has("hangsUpOnReject")) client.stream.close();
    if (!isGood && this.#has("blamesSender")) for (const link of item.senders) link.stream.close();
    if (this.#has("localTwice") && item.senders.size === 0) this.#send(item, item.ttl, []);
    item.verdicts.push(isGood ? 1 : 0);
    if (this.#has("anybodysVerdict")) item.asked.clear();
    item.asked.delete(client);
    this.#decide(item);
  }

  #strangersItem(id: number): Pending | undefined {
    if (!this.#has("anybodysVerdict")) return undefined;
    return [...this.#clients].map(({ open }) => open.get(id)).find((item) => item !== undefined);
  }

  #isGood(bits: number): boolean {
    if (this.#has("invertedV")) return (bits & 1) === 0;
    if (this.#has("lastByteV")) return (bits & 0xff) !== 0;
    return (bits & 1) === 1 || this.#has("verdictIgnored");
  }

  #onClientGone(client: Client): void {
    clearTimeout(client.pacer);
    this.#clients.delete(client);
    if (this.#has("takesOthersAlong")) {
      const sharing = [...this.#clients].filter(({ types }) =>
        [...types].some((dataType) => client.types.has(dataType)),
      );
      sharing.at(-1)?.types.clear();
    }
    if (this.#has("leaverBlocks")) return;
    for (const item of new Set(client.open.values())) {
      item.asked.delete(client);
      this.#decide(item);
    }
  }

  #decide(item: Pending): void {
    if (item.state !== "open") return;
    if (item.verdicts.includes(0) && !this.#has("forgetsRejection")) item.state = "rejected";
    const isComplete = item.asked.size === 0 || this.#has("firstAnswer");
    if (item.state !== "open" || !isComplete || item.verdicts.length === 0) return;
    item.state = item.verdicts.at(-1) === 1 ? "accepted" : "rejected";
    if (item.state === "accepted" && !this.#has("spreadsEarly")) this.#relay(item);
  }

  // Between peers.

  #onLink(socket: Socket): void {
    const judge = (size: number, type: number): boolean => this.#judgePeer(link, size, type);
    const stream = this.#stream(socket, judge, (type, body) => this.#onPeer(link, type, body));
    const challenge = this.#has("fixedChallenge") ? this.#fixedChallenge : randomBytes(8);
    const link: Link = { stream, challenge, isProven: false };
    if (this.#has("waitsForHello")) return;
    stream.write(frame(504, challenge));
    if (this.#has("earlyOk")) stream.write(frame(506));
    socket.on("close", () => this.#links.delete(link));
  }

  #judgePeer(link: Link, size: number, type: number): boolean {
    if (type === 505) {
      return size === 12 && (!link.isProven || this.#has("takesSecondVerify"));
    }
    if (type === 507) return size >= 12 && (link.isProven || this.#has("itemsUnproven"));
    return this.#has("takesUnknownTypes") && type > 507;
  }

  #onPeer(link: Link, type: number, body: Buffer): void {
    if (type === 507) this.#onItem(link, body);
    else if (type === 505) this.#onVerify(link, body);
  }

  #onVerify(link: Link, nonce: Buffer): void {
    if (link.isProven) return;
    if (!this.#isProof(link, nonce)) {
      link.stream.close();
      return;
    }
    link.isProven = true;
    this.#links.add(link);
    if (!this.#has("earlyOk")) link.stream.write(frame(506));
    if (this.#has("forgetsBehindVerify")) link.stream.forget();
  }

  #isProof({ challenge }: Link, nonce: Buffer): boolean {
    if (this.#has("anyProof")) return true;
    const bits = this.#difficultyBits - (this.#has("oneBitLess") ? 1 : 0);
    const fits = (one: Buffer): boolean => {
      const digest = createHash("sha256").update(one).update(nonce).digest();
      return digest.readUInt32BE(0) < 2 ** (32 - bits);
    };
    return fits(challenge) || (this.#has("replay") && fits(this.#lastChallenge));
  }

  get #lastChallenge(): Buffer {
    return [...this.#links][0]?.challenge ?? Buffer.alloc(8);
  }

  #onItem(link: Link, body: Buffer): void {
    const [id, dataType, ttl] = [body.readUInt16BE(0), body.readUInt16BE(2), body.readUInt8(4)];
    const item = this.#newItem(id, dataType, body.subarray(8), ttl, body.readUIntBE(5, 3));
    item.senders.add(link);
    const listeners = this.#subscribers(dataType);
    if (listeners.length === 0) {
      if (this.#has("relaysUnsubscribed")) this.#relay(item);
      return;
    }
    const known = this.#items.get(this.#key(item));
    if (known !== undefined && !this.#has("noDedupe")) {
      this.#onCopy(known, item, link);
      return;
    }
    this.#items.set(this.#key(item), item);
    if (ttl === 1 && this.#has("losesLastHop")) return;
    for (const listener of listeners) {
      item.asked.add(listener);
      this.#notify(listener, item);
    }
    if (this.#has("spreadsEarly")) this.#relay(item);
  }

  #key({ dataType, id, data, ttl }: Pending): string {
    const hash = createHash("sha256").update(data).digest("hex");
    if (this.#has("dedupeById")) return String(id);
    if (this.#has("dedupeByContent")) return `${dataType} ${hash}`;
    if (this.#has("dedupeByData")) return `${id} ${hash}`;
    return `${dataType} ${id} ${hash}${this.#has("ttlInKey") ? ` ${ttl}` : ""}`;
  }

  #onCopy(known: Pending, copy: Pending, link: Link): void {
    known.senders.add(link);
    if (hops(copy.ttl) <= hops(known.ttl) || this.#has("neverImproves")) return;
    if (known.state === "rejected" && !this.#has("forgetsRejection")) return;
    known.ttl = copy.ttl;
    if (known.state === "open") return;
    this.#send(known, this.#nextTtl(copy.ttl), [link]);
  }

  #nextTtl(ttl: number): number {
    if (ttl === 0 || this.#has("keepsTtl")) return ttl;
    return ttl - 1;
  }

  #relay(item: Pending): void {
    if (item.ttl === 1 && !this.#has("oneIntoZero")) return;
    if (item.ttl === 0 && this.#has("zeroIsExpired")) return;
    this.#send(item, this.#nextTtl(item.ttl), [...item.senders]);
  }

  #send(item: Pending, ttl: number, except: readonly Link[]): void {
    const left = this.#has("backToSender") ? [] : except;
    const reserved = Buffer.alloc(3);
    if (this.#has("keepsReserved")) reserved.writeUIntBE(item.reserved, 0, 3);
    const head = [u16(item.id), u16(item.dataType), Buffer.of(ttl), reserved];
    let data = item.data.subarray(0, 65_523);
    for (const link of this.#links) {
      if (left.includes(link)) continue;
      link.stream.write(frame(507, ...head, data));
      if (this.#has("growsPerNeighbour")) data = Buffer.concat([data, Buffer.of(0)]);
    }
  }
}
