/** How text is made to stand out; without colours each of these gives the text back as it is. */
export interface Style {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

/** "Select Graphic Rendition" of ECMA-48: what to switch on, and what switches it off again. */
const SGR = { strong: [1, 22], faint: [2, 22], good: [32, 39], bad: [31, 39] } as const;

const paint =
  ([on, off]: readonly [number, number]) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;

const COLOURED: Style = {
  strong: paint(SGR.strong),
  faint: paint(SGR.faint),
  good: paint(SGR.good),
  bad: paint(SGR.bad),
};

const asItIs = (text: string): string => text;

export const PLAIN: Style = { strong: asItIs, faint: asItIs, good: asItIs, bad: asItIs };

/** Colours on a terminal only, and not where the user wants none (https://no-color.org). */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const wantsNone = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  return stream.isTTY === true && !wantsNone ? COLOURED : PLAIN;
}
