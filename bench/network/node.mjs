// One node of a network in a process of its own. Does what its parent says, and answers with figures.
const { stack: name, ...options } = JSON.parse(process.argv[2]);
const { start } = await import(`./stack-${name}.mjs`);

const HEADER_BYTES = 16;
const SLICE_MS = 2;
/** Announcements whose bytes are not taken yet; more would measure memory. */
const OPEN_MAX = 4_096;

let received = 0;
let delays = [];
let sequence = 0;

function onMessage(data) {
  received++;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  delays.push(Number(process.hrtime.bigint() - view.getBigUint64(0)) / 1e6);
}

const node = await start(options, onMessage);
while (node.linkCount() < options.linksWanted) await new Promise((go) => setTimeout(go, 5));
process.send({ kind: "ready" });

/** Open loop: what is due is published, whatever has become of the rest. Returns how many were. */
async function publish({ rate, seconds, dataBytes }) {
  const begin = performance.now();
  let published = 0;
  let open = 0;
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - begin) {
    const due = Math.floor((elapsed / 1000) * rate);
    while (published < due && open < OPEN_MAX) {
      const bytes = new Uint8Array(dataBytes).fill(0x5a);
      const view = new DataView(bytes.buffer);
      view.setBigUint64(0, process.hrtime.bigint());
      view.setUint32(8, options.index);
      view.setUint32(12, sequence++);
      if (dataBytes < HEADER_BYTES) throw new Error("too small to be unique");
      open++;
      void node.publish(bytes).finally(() => open--);
      published++;
    }
    await new Promise((go) => setTimeout(go, SLICE_MS));
  }
  return published;
}

const answers = {
  publish: async (order) => ({ published: await publish(order) }),
  begin: () => {
    received = 0;
    delays = [];
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6 };
  },
  count: () => ({ received }),
  figures: () => {
    const { user, system } = process.cpuUsage();
    return { received, delays, cpuSeconds: (user + system) / 1e6, lost: node.lost() };
  },
  memory: () => ({ rssMiB: process.memoryUsage().rss / 2 ** 20 }),
  stop: async () => {
    await node.stop();
    return {};
  },
};

process.on("message", async ({ id, kind, ...order }) => {
  process.send({ id, ...(await answers[kind](order)) });
  if (kind === "stop") process.disconnect();
});
process.on("disconnect", () => process.exit());
