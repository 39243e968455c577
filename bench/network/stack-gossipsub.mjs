import { noise } from "@chainsafe/libp2p-noise";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { plaintext } from "@libp2p/plaintext";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

const topic = "bench";
const patienceMs = 60_000;

/** js-libp2p's gossipsub: as it comes, or `isPlain`, without encryption and without signatures. */
export async function start({ port, dials, isPlain }, onMessage) {
  const router = isPlain
    ? gossipsub({
        globalSignaturePolicy: "StrictNoSign",
        msgIdFn: ({ data }) => data.subarray(0, 16),
      })
    : gossipsub();
  const node = await createLibp2p({
    addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}`] },
    transports: [tcp()],
    connectionEncrypters: [isPlain ? plaintext() : noise()],
    streamMuxers: [yamux()],
    // On a busy machine ten nodes that start together outlast the timeouts, and nothing is tried again.
    connectionManager: { dialTimeout: patienceMs, inboundUpgradeTimeout: patienceMs },
    services: { identify: identify({ timeout: patienceMs }), pubsub: router },
  });
  const { pubsub } = node.services;
  pubsub.addEventListener("message", ({ detail }) => {
    if (detail.topic === topic) onMessage(detail.data);
  });
  pubsub.subscribe(topic);
  for (const dial of dials) void dialUntilItListens(node, dial);
  return {
    linkCount: () => pubsub.getSubscribers(topic).length,
    publish: (bytes) => pubsub.publish(topic, bytes),
    lost: () => ({}),
    stop: () => node.stop(),
  };
}

async function dialUntilItListens(node, port) {
  for (;;) {
    try {
      await node.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`));
      return;
    } catch {
      await new Promise((go) => setTimeout(go, 100));
    }
  }
}
