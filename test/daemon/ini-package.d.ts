/** The part of the package `ini` that serves as oracle; it ships no types of its own. */
declare module "ini" {
  const ini: { parse(text: string): Record<string, unknown> };
  export default ini;
}
