/** What is wrong with a scenario, in words for people, with the place where it is wrong. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  readonly code = "scenario";
}

/** One object of a JSON file, read field by field; what nobody asked for is an error. */
export class JsonReader {
  readonly #place: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(value: unknown, place: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ScenarioError(`${place} must be an object`);
    }
    this.#place = place;
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  integer(name: string, min: number, max: number, byDefault?: number): number {
    const value = this.#take(name) ?? byDefault;
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      throw this.#error(name, `must be a whole number from ${min} to ${max}`);
    }
    return value;
  }

  number(name: string, min: number, max: number, byDefault?: number): number {
    const value = this.#take(name) ?? byDefault;
    if (typeof value !== "number" || !(value >= min && value <= max)) {
      throw this.#error(name, `must be a number from ${min} to ${max}`);
    }
    return value;
  }

  text(name: string, byDefault?: string): string {
    const value = this.#take(name) ?? byDefault;
    if (typeof value !== "string") throw this.#error(name, "must be a text");
    return value;
  }

  choice<const T extends string>(name: string, choices: readonly T[], byDefault?: T): T {
    const value = this.#take(name) ?? byDefault;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.#error(name, `must be one of ${choices.join(", ")}`);
    return found;
  }

  /** `[min, max]`. */
  range(
    name: string,
    max: number,
    byDefault: readonly [number, number],
  ): readonly [number, number] {
    const value = this.#take(name) ?? byDefault;
    const [from, to] = Array.isArray(value) ? (value as unknown[]) : [];
    const isRange = typeof from === "number" && typeof to === "number" && 0 <= from && from <= to;
    if (!isRange || to > max || !Number.isInteger(from) || !Number.isInteger(to)) {
      throw this.#error(name, `must be [min, max], whole numbers from 0 to ${max}`);
    }
    return [from, to];
  }

  integers(name: string, max: number, byDefault: readonly number[]): number[] {
    const value = this.#take(name) ?? byDefault;
    const isList = Array.isArray(value) && value.every((entry) => Number.isInteger(entry));
    if (!isList || value.some((entry) => entry < 0 || entry > max)) {
      throw this.#error(name, `must be a list of whole numbers from 0 to ${max}`);
    }
    return value as number[];
  }

  /** A list of texts; empty when the field is missing. */
  texts(name: string): string[] {
    const value = this.#take(name) ?? [];
    const isList = Array.isArray(value) && value.every((entry) => typeof entry === "string");
    if (!isList) throw this.#error(name, "must be a list of texts");
    return value;
  }

  /** A nested object; an empty one when the field is missing. */
  object(name: string): JsonReader {
    return new JsonReader(this.#take(name) ?? {}, this.#placeOf(name));
  }

  /** A list of objects; empty when the field is missing. */
  list(name: string): JsonReader[] {
    const value = this.#take(name) ?? [];
    if (!Array.isArray(value)) throw this.#error(name, "must be a list");
    return value.map((entry, at) => new JsonReader(entry, `${this.#placeOf(name)}[${at}]`));
  }

  /** The field as it is. */
  raw(name: string): unknown {
    return this.#take(name);
  }

  /** All fields as they are, for objects whose names are free. */
  all(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }

  /** To be called when every field was asked for: a misspelt one must not be silently ignored. */
  end(): void {
    for (const name of Object.keys(this.#fields)) {
      if (!this.#read.has(name)) throw this.#error(name, "is no field of a scenario here");
    }
  }

  #take(name: string): unknown {
    this.#read.add(name);
    return this.#fields[name];
  }

  #placeOf(name: string): string {
    return this.#place === "" ? name : `${this.#place}.${name}`;
  }

  #error(name: string, what: string): ScenarioError {
    return new ScenarioError(`${this.#placeOf(name)} ${what}`);
  }
}
