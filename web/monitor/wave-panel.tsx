import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { formatCount } from "../../src/monitor/quantities.ts";
import { Card } from "../shared/card.tsx";
import type { MonitorModel } from "../../src/monitor/view/model.ts";
import { WaveTable } from "./tables.tsx";
import type { Wave } from "../../src/monitor/view/wave-book.ts";

const WAVES_SHOWN = 14;

interface WavePanelProps {
  readonly model: MonitorModel;
  readonly version: number;
}

/** The latest items, and a way to make them stand still. */
export function WavePanel({ model }: WavePanelProps): VNode {
  const [frozen, setFrozen] = useState<readonly Wave[] | undefined>(undefined);
  const latest = model.waves.latest(WAVES_SHOWN);
  const toggle = (): void => setFrozen(frozen === undefined ? latest : undefined);
  const { eventsLost } = model;
  return (
    <Card
      title="Items on their way"
      class="items"
      note={
        <button type="button" aria-pressed={frozen !== undefined} onClick={toggle}>
          {frozen === undefined ? "Hold" : "Go on"}
        </button>
      }
    >
      <WaveTable waves={frozen ?? latest} />
      {eventsLost === 0 ? null : (
        <p class="soft">
          {formatCount(eventsLost)} steps were too many to be told; the charts count them all.
        </p>
      )}
    </Card>
  );
}
