import type { NetworkState, WaveStep } from "../../src/cli/playground/playground-event.ts";
import { storyOf } from "./wave-story.ts";
import type { WaveStory } from "./wave-story.ts";

/** More than fit the list; they bound what the page keeps. */
const WAVES_MAX = 20;
/** Fifty nodes with forty links each make 10,000. */
const STEPS_MAX = 20_000;

/** Everything the page knows about the network. Bounded. */
export class DemoModel {
  network: NetworkState | undefined;
  contact: "connecting" | "live" | "lost" = "connecting";
  readonly #stepsByKey = new Map<string, WaveStep[]>();
  readonly #storyByKey = new Map<string, WaveStory>();

  onNetwork(network: NetworkState): void {
    this.network = network;
    this.contact = "live";
  }

  onStep(step: WaveStep): void {
    const steps = this.#stepsByKey.get(step.key) ?? [];
    if (steps.length >= STEPS_MAX) return;
    steps.push(step);
    this.#stepsByKey.set(step.key, steps);
    this.#storyByKey.delete(step.key);
    for (const key of this.#stepsByKey.keys()) {
      if (this.#stepsByKey.size <= WAVES_MAX) return;
      this.#stepsByKey.delete(key);
      this.#storyByKey.delete(key);
    }
  }

  /** The newest first. */
  stories(): readonly WaveStory[] {
    return [...this.#stepsByKey.keys()].reverse().flatMap((key) => this.#storyOf(key) ?? []);
  }

  #storyOf(key: string): WaveStory | undefined {
    const known = this.#storyByKey.get(key);
    if (known !== undefined) return known;
    const story = storyOf(this.#stepsByKey.get(key) ?? []);
    if (story !== undefined) this.#storyByKey.set(key, story);
    return story;
  }
}
