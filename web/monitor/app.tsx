import type { ComponentChildren, VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import {
  formatBytes,
  formatDuration,
  formatRate,
  formatShare,
} from "../../src/monitor/quantities.ts";
import type { GossipStatus } from "../../src/monitor/status.ts";
import { Card } from "../shared/card.tsx";
import type { Pulses } from "../shared/pulses.ts";
import { Charts } from "./charts.tsx";
import { dropsOf } from "../../src/monitor/view/history.ts";
import type { Sample } from "../../src/monitor/view/history.ts";
import { LinkGraph } from "./link-graph.tsx";
import type { Contact, MonitorModel } from "../../src/monitor/view/model.ts";
import { LinkTable, ModuleTable, StoreList } from "./tables.tsx";
import { WavePanel } from "./wave-panel.tsx";

interface AppProps {
  readonly model: MonitorModel;
  readonly pulses: Pulses;
  /** Another number whenever the model has changed. */
  readonly version: number;
}

export function App({ model, pulses, version }: AppProps): VNode {
  const { status, contact, history } = model;
  return (
    <>
      <Header status={status} contact={contact} />
      <main>
        {status === undefined ? (
          <p class="empty">
            {contact === "lost" ? "The node does not answer." : "Asking the node …"}
          </p>
        ) : (
          <Dashboard {...{ model, pulses, status, version }} samples={history.samples} />
        )}
      </main>
    </>
  );
}

const CONTACT_WORDS: Readonly<Record<Contact, string>> = {
  connecting: "connecting",
  live: "live",
  lost: "no answer, trying again",
};

interface HeaderProps {
  readonly status: GossipStatus | undefined;
  readonly contact: Contact;
}

function Header({ status, contact }: HeaderProps): VNode {
  return (
    <header>
      <div class="brand">
        <img src="icon.svg" alt="" width="26" height="26" />
        <span>voidgossip</span>
        <span class={`contact ${contact}`}>{CONTACT_WORDS[contact]}</span>
      </div>
      {status === undefined ? <h1>Monitor</h1> : <HealthWords status={status} />}
      {status === undefined ? null : <Facts status={status} />}
    </header>
  );
}

function HealthWords({ status }: { readonly status: GossipStatus }): VNode {
  const { health, readiness, sentence, reasons } = status.health;
  const tone = health === "failing" ? "bad" : readiness === "ready" ? "good" : "warn";
  const split = sentence.indexOf(".") + 1;
  return (
    <div class={`health ${tone}`} aria-live="polite">
      <h1>
        <strong>{sentence.slice(0, split)}</strong>
        {sentence.slice(split)}
      </h1>
      {reasons.length === 0 ? null : (
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Facts({ status }: { readonly status: GossipStatus }): VNode {
  const { p2p, api, version, uptimeMs, memory } = status;
  const facts = [
    ["peers at", p2p],
    ["modules at", api],
    ["running for", formatDuration(uptimeMs)],
    ["memory", formatBytes(memory.rssBytes)],
    ["version", version],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface DashboardProps extends AppProps {
  readonly status: GossipStatus;
  readonly samples: readonly Sample[];
}

function Dashboard({ model, pulses, status, samples, version }: DashboardProps): VNode {
  const [chosen, onChosen] = useState<number | undefined>(undefined);
  const { links, subscribers, stores } = status;
  // Items change many times a second; what comes from the status is drawn again only with a new one.
  const tiles = useMemo(() => <Tiles {...{ status, samples }} />, [status, samples]);
  const graph = useMemo(
    () => <LinkGraph {...{ links, pulses, chosen, onChosen }} />,
    [links, pulses, chosen],
  );
  const charts = useMemo(() => <Charts samples={samples} />, [samples]);
  const tables = useMemo(
    () => (
      <>
        <Card title="Modules" class="wide">
          <ModuleTable modules={subscribers} />
        </Card>
        <Card title="Stores against their bounds" class="wide">
          <StoreList stores={stores} />
        </Card>
        <Card title="Links" class="wide">
          <LinkTable {...{ links, chosen, onChosen }} />
        </Card>
      </>
    ),
    [status, chosen],
  );
  return (
    <>
      {tiles}
      <Card title="Network around this node" class="network" note={<GraphLegend />}>
        {graph}
      </Card>
      <WavePanel {...{ model, version }} />
      <Card title="Over the last five minutes" class="wide">
        {charts}
      </Card>
      {tables}
    </>
  );
}

function GraphLegend(): VNode {
  return (
    <ul class="legend">
      <li>
        <i class="dot extended" /> extended
      </li>
      <li>
        <i class="dot base" /> base
      </li>
      <li>
        <i class="dot in" /> arriving
      </li>
      <li>
        <i class="dot out" /> sent
      </li>
      <li>
        <i class="dot again" /> duplicate
      </li>
    </ul>
  );
}

interface TilesProps {
  readonly status: GossipStatus;
  readonly samples: readonly Sample[];
}

function Tiles({ status, samples }: TilesProps): VNode {
  const { links, subscribers, eventLoopDelay } = status;
  const last = samples.at(-1);
  const established = links.filter(({ phase }) => phase === "established");
  const inbound = established.filter(({ direction }) => direction === "inbound").length;
  const waitedFor = subscribers.filter(
    ({ role, dataTypes }) => role === "validator" && dataTypes.length > 0,
  );
  const drops = last === undefined ? 0 : dropsOf(last);
  const share = last === undefined || last.received === 0 ? 0 : last.duplicates / last.received;
  return (
    <dl class="tiles">
      <Tile name="Links" value={String(established.length)}>
        {inbound} dialled us, {established.length - inbound} by us
      </Tile>
      <Tile name="Modules" value={String(subscribers.length)}>
        {waitedFor.length} waited for
      </Tile>
      <Tile
        name="New items"
        value={formatRate((last?.new ?? 0) + (last?.announced ?? 0))}
        unit="/s"
      >
        of {formatRate(last?.received ?? 0)}/s copies received
      </Tile>
      <Tile name="Duplicates" value={formatShare(share)}>
        of the copies received
      </Tile>
      <Tile name="Drops" value={formatRate(drops)} unit="/s" tone={drops > 0 ? "bad" : ""}>
        rejected, expired, or no room
      </Tile>
      <Tile name="Event loop" value={eventLoopDelay.p99Ms.toFixed(1)} unit=" ms">
        99 % of turns late by less
      </Tile>
    </dl>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  readonly tone?: string;
  readonly children: ComponentChildren;
}

function Tile({ name, value, unit = "", tone = "", children }: TileProps): VNode {
  return (
    <div class={`tile ${tone}`}>
      <dt>{name}</dt>
      <dd>
        <b>
          {value}
          <small>{unit}</small>
        </b>
        <span>{children}</span>
      </dd>
    </div>
  );
}
