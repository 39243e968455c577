import { styleFor } from "../style.ts";
import type { Style } from "../style.ts";
import type { SetupEvent } from "./demo-event.ts";
import type { DemoResult } from "./demo-result.ts";
import { introductionOf, progressLine, resultLines, setupLines, travelLines } from "./demo-text.ts";
import type { Solving } from "./demo-text.ts";
import type { DemoPlan } from "./plan.ts";
import { screenOn } from "./screen.ts";

/** Where nothing can be overwritten, a puzzle gets a line this often. A guess. */
const PLAIN_PROGRESS_INTERVAL_MS = 2_000;

/** Shows a demonstration as it happens. */
export class DemoScreen {
  readonly #plan: DemoPlan;
  readonly #style: Style;
  readonly #screen: ReturnType<typeof screenOn>;
  readonly #solvingByNode = new Map<number, Solving>();
  readonly #toldAtMsByNode = new Map<number, number>();
  #linked = 0;

  constructor(plan: DemoPlan, output: NodeJS.WriteStream) {
    this.#plan = plan;
    this.#style = styleFor(output, process.env);
    this.#screen = screenOn(output, process.env);
  }

  begin(): void {
    this.#screen.print(...introductionOf(this.#plan, this.#style));
  }

  show(event: SetupEvent): void {
    if (event.kind === "solving") this.#solvingByNode.set(event.node, event);
    else if (event.kind !== "subscribed") this.#solvingByNode.delete(event.node);
    if (event.kind === "linked") this.#linked++;
    this.#screen.print(...setupLines(event, this.#plan, this.#style));
    if (event.kind === "solving" && this.#screen.kind === "plain") this.#tellNowAndThen(event);
    this.#screen.live(this.#liveLines());
  }

  end(result: DemoResult): void {
    this.#screen.live([]);
    this.#screen.print(
      ...travelLines(result, this.#plan, this.#style),
      ...resultLines(result, this.#style),
    );
  }

  #liveLines(): string[] {
    if (this.#linked === this.#plan.puzzles) return [];
    const progress = [...this.#solvingByNode.values()].map((event) =>
      progressLine(event, this.#plan),
    );
    return [...progress, `${this.#linked} of ${this.#plan.puzzles} links up`];
  }

  #tellNowAndThen(event: Solving): void {
    const nowMs = performance.now();
    const toldAtMs = this.#toldAtMsByNode.get(event.node) ?? -Infinity;
    if (nowMs - toldAtMs < PLAIN_PROGRESS_INTERVAL_MS) return;
    this.#toldAtMsByNode.set(event.node, nowMs);
    this.#screen.print(progressLine(event, this.#plan));
  }
}
