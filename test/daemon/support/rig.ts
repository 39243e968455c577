import type { TraceEvent } from "../../../src/core/trace.ts";
import type { CoreEvent } from "../../../src/core/event.ts";
import { Driver } from "../../../src/daemon/driver.ts";
import type { DriverActions } from "../../../src/daemon/driver.ts";
import type { ConnectionHost, FrameConnection } from "../../../src/daemon/frame-connection.ts";
import { FrameJoiner } from "../../../src/daemon/frame-joiner.ts";
import { Turn } from "../../../src/daemon/turn.ts";
import { ManualTime } from "./manual-time.ts";
import { ScriptedCore } from "./scripted-core.ts";

/** A driver around a scripted core, with everything it does written down. */
export class Rig {
  readonly core = new ScriptedCore();
  readonly time = new ManualTime();
  /** Calls of the actions that concern no connection, as one line each. */
  readonly calls: string[] = [];
  readonly failures: unknown[] = [];
  readonly events: CoreEvent[] = [];
  readonly traces: TraceEvent[] = [];
  readonly driver: Driver;
  readonly host: ConnectionHost;

  constructor() {
    this.driver = new Driver({
      core: this.core,
      clock: this.time,
      timers: this.time,
      actions: this.#actions(),
    });
    this.host = {
      driver: this.driver,
      timers: this.time,
      turn: new Turn(this.time, this.time),
      joiner: new FrameJoiner(),
      connections: new Set<FrameConnection>(),
    };
  }

  #actions(): DriverActions {
    return {
      dial: (dial, { host, port }) => this.calls.push(`dial ${dial} ${host} ${port}`),
      cancelDial: (dial) => this.calls.push(`cancelDial ${dial}`),
      solveProof: (link, { challenge, difficultyBits, nonceHigh }) =>
        this.calls.push(
          `solveProof ${link} ${challenge.join(".")} ${difficultyBits} ${nonceHigh ?? "any"}`,
        ),
      cancelProof: (link) => this.calls.push(`cancelProof ${link}`),
      saveBook: (book) => this.calls.push(`saveBook ${book.secret}`),
      report: (event) => this.events.push(event),
      trace: (event) => this.traces.push(event),
      fail: (error) => this.failures.push(error),
    };
  }
}
