import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type {
  NetworkState,
  NodeAction,
  PlayedNode,
} from "../../src/cli/playground/playground-event.ts";
import { DataTable } from "../shared/data-table.tsx";
import type { Act } from "./app.tsx";
import { pairsOf } from "./overlay-layout.ts";
import type { Visit, WaveStory } from "./wave-story.ts";

interface NodeTableProps {
  readonly network: NetworkState;
  readonly story: WaveStory | undefined;
  readonly chosen: number;
  readonly act: Act;
  readonly rights: "play" | "look";
}

interface Row {
  readonly node: PlayedNode;
  readonly neighbours: readonly number[];
  readonly visit: Visit | undefined;
}

/** Every node: how it is doing, what the item did there, and what can be done to it. */
export function NodeTable(props: NodeTableProps): VNode {
  const { network, story, chosen, act, rights } = props;
  const [failure, setFailure] = useState<string | undefined>(undefined);
  const pairs = pairsOf(network.links);
  const rows = network.nodes.map((node) => ({
    node,
    neighbours: pairs
      .filter((pair) => pair.includes(node.node))
      .map(([a, b]) => (a === node.node ? b : a)),
    visit: story?.visits.get(node.node),
  }));
  const perform = (node: number, action: NodeAction): void => {
    void act({ action, node }).then(setFailure);
  };
  const actions = {
    head: "do",
    cell: ({ node }: Row) => <NodeButtons {...{ node, rights, perform }} />,
  };
  return (
    <>
      <p role="alert" class="bad">
        {failure}
      </p>
      <DataTable
        caption="Nodes"
        empty="No nodes."
        columns={[...STATE_COLUMNS, actions, ...VISIT_COLUMNS]}
        rows={rows}
        keyOf={({ node }) => node.node}
        rowProps={({ node }) => ({ class: node.node === chosen ? "chosen" : "" })}
      />
    </>
  );
}

const STATE_COLUMNS = [
  { head: "node", number: true, cell: ({ node }: Row) => node.node },
  {
    head: "state",
    cell: ({ node }: Row) => <span class={`life ${node.life}`}>{node.life}</span>,
  },
];

const VISIT_COLUMNS = [
  {
    head: "linked to",
    cell: ({ neighbours }: Row) =>
      neighbours.length === 0 ? <span class="soft">nobody</span> : neighbours.join(" "),
  },
  {
    head: "reached after",
    number: true,
    cell: ({ visit }: Row) => (visit === undefined ? "–" : `${visit.atMs.toFixed(1)} ms`),
  },
  { head: "hops", number: true, cell: ({ visit }: Row) => visit?.hops ?? "–" },
  { head: "from", number: true, cell: ({ visit }: Row) => visit?.from ?? "–" },
  { head: "duplicates", number: true, cell: ({ visit }: Row) => visit?.duplicates ?? "–" },
  {
    head: "verdict",
    cell: ({ visit }: Row) => <span class={visit?.verdict ?? "soft"}>{visit?.verdict ?? "–"}</span>,
  },
  { head: "modules at", cell: ({ node }: Row) => <span class="code">{node.api}</span> },
];

interface NodeButtonsProps {
  readonly node: PlayedNode;
  readonly rights: "play" | "look";
  readonly perform: (node: number, action: NodeAction) => void;
}

function NodeButtons({ node, rights, perform }: NodeButtonsProps): VNode {
  const { node: number, life, verdict, monitor } = node;
  const isMoving = life === "starting" || life === "stopping";
  const other = verdict === "accept" ? "reject" : "accept";
  return (
    <span class="actions">
      <button
        type="button"
        disabled={rights === "look"}
        aria-pressed={verdict === "reject"}
        aria-label={`Reject at node ${number}`}
        onClick={() => perform(number, other)}
      >
        Reject
      </button>
      <button
        type="button"
        disabled={rights === "look" || isMoving}
        aria-label={`${life === "stopped" ? "Start" : "Stop"} node ${number}`}
        onClick={() => perform(number, life === "stopped" ? "start" : "stop")}
      >
        {life === "stopped" ? "Come back" : "Stop"}
      </button>
      {life === "running" ? (
        <a href={`http://${monitor}/`} target="_blank" rel="noreferrer">
          look inside<span class="hidden"> node {number}</span>
        </a>
      ) : null}
    </span>
  );
}
