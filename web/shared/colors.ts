const colorByName = new Map<string, string>();

/** The value of a colour of the style sheet, such as `--in`, as it is for light or dark right now. */
export function colorOf(name: string): string {
  const known = colorByName.get(name);
  if (known !== undefined) return known;
  const color = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  colorByName.set(name, color);
  return color;
}

/** @param listener called whenever the colours of the page change between light and dark */
export function onColorsChanged(listener: () => void): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const forget = (): void => {
    colorByName.clear();
    listener();
  };
  dark.addEventListener("change", forget);
  return () => dark.removeEventListener("change", forget);
}
