/** What one demonstration is to do. Nodes are numbered from 1; node 1 is the bootstrapper. */
export interface DemoPlan {
  readonly nodes: number;
  readonly difficultyBits: number;
  /** Who announces: a leaf, so that the item needs two hops to the others. */
  readonly origin: number;
  readonly dataType: number;
  readonly ttl: number;
  readonly text: string;
  /** Puzzles to be solved in all: one for each link. */
  readonly puzzles: number;
  /** Nodes that solve at the same time. */
  readonly solvingAtOnce: number;
  readonly powTimeoutMs: number;
  /** Whatever happens, the result is there after this. */
  readonly deadlineMs: number;
}

export const BOOTSTRAPPER = 1;
export const DEMO_DATA_TYPE = 1337;

/** A machine that does less is not expected, in hashes per second. A guess: half of one slow core. */
const HASHES_PER_SECOND_MIN = 1_000_000;
/** Puzzles take as long as they like: this many times the mean is exceeded once in 3,000 (e^-8). */
const PATIENCE = 8;
const DEADLINE_MS_MIN = 120_000;
/** The range of `pow_timeout` [docs/configuration.md]. */
const POW_TIMEOUT_MS_MIN = 120_000;
const POW_TIMEOUT_MS_MAX = 3_600_000;
/** Threads of one solver [docs/configuration.md: pow_workers]. */
const SOLVER_THREADS_MAX = 4;

export function planDemo(nodes: number, difficultyBits: number, cores: number): DemoPlan {
  const puzzles = Array.from({ length: nodes }, (_, at) => at + 1)
    .map((node) => targetsOf(node, nodes).length)
    .reduce((sum, count) => sum + count, 0);
  const puzzleMs = Math.ceil((2 ** difficultyBits / HASHES_PER_SECOND_MIN) * 1_000 * PATIENCE);
  return {
    nodes,
    difficultyBits,
    origin: nodes,
    dataType: DEMO_DATA_TYPE,
    ttl: 8,
    text: `hello from node ${nodes}`,
    puzzles,
    solvingAtOnce: Math.max(1, Math.floor(cores / SOLVER_THREADS_MAX)),
    powTimeoutMs: Math.min(Math.max(POW_TIMEOUT_MS_MIN, puzzleMs), POW_TIMEOUT_MS_MAX),
    deadlineMs: Math.max(DEADLINE_MS_MIN, puzzles * puzzleMs),
  };
}

/**
 * Whom a node dials: everybody the bootstrapper, and node 3 node 2 as well. These three are a circle, in
 * which duplicate copies must occur, while whoever announces is outside of it.
 */
export function targetsOf(node: number, nodes: number): readonly number[] {
  if (node === BOOTSTRAPPER) return [];
  return node === 3 && nodes > 3 ? [BOOTSTRAPPER, 2] : [BOOTSTRAPPER];
}
