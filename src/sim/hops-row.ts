/** The most hops seen by small whole numbers; 0 where none were. Grows as needed. */
export class HopsRow {
  #hops: Uint16Array = new Uint16Array(64);

  at(place: number): number {
    return this.#hops[place] ?? 0;
  }

  raise(place: number, hops: number): void {
    if (place >= this.#hops.length) {
      const grown = new Uint16Array(Math.max(place + 1, this.#hops.length * 2));
      grown.set(this.#hops);
      this.#hops = grown;
    }
    if (hops > this.at(place)) this.#hops[place] = hops;
  }
}
