import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { NetworkState, PlaygroundAction } from "../../src/cli/playground/playground-event.ts";
import { countOf } from "../../src/monitor/quantities.ts";
import { Card } from "../shared/card.tsx";
import { AnnounceForm } from "./announce-form.tsx";
import type { DemoModel } from "./demo-model.ts";
import { NodeTable } from "./node-table.tsx";
import { OverlayGraph } from "./overlay-graph.tsx";
import { usePlayer } from "./player.ts";
import { StoryCard } from "./story-card.tsx";

/** Does something, and tells why it could not. */
export type Act = (action: PlaygroundAction) => Promise<string | undefined>;

interface AppProps {
  readonly model: DemoModel;
  /** Another number whenever the model has changed. */
  readonly version: number;
  readonly act: Act;
  /** Without the token the page may only look. */
  readonly rights: "play" | "look";
}

export function App({ model, act, rights }: AppProps): VNode {
  const { network, contact } = model;
  return (
    <>
      <header>
        <div class="brand">
          <img src="icon.svg" alt="" width="26" height="26" />
          <span>voidgossip</span>
          <span class={`contact ${contact}`}>{CONTACT_WORDS[contact]}</span>
        </div>
        <h1>
          <strong>A gossip network on this machine.</strong>{" "}
          {network === undefined ? null : networkWords(network)}
        </h1>
        <p class="lead soft">
          Every circle is a real node with its own ports. They solve one another’s puzzles, tell one
          another addresses, and keep three links each of their own. Announce something and watch.
        </p>
      </header>
      <main>
        {network === undefined ? (
          <p class="empty">Asking the demonstration …</p>
        ) : (
          <Stage {...{ model, network, act, rights }} />
        )}
      </main>
    </>
  );
}

const CONTACT_WORDS: Readonly<Record<DemoModel["contact"], string>> = {
  connecting: "connecting",
  live: "live",
  lost: "it has ended, or does not answer",
};

function networkWords({ nodes, links }: NetworkState): string {
  const running = nodes.filter(({ life }) => life === "running").length;
  return `${running} of ${countOf(nodes.length, "node")} running, ${countOf(links.length, "link")}.`;
}

interface StageProps extends Omit<AppProps, "version"> {
  readonly network: NetworkState;
}

function Stage({ model, network, act, rights }: StageProps): VNode {
  const [chosen, setChosen] = useState(network.nodes.length);
  const [wanted, setWanted] = useState<string | undefined>(undefined);
  const [playingMs, setPlayingMs] = useState(4_000);
  const stories = model.stories();
  const story = stories.find(({ key }) => key === wanted) ?? stories[0];
  const player = usePlayer(story, playingMs);
  const announce: Act = (action) => {
    setWanted(undefined);
    return act(action);
  };
  return (
    <>
      <Card title="Overlay" class="network" note={<Legend />}>
        <OverlayGraph {...{ network, story, chosen }} atMs={player.atMs} onChosen={setChosen} />
      </Card>
      <div class="side">
        <AnnounceForm {...{ network, chosen, rights }} act={announce} onChosen={setChosen} />
        <StoryCard
          {...{ stories, story, network, player, playingMs }}
          onWanted={setWanted}
          onPlayingMs={setPlayingMs}
        />
      </div>
      <Card title="Nodes" class="wide">
        <NodeTable {...{ network, story, chosen, act, rights }} />
      </Card>
    </>
  );
}

function Legend(): VNode {
  return (
    <ul class="legend">
      <li>
        <i class="dot reached" /> has it
      </li>
      <li>
        <i class="dot accept" /> accepted
      </li>
      <li>
        <i class="dot reject" /> rejected
      </li>
      <li>
        <i class="dot again" /> duplicate
      </li>
    </ul>
  );
}
