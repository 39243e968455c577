import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { NetworkState } from "../../src/cli/playground/playground-event.ts";
import { Card } from "../shared/card.tsx";
import type { Act } from "./app.tsx";

/** As the demonstration takes them. */
const TEXT_LENGTH_MAX = 1_000;
const TTL_MAX = 255;
/** As in the demonstration without a page. */
const TTL_DEFAULT = 8;

interface AnnounceFormProps {
  readonly network: NetworkState;
  readonly chosen: number;
  readonly onChosen: (node: number) => void;
  readonly act: Act;
  readonly rights: "play" | "look";
}

export function AnnounceForm(props: AnnounceFormProps): VNode {
  const { network, chosen, onChosen, act, rights } = props;
  const [text, setText] = useState("hello, gossip");
  const [ttl, setTtl] = useState(TTL_DEFAULT);
  const [failure, setFailure] = useState<string | undefined>(undefined);
  const announce = (event: SubmitEvent): void => {
    event.preventDefault();
    void act({ action: "announce", node: chosen, ttl, text }).then(setFailure);
  };
  return (
    <Card title="Say something">
      <form onSubmit={announce}>
        <fieldset disabled={rights === "look"}>
          <label class="long">
            Message
            <input
              required
              maxLength={TEXT_LENGTH_MAX}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
          <label>
            Node
            <select
              value={chosen}
              onChange={({ currentTarget }) => onChosen(Number(currentTarget.value))}
            >
              {network.nodes.map(({ node, life }) => (
                <option key={node} value={node} disabled={life !== "running"}>
                  {life === "running" ? node : `${node} (${life})`}
                </option>
              ))}
            </select>
          </label>
          <label>
            TTL <span class="soft">(0: unlimited)</span>
            <input
              type="number"
              required
              min={0}
              max={TTL_MAX}
              value={ttl}
              onInput={({ currentTarget }) => setTtl(Number(currentTarget.value))}
            />
          </label>
          <button type="submit" class="main">
            Announce
          </button>
        </fieldset>
      </form>
      {rights === "play" ? null : (
        <p class="soft">
          You may look. To play, open the whole address that the command has printed: its end is the
          key.
        </p>
      )}
      <p role="alert" class="bad">
        {failure}
      </p>
    </Card>
  );
}
