import { Fragment } from "preact";
import type { ComponentChildren, VNode } from "preact";
import {
  formatBytes,
  formatCount,
  formatDelay,
  formatDuration,
  formatShare,
} from "../../src/monitor/quantities.ts";
import type { GossipStatus, LinkStatus } from "../../src/monitor/status.ts";
import { DataTable } from "../shared/data-table.tsx";
import { conditionOf, shareOf } from "../../src/monitor/view/stores.ts";
import type { Wave } from "../../src/monitor/view/wave-book.ts";
import {
  delayWords,
  PEER_WORDS,
  PHASE_WORDS,
  queueWords,
  quirksOf,
  sentWords,
  shortKey,
  sourceWords,
  STORE_WORDS,
  typeWords,
  verdictWords,
} from "../../src/monitor/view/words.ts";

interface LinkTableProps {
  readonly links: readonly LinkStatus[];
  readonly chosen: number | undefined;
  readonly onChosen: (link: number | undefined) => void;
}

export function LinkTable({ links, chosen, onChosen }: LinkTableProps): VNode {
  return (
    <DataTable
      caption="Links"
      empty="No links: nobody has dialled us, and nobody we dial has answered."
      columns={LINK_COLUMNS}
      rows={links}
      keyOf={(link) => link.link}
      rowProps={({ link }) => ({
        class: link === chosen ? "chosen" : "",
        onPointerEnter: () => onChosen(link),
        onPointerLeave: () => onChosen(undefined),
      })}
    />
  );
}

const LINK_COLUMNS = [
  { head: "link", number: true, cell: (link: LinkStatus) => link.link },
  { head: "peer", cell: (link: LinkStatus) => <span class="code">{link.remote}</span> },
  {
    head: "opened by",
    cell: (link: LinkStatus) => (link.direction === "outbound" ? "us" : "the peer"),
  },
  { head: "speaks", cell: (link: LinkStatus) => PEER_WORDS[link.peer] },
  {
    head: "state",
    cell: (link: LinkStatus) => (
      <>
        {PHASE_WORDS[link.phase]}{" "}
        {link.reading === "held" ? <Chip tone="warn">held back</Chip> : null}
      </>
    ),
  },
  { head: "delay", number: true, cell: delayWords },
  { head: "open for", number: true, cell: (link: LinkStatus) => formatDuration(link.openForMs) },
  { head: "queue", number: true, cell: queueWords },
  { head: "items in", number: true, cell: (link: LinkStatus) => formatCount(link.itemsIn) },
  { head: "items out", number: true, cell: (link: LinkStatus) => formatCount(link.itemsOut) },
  {
    head: "dropped",
    number: true,
    cell: ({ framesDropped }: LinkStatus) => <Loss count={framesDropped} />,
  },
];

type Module = GossipStatus["subscribers"][number];

export function ModuleTable({ modules }: { readonly modules: readonly Module[] }): VNode {
  return (
    <DataTable
      caption="Modules"
      empty="No module is connected: items of peers are not passed on."
      columns={MODULE_COLUMNS}
      rows={modules}
      keyOf={(module) => module.subscriber}
    />
  );
}

const MODULE_COLUMNS = [
  { head: "module", number: true, cell: (module: Module) => module.subscriber },
  { head: "data types", cell: (module: Module) => typeWords(module.dataTypes) },
  {
    head: "mean verdict time",
    number: true,
    cell: ({ verdicts, verdictMeanMs }: Module) =>
      verdicts === 0 ? "–" : formatDelay(verdictMeanMs),
  },
  { head: "verdicts", number: true, cell: (module: Module) => formatCount(module.verdicts) },
  {
    head: "unanswered",
    number: true,
    cell: (module: Module) => `${module.outstanding} of ${module.window}`,
  },
  {
    head: "waiting",
    number: true,
    cell: ({ waiting, waitingBytes }: Module) =>
      waiting === 0 ? "none" : `${formatCount(waiting)}, ${formatBytes(waitingBytes)}`,
  },
  {
    head: "dropped",
    number: true,
    cell: ({ notificationsDropped }: Module) => <Loss count={notificationsDropped} />,
  },
  {
    head: "quirks",
    cell: (module: Module) => {
      const quirks = quirksOf(module);
      return quirks.length === 0 ? (
        <span class="soft">none</span>
      ) : (
        quirks.map((quirk) => (
          <Fragment key={quirk}>
            <Chip tone="warn">{quirk}</Chip>{" "}
          </Fragment>
        ))
      );
    },
  },
];

interface WaveTableProps {
  readonly waves: readonly Wave[];
}

export function WaveTable({ waves }: WaveTableProps): VNode {
  return (
    <DataTable
      caption="Items"
      class="waves"
      empty="Nothing has come by since this page was opened."
      columns={WAVE_COLUMNS}
      rows={waves}
      keyOf={(wave) => wave.key}
      rowProps={({ outcome }) => ({ class: outcome })}
    />
  );
}

const WAVE_COLUMNS = [
  {
    head: "item",
    cell: ({ key }: Wave) => (
      <span class="code" title={key}>
        {shortKey(key)}
      </span>
    ),
  },
  { head: "type", number: true, cell: ({ dataType }: Wave) => dataType ?? "–" },
  { head: "came from", stage: true, cell: ({ source }: Wave) => sourceWords(source) },
  {
    head: "asked",
    stage: true,
    cell: ({ asked }: Wave) => (asked === 0 ? "–" : asked === 1 ? "1 module" : `${asked} modules`),
  },
  {
    head: "verdict",
    stage: true,
    cell: (wave: Wave) => <span class="verdict">{verdictWords(wave)}</span>,
  },
  { head: "sent to", stage: true, cell: sentWords },
  { head: "again", number: true, cell: ({ duplicates }: Wave) => duplicates },
];

type Store = GossipStatus["stores"][number];

export function StoreList({ stores }: { readonly stores: readonly Store[] }): VNode {
  return (
    <ul class="stores">
      {stores.map((store) => (
        <StoreItem key={store.name} store={store} />
      ))}
    </ul>
  );
}

function StoreItem({ store }: { readonly store: Store }): VNode {
  const { name, entries, entriesMax, bytes, bytesMax } = store;
  const share = shareOf(store);
  const most = entriesMax > 0 ? ` of ${formatCount(entriesMax)}` : "";
  const size = bytesMax > 0 ? `, ${formatBytes(bytes)} of ${formatBytes(bytesMax)}` : "";
  return (
    <li class={conditionOf(store)}>
      <span class="name">{STORE_WORDS[name]}</span>
      <span class="share">{formatShare(share)}</span>
      <span class="bar" aria-hidden="true">
        <i style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      <span class="count">
        {formatCount(entries)}
        {most}
        {size}
      </span>
    </li>
  );
}

function Loss({ count }: { readonly count: number }): VNode {
  return <span class={count > 0 ? "bad" : "soft"}>{formatCount(count)}</span>;
}

interface ChipProps {
  readonly tone: "warn";
  readonly children: ComponentChildren;
}

function Chip({ tone, children }: ChipProps): VNode {
  return <span class={`chip ${tone}`}>{children}</span>;
}
