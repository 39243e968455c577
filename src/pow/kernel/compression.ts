import type { Lane } from "./lane.ts";
import { initialState, roundConstants } from "./sha256-constants.ts";
import { literal, type Word } from "./word.ts";

/**
 * SHA-256 of the one block `challenge (8) || nonce (8) || padding`, as far as the puzzle needs it:
 * only the first word of the digest, because only its top bits are asked for [protocol §3.2].
 *
 * The low nonce word w3 is the only input that varies. Running the algorithm over `Word`s yields:
 * - rounds 0-2, all of round 3 but the addition of w3, and W16 and W17 are per challenge;
 * - W4..W15 are padding and fold into the round constants, W18..W33 lose one to three terms;
 * - of the last round only `a` is wanted, and of the feed-forward only its first word.
 * No candidate can be given up earlier: `a` after round 63 contains W63, and through it and the
 * last four `a` and `e` every other word, in sums whose carries reach the bits that are tested.
 */

export interface State {
  /** a, b, .. h of FIPS 180-4 §6.2.2. */
  readonly words: readonly Word[];
  /** b xor c, which Maj needs and the round before has computed as a xor b. */
  readonly bc: Word;
}

/** What a round adds to the state; the other six words move on by one place. */
interface NextWords {
  readonly e: Word;
  readonly a: Word;
  readonly ab: Word;
}

function wordAt(words: readonly Word[], index: number): Word {
  const word = words[index];
  if (word === undefined) throw new RangeError(`no word ${index}`);
  return word;
}

function constantAt(index: number): Word {
  return literal(roundConstants[index] ?? Number.NaN);
}

/** What the feed-forward adds to `a` [FIPS 180-4 §6.2.2 step 4]. */
const firstWordBefore: Word = literal(initialState[0] ?? Number.NaN);

function bigSigma0(lane: Lane, x: Word): Word {
  return lane.xor(
    lane.xor(lane.rotateRight(x, 2), lane.rotateRight(x, 13)),
    lane.rotateRight(x, 22),
  );
}

function bigSigma1(lane: Lane, x: Word): Word {
  return lane.xor(
    lane.xor(lane.rotateRight(x, 6), lane.rotateRight(x, 11)),
    lane.rotateRight(x, 25),
  );
}

function smallSigma0(lane: Lane, x: Word): Word {
  return lane.xor(lane.xor(lane.rotateRight(x, 7), lane.rotateRight(x, 18)), lane.shiftRight(x, 3));
}

function smallSigma1(lane: Lane, x: Word): Word {
  return lane.xor(
    lane.xor(lane.rotateRight(x, 17), lane.rotateRight(x, 19)),
    lane.shiftRight(x, 10),
  );
}

/** (e & f) ^ (~e & g) with one operation less. */
function choose(lane: Lane, e: Word, f: Word, g: Word): Word {
  return lane.xor(g, lane.and(e, lane.xor(f, g)));
}

function firstState(lane: Lane): State {
  const words = initialState.map(literal);
  return { words, bc: lane.xor(wordAt(words, 1), wordAt(words, 2)) };
}

/** The padded block [FIPS 180-4 §5.1.1]: four words of message, one bit, the length of 128 bits. */
export function messageBlock(...message: readonly [Word, Word, Word, Word]): Word[] {
  const zeros = Array.from({ length: 10 }, () => literal(0));
  return [...message, literal(0x80000000), ...zeros, literal(128)];
}

/** W of FIPS 180-4 §6.2.2 from the words 2, 7, 15 and 16 places before. */
function scheduleWord(lane: Lane, before: (places: number) => Word): Word {
  return lane.sum(
    smallSigma1(lane, before(2)),
    before(7),
    smallSigma0(lane, before(15)),
    before(16),
  );
}

/**
 * One round. Maj(a, b, c) = ((a ^ b) & (b ^ c)) ^ b.
 *
 * The next round waits for `e` only, so the speed of a single lane is bounded by the operations
 * from e to e. lean: shift, or, xor, xor, + Ch, + (h + K + W), + d: seven, with 7 additions a
 * round. short: everything that is early is added up early and both `a` and `e` add Sigma1(e)
 * last: five, with 8 additions.
 *
 * The order of the statements is the one for which the engines' compilers spill least.
 */
function nextWords(lane: Lane, state: State, index: number, addends: readonly Word[]): NextWords {
  const [a, b, c, d, e, f, g, h] = state.words;
  if (!a || !b || !c || !d || !e || !f || !g || !h) throw new RangeError("a state has eight words");
  const early = lane.sum(h, ...addends);
  const choice = choose(lane, e, f, g);
  const majority = (): { readonly ab: Word; readonly value: Word } => {
    const ab = lane.local(`ab${index}`, lane.xor(a, b));
    return { ab, value: lane.xor(lane.and(ab, state.bc), b) };
  };
  if (lane.style === "lean") {
    const t1 = lane.local(`t${index}`, lane.sum(early, lane.sum(choice, bigSigma1(lane, e))));
    const { ab, value } = majority();
    return { e: lane.sum(d, t1), a: lane.sum(t1, lane.sum(value, bigSigma0(lane, a))), ab };
  }
  const partial = lane.local(`p${index}`, lane.sum(early, choice));
  const sigma = lane.local(`s${index}`, bigSigma1(lane, e));
  const { ab, value } = majority();
  const nextA = lane.sum(lane.sum(value, lane.sum(partial, sigma)), bigSigma0(lane, a));
  return { e: lane.sum(lane.sum(d, partial), sigma), a: nextA, ab };
}

/** Prints rounds 0 to `rounds - 1`, extending `schedule` on the way. */
function unrolledRounds(lane: Lane, schedule: Word[], rounds: number): State {
  let state = firstState(lane);
  for (let index = 0; index < rounds; index += 1) {
    if (index >= 16) {
      const word = scheduleWord(lane, (places) => wordAt(schedule, index - places));
      schedule.push(lane.local(`w${index}`, word));
    }
    const next = nextWords(lane, state, index, [wordAt(schedule, index), constantAt(index)]);
    const nextE = index === 63 ? literal(0) : lane.local(`e${index}`, next.e);
    const nextA = lane.local(`a${index}`, next.a);
    const [a, b, c, , e, f, g] = state.words as [Word, Word, Word, Word, Word, Word, Word, Word];
    state = { words: [nextA, a, b, c, nextE, e, f, g], bc: next.ab };
  }
  return state;
}

/**
 * Prints the body of a loop of which each turn does 16 rounds, so that state and schedule words
 * are back in the variables they started in.
 */
function rolledRounds(
  lane: Lane,
  start: State,
  lastWords: readonly Word[],
  loopConstantAt: (index: number) => Word,
): Word {
  const ring = lastWords.map((word, index) => lane.variable(`w${index}_`, word));
  const words = start.words.map((word, index) => lane.variable(`state${index}`, word));
  const bc = lane.variable("bc", start.bc);
  lane.beginLoop();
  for (let index = 0; index < 16; index += 1) {
    const word = wordAt(ring, index);
    lane.assign(
      word,
      scheduleWord(lane, (places) => wordAt(ring, (index - places) & 15)),
    );
    const next = nextWords(lane, { words, bc }, index, [word, loopConstantAt(index)]);
    lane.assign(wordAt(words, 3), next.e);
    lane.assign(wordAt(words, 7), next.a);
    lane.assign(bc, next.ab);
    words.unshift(...words.splice(7, 1));
  }
  return wordAt(words, 0);
}

/** Prints all 64 rounds one by one and returns the first word of the digest. */
export function unrolledDigestWord(lane: Lane, block: Word[]): Word {
  const { words } = unrolledRounds(lane, block, 64);
  return lane.sum(wordAt(words, 0), firstWordBefore);
}

/** Rounds of the half-rolled form before its loop: those that gain from what is constant. */
export const roundsBeforeLoop = 32;

/**
 * Prints 32 rounds one by one and 32 as two turns of a loop.
 * @param loopConstantAt K of the round with this index in the current turn of the loop.
 */
export function halfRolledDigestWord(
  lane: Lane,
  block: Word[],
  loopConstantAt: (index: number) => Word,
): Word {
  const state = unrolledRounds(lane, block, roundsBeforeLoop);
  const lastWords = block.slice(roundsBeforeLoop - 16, roundsBeforeLoop);
  const a = rolledRounds(lane, state, lastWords, loopConstantAt);
  return lane.sum(a, firstWordBefore);
}
