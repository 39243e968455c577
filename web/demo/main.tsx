import { render } from "preact";
import { FrameBatch } from "../shared/frame-batch.ts";
import { App } from "./app.tsx";
import { act, connect, token } from "./connection.ts";
import { DemoModel } from "./demo-model.ts";

/** Stories grow this often at most; their playing moves with every frame by itself. */
const DRAW_INTERVAL_MS = 100;

const model = new DemoModel();
const rights = token === "" ? "look" : "play";
let version = 0;
const drawing = new FrameBatch(() => {
  version++;
  render(<App {...{ model, version, act, rights }} />, document.body);
}, DRAW_INTERVAL_MS);

connect({
  onNetwork(network) {
    model.onNetwork(network);
    drawing.request();
  },
  onStep(step) {
    model.onStep(step);
    drawing.request();
  },
  onLost() {
    model.contact = "lost";
    drawing.request();
  },
});
drawing.request();
