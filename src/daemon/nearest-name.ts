import { distance } from "fastest-levenshtein";

/** The name somebody probably meant: one that contains what was written, or one few letters away. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const wanted = written.toLowerCase().replace(/[\s-]+/g, "_");
  const containing = names.find((name) => wanted.length >= 3 && name.includes(wanted));
  if (containing !== undefined) return containing;
  // A third of the letters wrong is still a typo; more is another word.
  let best: { readonly name: string; readonly letters: number } | undefined;
  for (const name of names) {
    const letters = distance(wanted.slice(0, 100), name);
    if (
      letters <= Math.max(1, Math.ceil(name.length / 3)) &&
      letters < (best?.letters ?? Infinity)
    ) {
      best = { name, letters };
    }
  }
  return best?.name;
}
