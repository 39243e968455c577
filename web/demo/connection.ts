import type {
  NetworkState,
  PlaygroundAction,
  WaveStep,
} from "../../src/cli/playground/playground-event.ts";

const RETRY_MS = 2_000;

export interface ConnectionListener {
  onNetwork(network: NetworkState): void;
  onStep(step: WaveStep): void;
  onLost(): void;
}

/** Brings what the demonstration tells. Connects again by itself. */
export function connect(listener: ConnectionListener): void {
  const source = new EventSource("events");
  const refresh = (): void => {
    fetchNetwork().then(
      (network) => listener.onNetwork(network),
      () => listener.onLost(),
    );
  };
  // What changed while nobody listened is in the state as a whole.
  source.addEventListener("open", refresh);
  source.addEventListener("lost", refresh);
  source.addEventListener("network", ({ data }: MessageEvent<string>) => {
    listener.onNetwork(JSON.parse(data) as NetworkState);
  });
  source.addEventListener("wave", ({ data }: MessageEvent<string>) => {
    listener.onStep(JSON.parse(data) as WaveStep);
  });
  source.addEventListener("error", () => {
    listener.onLost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(listener), RETRY_MS);
  });
}

async function fetchNetwork(): Promise<NetworkState> {
  const response = await fetch("network");
  return (await response.json()) as NetworkState;
}

/** Empty when the page was opened without the token, and may only look. */
export const token: string = location.hash.slice(1);

/** @returns why it was not done, or undefined when it was */
export async function act(action: PlaygroundAction): Promise<string | undefined> {
  try {
    const response = await fetch("action", {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(action),
    });
    if (response.ok) return undefined;
    return ((await response.json()) as { readonly error: string }).error;
  } catch {
    // Why it does not answer, the browser does not tell.
    return "the demonstration does not answer";
  }
}
