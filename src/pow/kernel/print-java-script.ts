import { messageBlock, unrolledDigestWord } from "./compression.ts";
import { javaScript } from "./dialect.ts";
import { Lane, Setup } from "./lane.ts";
import { uniform, varying } from "./word.ts";

/**
 * The kernel for engines without WebAssembly vectors. Everything is inlined in the text: with
 * functions for the round operations the same program is several times slower.
 */
export function printJavaScript(): string {
  const setup = new Setup(javaScript);
  const lane = new Lane("", "lean", javaScript, setup, {
    literal: (bits) => javaScript.literal(bits),
    uniform: (name) => name,
  });
  const given = [uniform("first"), uniform("second"), uniform("third")] as const;
  const block = messageBlock(...given, varying("nonce"));
  const digest = lane.text(unrolledDigestWord(lane, block));
  return `// Written by tools/build-kernel.mjs.
export function javascript(challengeHigh, challengeLow, nonceHigh, start, count, limit) {
  const first = challengeHigh | 0;
  const second = challengeLow | 0;
  const third = nonceHigh | 0;
  ${setup.lines.join("\n  ")}
  const origin = start | 0;
  for (let done = 0; done < count; done = (done + 1) | 0) {
    const nonce = (origin + done) | 0;
    ${lane.lines.join("\n    ")}
    if (${digest} >>> 0 < limit) return nonce >>> 0;
  }
  return -1;
}
`;
}
