import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { NetworkState } from "../../src/cli/playground/playground-event.ts";
import { countOf } from "../../src/monitor/quantities.ts";
import { Card } from "../shared/card.tsx";
import { DataTable } from "../shared/data-table.tsx";
import type { Player } from "./player.ts";
import { ttlWords } from "./wave-story.ts";
import type { StoryLine, WaveStory } from "./wave-story.ts";

/** How long playing takes, in ms; 0 is as long as it took. */
const PLAYING_MS = [0, 4_000, 10_000, 30_000];

interface StoryCardProps {
  readonly stories: readonly WaveStory[];
  readonly story: WaveStory | undefined;
  readonly network: NetworkState;
  readonly player: Player;
  readonly playingMs: number;
  readonly onWanted: (key: string) => void;
  readonly onPlayingMs: (playingMs: number) => void;
}

export function StoryCard(props: StoryCardProps): VNode {
  const { stories, story, network, player, playingMs, onWanted, onPlayingMs } = props;
  if (story === undefined) {
    return (
      <Card title="Its way">
        <p class="empty">Nothing has been announced since this page was opened.</p>
      </Card>
    );
  }
  return (
    <Card
      title="Its way"
      note={
        <label class="inline">
          Item{" "}
          <select value={story.key} onChange={({ currentTarget }) => onWanted(currentTarget.value)}>
            {stories.map((one) => (
              <option key={one.key} value={one.key}>
                {nameOf(one)}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <p class="outcome" aria-live="polite">
        {outcomeOf(story, network)}
      </p>
      <Timeline {...{ story, player }} />
      <div class="playing">
        <button type="button" onClick={player.motion === "playing" ? player.pause : player.play}>
          {player.motion === "playing" ? "Pause" : "Play"}
        </button>
        <label class="inline">
          Shown{" "}
          <select
            value={playingMs}
            onChange={({ currentTarget }) => onPlayingMs(Number(currentTarget.value))}
          >
            {PLAYING_MS.map((ms) => (
              <option key={ms} value={ms}>
                {ms === 0 ? "as fast as it was" : `in ${ms / 1_000} seconds`}
              </option>
            ))}
          </select>
        </label>
      </div>
      <StoryTable {...{ story }} atMs={player.atMs} />
    </Card>
  );
}

const NAME_LENGTH_MAX = 24;

function nameOf({ text, key, origin }: WaveStory): string {
  const name = text ?? key.slice(8, 16);
  const short = name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX - 1)}…` : name;
  return `${short}, from node ${origin}`;
}

function outcomeOf({ visits, duplicates, ttl }: WaveStory, { nodes }: NetworkState): string {
  const running = nodes.filter(({ life }) => life === "running");
  const reached = running.filter(({ node }) => visits.has(node));
  const all = [...visits.values()];
  const afterMs = Math.max(...all.map(({ atMs }) => atMs));
  const hops = Math.max(...all.map((visit) => visit.hops));
  const copies = duplicates === 1 ? "1 duplicate copy" : `${duplicates} duplicate copies`;
  return `${reached.length} of ${countOf(running.length, "running node")} reached in ${afterMs.toFixed(1)} ms, over ${countOf(hops, "hop")} at most, with ${copies}. TTL ${ttlWords(ttl)}.`;
}

interface TimelineProps {
  readonly story: WaveStory;
  readonly player: Player;
}

function Timeline({ story, player }: TimelineProps): VNode {
  const { durationMs } = story;
  const shownMs = Math.min(player.atMs, durationMs);
  return (
    <div class="timeline">
      <input
        type="range"
        aria-label="Moment since the announcement"
        aria-valuetext={`${shownMs.toFixed(1)} ms`}
        min={0}
        max={durationMs}
        step="any"
        value={shownMs}
        onInput={({ currentTarget }) => player.seek(Number(currentTarget.value))}
      />
      <span>
        <b>{shownMs.toFixed(1)}</b> of {durationMs.toFixed(1)} ms
      </span>
    </div>
  );
}

interface StoryTableProps {
  readonly story: WaveStory;
  readonly atMs: number;
}

function StoryTable({ story, atMs }: StoryTableProps): VNode {
  const rows = story.lines.map((line, at) => ({ ...line, at })).filter((line) => line.atMs <= atMs);
  const box = useRef<HTMLDivElement>(null);
  // What has just happened is last.
  useEffect(() => {
    const scrolling = box.current?.querySelector(".scroll");
    scrolling?.scrollTo({ top: scrolling.scrollHeight });
  }, [rows.length]);
  return (
    <div ref={box} class="lines">
      <DataTable
        caption="Hop by hop"
        empty="Not yet."
        columns={LINE_COLUMNS}
        rows={rows}
        keyOf={({ at }) => at}
      />
    </div>
  );
}

const LINE_COLUMNS = [
  { head: "after", number: true, cell: ({ atMs }: StoryLine) => `${atMs.toFixed(1)} ms` },
  { head: "node", number: true, cell: ({ node }: StoryLine) => node },
  { head: "what happens", cell: ({ what }: StoryLine) => what },
];
