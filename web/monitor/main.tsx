import { render } from "preact";
import type { MonitorEvent } from "../../src/monitor/monitor-event.ts";
import { onColorsChanged } from "../shared/colors.ts";
import { FrameBatch } from "../shared/frame-batch.ts";
import { Pulses } from "../shared/pulses.ts";
import { App } from "./app.tsx";
import { startFeed } from "./feed.ts";
import { MonitorModel } from "../../src/monitor/view/model.ts";

/** Words and numbers change this often at most: faster than this nobody reads. */
const DRAW_INTERVAL_MS = 250;

const model = new MonitorModel();
const pulses = new Pulses();
const root = document.body;
let version = 0;
const drawing = new FrameBatch(() => {
  version++;
  render(<App {...{ model, pulses, version }} />, root);
}, DRAW_INTERVAL_MS);

function showPulses(event: MonitorEvent): void {
  if (event.name !== "item" || document.hidden) return;
  const { data } = event;
  const nowMs = performance.now();
  if (data.step === "arrived") pulses.add(String(data.link), "in", nowMs);
  if (data.step === "duplicate") pulses.add(String(data.link), "again", nowMs);
  if (data.step !== "forwarded") return;
  for (const link of data.links) pulses.add(String(link), "out", nowMs);
}

startFeed({
  onStatus(status, atMs) {
    model.onStatus(status, atMs);
    drawing.request();
  },
  onContactLost() {
    model.onContactLost();
    drawing.request();
  },
  onEvent(event) {
    model.onEvent(event);
    showPulses(event);
    drawing.request();
  },
});
onColorsChanged(() => drawing.request());
drawing.request();
