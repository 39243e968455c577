import type { Case, CaseGroup, CaseResult } from "./case.ts";
import { Connection } from "./connection.ts";
import { Mismatch } from "./mismatch.ts";
import { PeerLinks } from "./peer-links.ts";
import { Prover } from "./prover.ts";
import type { CheckSettings } from "./settings.ts";
import { newSurroundings, Stage, type Surroundings } from "./stage.ts";

/** Watches an examination. */
export interface CheckObserver {
  /** `done` of `total` cases have ended. */
  onStart?(title: string, done: number, total: number): void;
  onResult?(result: CaseResult): void;
}

interface Entry {
  readonly group: CaseGroup;
  readonly case: Case;
}

/**
 * Plays the cases one after the other, those that wait for long beside them, and gives all results in
 * the order of the catalogue.
 * @throws Mismatch `unreachable` when nobody listens at the API to begin with
 */
export async function runCheck(
  groups: readonly CaseGroup[],
  settings: CheckSettings,
  observer: CheckObserver = {},
): Promise<CaseResult[]> {
  (await Connection.open(settings.api, settings.patienceMs)).close();
  const examination = new Examination(settings, observer);
  try {
    return await examination.play(
      groups.flatMap((group) => group.cases.map((each) => ({ group, case: each }))),
    );
  } finally {
    await examination.close();
  }
}

class Examination {
  readonly #around: Surroundings;
  readonly #observer: CheckObserver;
  /** For each side, why its cases cannot be played. */
  readonly #obstacles = new Map<CaseGroup["side"], string>();
  #done = 0;

  constructor(settings: CheckSettings, observer: CheckObserver) {
    this.#observer = observer;
    const { p2p, difficultyBits, patienceMs } = settings;
    const links =
      p2p === undefined ? undefined : new PeerLinks(p2p, new Prover(difficultyBits), patienceMs);
    this.#around = newSurroundings(settings, links);
  }

  async play(entries: readonly Entry[]): Promise<CaseResult[]> {
    const isSlow = (entry: Entry): boolean => entry.case.role === "background";
    const results = new Map<Case, CaseResult>();
    const report = (entry: Entry, result: CaseResult): void => {
      results.set(entry.case, result);
      this.#done++;
      this.#observer.onResult?.(result);
    };
    const slow = entries.filter(isSlow);
    const slowResults = Promise.all(slow.map((entry) => this.#playOne(entry, entries.length)));
    for (const entry of entries) {
      if (!isSlow(entry)) report(entry, await this.#playOne(entry, entries.length));
    }
    if (slow.length > 0) {
      this.#observer.onStart?.("waiting for the slow cases", this.#done, entries.length);
    }
    for (const [at, result] of (await slowResults).entries()) {
      const entry = slow[at];
      if (entry !== undefined) report(entry, result);
    }
    return entries.flatMap((entry) => results.get(entry.case) ?? []);
  }

  async close(): Promise<void> {
    await this.#around.links?.close();
  }

  async #playOne({ group, case: played }: Entry, total: number): Promise<CaseResult> {
    const about = { group: group.title, name: played.name, clause: played.clause };
    const obstacle = this.#obstacles.get(group.side);
    if (obstacle !== undefined) return { ...about, outcome: "untested", why: obstacle, ms: 0 };
    this.#observer.onStart?.(`${group.title}: ${played.name}`, this.#done, total);
    const startedAtMs = performance.now();
    const ownMismatch = await this.#mismatchOf(played);
    const mismatch = (await this.#survival()) ?? ownMismatch;
    const result = { ...about, ms: Math.round(performance.now() - startedAtMs) };
    if (mismatch === undefined) return { ...result, outcome: "pass" };
    const { kind, expected, seen, message } = mismatch;
    if (played.official?.mismatch === kind) {
      return { ...result, outcome: "differs", why: played.official.words, expected, seen };
    }
    if (played.role === "gate") this.#obstacles.set(group.side, `needs: ${played.name}`);
    return { ...result, outcome: "fail", why: message, expected, seen };
  }

  async #mismatchOf(played: Case): Promise<Mismatch | undefined> {
    const stage = new Stage(this.#around);
    try {
      await played.run(stage);
      return undefined;
    } catch (error) {
      if (error instanceof Mismatch) return error;
      throw error;
    } finally {
      stage.close();
    }
  }

  /** What this case left of the module: whether its API still takes connections. */
  async #survival(): Promise<Mismatch | undefined> {
    const { api, patienceMs } = this.#around.settings;
    try {
      (await Connection.open(api, patienceMs)).close();
      return undefined;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      const gone = "the module takes no connections any more since another case";
      for (const side of ["api", "p2p"] as const) this.#obstacles.set(side, gone);
      return new Mismatch("unreachable", "the module goes on after this", error.seen);
    }
  }
}
