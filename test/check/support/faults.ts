/** What a planted mistake has to lead to. */
export interface Planted {
  /** The case that finds it. */
  readonly finder: string;
  /** What the finder says was seen. */
  readonly seen: RegExp;
}

const open = /the connection open|within \d+ ms/;
const closed = /the connection closed|the connection is closed/;
const nothing = /^no bytes/;

/** The mistakes of other modules, each with the case that finds it. */
export const FAULTS = {
  shortRead: { finder: "an ANNOUNCE split inside its data is one message", seen: nothing },
  losesSecond: { finder: "two ANNOUNCEs in one segment are two messages", seen: nothing },
  sizeWithoutHeader: {
    finder: "a NOTIFICATION has exactly the bytes of the specification",
    seen: /000801f6/,
  },
  constantSize: { finder: "data of 4,096 bytes arrives as it was sent", seen: /no bytes$/ },
  headerInData: { finder: "data of one byte arrives as it was sent", seen: /3 bytes/ },
  smallBuffer: { finder: "data of 1,084 bytes, as", seen: /1016 bytes/ },
  manglesUtf8: { finder: "data of invalid UTF-8 arrives as it was sent", seen: /efbfbd/ },
  waitsForSmallSizes: { finder: "an ANNOUNCE with size 2 closes", seen: open },
  diesOfMalformed: { finder: "an ANNOUNCE with size 0 closes", seen: /ECONNREFUSED/ },
  closesEverybody: { finder: "type 499 closes the connection, and only that one", seen: closed },
  answersText: { finder: "a request in HTTP closes the connection", seen: /3430302069/ },
  takesUnknownTypes: { finder: "type 520, of another module, closes", seen: open },
  takesNotifications: { finder: "a NOTIFICATION sent by a module closes", seen: open },
  takesAnySize: { finder: "a NOTIFY with size 9 closes", seen: open },
  judgesBody: { finder: "a NOTIFY with size 65,535, judged by its header alone,", seen: open },
  waitsForEver: { finder: "a message that stays unfinished for 10 s", seen: open },
  takesTooLarge: { finder: "what is too large to travel does not travel", seen: /65523 bytes/ },
  dropsEmpty: { finder: "an ANNOUNCE without data is legal", seen: nothing },
  forgetsAtEnd: { finder: "the end of the stream right behind an ANNOUNCE", seen: nothing },
  answersAnnounce: { finder: "an ANNOUNCE has no answer", seen: /000401fa/ },
  looksAtReserved: { finder: "reserved bits of NOTIFY and ANNOUNCE", seen: nothing },
  echoesOwn: { finder: "the announcer is not notified of its own", seen: /01f6/ },
  sharedQueue: { finder: "all subscribers of a type are notified", seen: nothing },
  repeatsNotifications: { finder: "a repeated NOTIFY does not repeat notifications", seen: /01f6/ },
  mixesTypes: { finder: "a module is notified only of types it subscribed to", seen: /type \d+/ },
  signedTypes: { finder: "data type 65535 is a type like any other", seen: nothing },
  takesOthersAlong: { finder: "subscribers that go away", seen: nothing },
  sameContentOnce: { finder: "the same data announced again is another item", seen: nothing },
  countsIds: { finder: "message ids are drawn at random", seen: /^[0-9a-f ]+$/ },
  hangsUpOnReject: { finder: "V = 0 is everyday life", seen: closed },
  noPacing: { finder: "notifications to a client that has answered none", seen: /in one read/ },
  twoWrites: { finder: "a small notification comes in one piece", seen: /cut ones/ },
  waitsForSilent: { finder: "a client that never answers holds up no other client", seen: nothing },
  oneClient: { finder: "50 clients are served at once", seen: nothing },
  hangsUpOnIdle: { finder: "an idle client stays connected", seen: closed },
  waitsForHello: { finder: "the acceptor speaks first", seen: nothing },
  anyProof: { finder: "a wrong proof closes without a word", seen: /000401fa/ },
  oneBitLess: { finder: "a proof with one zero bit too few", seen: /000401fa/ },
  fixedChallenge: { finder: "each connection has a challenge of its own", seen: /[0-9a-f]{16}/ },
  replay: { finder: "a proof that was good for another connection", seen: /000401fa/ },
  earlyOk: { finder: "between INIT and VERIFY the acceptor says nothing", seen: /000401fa/ },
  itemsUnproven: { finder: "an item before VERIFY closes", seen: open },
  takesSecondVerify: { finder: "a second VERIFY closes", seen: open },
  forgetsBehindVerify: { finder: "VERIFY and an item in one segment", seen: nothing },
  losesLastHop: { finder: "an item with TTL 1 is delivered", seen: nothing },
  oneIntoZero: { finder: "an item with TTL 1 is delivered, and goes no further", seen: /01fb/ },
  keepsTtl: { finder: "an item received with TTL 2 goes on with TTL 1", seen: /TTL 2/ },
  zeroIsExpired: { finder: "an item received with TTL 0 goes on", seen: nothing },
  ignoresTtl: { finder: "a local announcement with TTL 2 leaves", seen: /TTL 0/ },
  relaysUnsubscribed: { finder: "an item of a type nobody here subscribed to", seen: /01fb/ },
  networkId: { finder: "the id of a notification is not the id", seen: /0101/ },
  backToSender: { finder: "an item never goes back to the link", seen: /01fb/ },
  growsPerNeighbour: { finder: "a forwarded item is the same to every neighbour", seen: /bytes/ },
  keepsReserved: { finder: "reserved bits of an item", seen: /abcdef/ },
  localWaits: { finder: "a local announcement spreads at once", seen: nothing },
  localTwice: { finder: "a local announcement leaves once", seen: /01fb/ },
  spreadsEarly: { finder: "an item is held until its verdict", seen: /01fb/ },
  invertedV: { finder: "a VALIDATION that ends in 0001 accepts", seen: nothing },
  lastByteV: { finder: "a VALIDATION that ends in 0002 rejects", seen: /01fb/ },
  verdictIgnored: { finder: "a VALIDATION that ends in 0000 rejects", seen: /01fb/ },
  anybodysVerdict: { finder: "the verdict of a client that was not asked", seen: /01fb/ },
  blamesSender: { finder: "V = 0 is no blame", seen: closed },
  firstAnswer: { finder: "all modules that were asked have to accept", seen: /01fb/ },
  leaverBlocks: { finder: "a client that leaves without an answer abstains", seen: nothing },
  noDedupe: { finder: "the same item from another link is a duplicate", seen: /01f6/ },
  dedupeById: { finder: "two items under one id are two items", seen: nothing },
  dedupeByContent: { finder: "the same data under two ids is two items", seen: nothing },
  dedupeByData: { finder: "the same data under two types is two items", seen: nothing },
  ttlInKey: { finder: "TTL is no part of what an item is", seen: /01f6/ },
  forgetsRejection: { finder: "a rejected item stays rejected", seen: /01fb/ },
  neverImproves: { finder: "a copy with more hops left is forwarded", seen: nothing },
} as const satisfies Readonly<Record<string, Planted>>;

export type Fault = keyof typeof FAULTS;
