import type { Lane } from "./lane.ts";
import { initialState, roundConstants } from "./sha256-constants.ts";
import { literal, type Word } from "./word.ts";

/**
 * SHA-256 of the one block `challenge (8) || nonce (8) || padding` as far as the puzzle needs it:
 * only whether the first word of the digest is small [protocol §3.2].
 *
 * With the low nonce word w3 as the only varying input, running the algorithm over `Word`s yields:
 * rounds 0-2, the sums of round 3 and the schedule words W16 and W17 are per challenge; W4..W15 are
 * padding and fold into the round constants; W18..W33 need two to four operations less each.
 * At the other end only `a` after round 63 is wanted: round 63 computes no `e`, and no feed-forward
 * but that of the first word exists. Nothing earlier can be decided: `a` after round 63 depends on
 * every schedule word and every earlier `a` and `e` through additions.
 */

/** The words a, b, .. h of FIPS 180-4 §6.2.2 and `bc` = b xor c, which Maj reuses. */
export interface State {
  readonly words: readonly Word[];
  readonly bc: Word;
}

export function wordAt(words: readonly Word[], index: number): Word {
  const word = words[index];
  if (word === undefined) throw new Error(`no word ${index}`);
  return word;
}

export function bigSigma0(lane: Lane, x: Word): Word {
  return lane.xor(lane.xor(lane.rotateRight(x, 2), lane.rotateRight(x, 13)), lane.rotateRight(x, 22));
}

export function bigSigma1(lane: Lane, x: Word): Word {
  return lane.xor(lane.xor(lane.rotateRight(x, 6), lane.rotateRight(x, 11)), lane.rotateRight(x, 25));
}

export function smallSigma0(lane: Lane, x: Word): Word {
  return lane.xor(lane.xor(lane.rotateRight(x, 7), lane.rotateRight(x, 18)), lane.shiftRight(x, 3));
}

export function smallSigma1(lane: Lane, x: Word): Word {
  return lane.xor(
    lane.xor(lane.rotateRight(x, 17), lane.rotateRight(x, 19)),
    lane.shiftRight(x, 10),
  );
}

export function choose(lane: Lane, e: Word, f: Word, g: Word): Word {
  return lane.xor(g, lane.and(e, lane.xor(f, g)));
}

export function firstState(lane: Lane): State {
  const words = initialState.map(literal);
  return { words, bc: lane.xor(wordAt(words, 1), wordAt(words, 2)) };
}

/** One padded block [FIPS 180-4 §5.1.1]: four words of message, one bit, the length of 128 bits. */
export function firstSchedule(challengeHigh: Word, challengeLow: Word, high: Word, low: Word): Word[] {
  const zeros = Array.from({ length: 10 }, () => literal(0));
  return [challengeHigh, challengeLow, high, low, literal(0x80000000), ...zeros, literal(128)];
}

export function extendSchedule(lane: Lane, schedule: Word[], index: number): Word {
  const sum = lane.sum(
    smallSigma1(lane, wordAt(schedule, index - 2)),
    wordAt(schedule, index - 7),
    smallSigma0(lane, wordAt(schedule, index - 15)),
    wordAt(schedule, index - 16),
  );
  const word = lane.local(`w${index}`, sum);
  schedule.push(word);
  return word;
}

/** Maj(a,b,c) = ((a^b) & (b^c)) ^ b, where a^b is the b^c of the next round. */
export function round(lane: Lane, state: State, index: number, scheduleWord: Word): State {
  const [a, b, c, d, e, f, g, h] = state.words;
  if (!a || !b || !c || !d || !e || !f || !g || !h) throw new Error("a state has eight words");
  const constant = literal(roundConstants[index] ?? 0);
  const t1 = lane.local(
    `t${index}`,
    lane.sum(
      lane.sum(h, scheduleWord, constant),
      lane.sum(choose(lane, e, f, g), bigSigma1(lane, e)),
    ),
  );
  const ab = lane.local(`x${index}`, lane.xor(a, b));
  const majority = lane.xor(lane.and(ab, state.bc), b);
  const nextE = index === 63 ? e : lane.local(`e${index}`, lane.sum(d, t1));
  const nextA = lane.local(`a${index}`, lane.sum(t1, lane.sum(majority, bigSigma0(lane, a))));
  return { words: [nextA, a, b, c, nextE, e, f, g], bc: ab };
}

/** Prints all 64 rounds; the word returned is the first of the digest. */
export function unrolledDigestWord(lane: Lane, schedule: Word[]): Word {
  let state = firstState(lane);
  for (let index = 0; index < 64; index += 1) {
    const word = index < 16 ? wordAt(schedule, index) : extendSchedule(lane, schedule, index);
    state = round(lane, state, index, word);
  }
  return lane.sum(wordAt(state.words, 0), literal(initialState[0] ?? 0));
}
