/** Waiting things in the order in which they come up: higher priorities first, and within one the owners take turns. */

interface Waiting {
  readonly owner: string | null;
  readonly priority: number;
}

export class Turns<Item> {
  readonly #about: (item: Item) => Waiting;
  #items: Item[] = [];
  /** When each owner had a turn last, as a count of turns. */
  readonly #last = new Map<string | null, number>();
  #turn = 0;

  constructor(about: (item: Item) => Waiting) {
    this.#about = about;
  }

  get length(): number {
    return this.#items.length;
  }

  /** How many of an owner's wait. */
  of(owner: string | null): number {
    return this.#items.filter((item) => this.#about(item).owner === owner).length;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Puts something before all others of its owner. */
  unshift(item: Item): void {
    this.#items.unshift(item);
    this.#last.delete(this.#about(item).owner);
  }

  remove(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item);
  }

  /** Takes the next out. */
  take(): Item | undefined {
    if (this.#items.length === 0) return undefined;
    const top = Math.max(...this.#items.map((item) => this.#about(item).priority));
    let next: Item | undefined;
    let since = Infinity;
    for (const item of this.#items) {
      const { owner, priority } = this.#about(item);
      const last = this.#last.get(owner) ?? -1;
      if (priority !== top || last >= since) continue;
      next = item;
      since = last;
    }
    const { owner } = this.#about(next!);
    this.remove(next!);
    this.#turn++;
    // Whoever has nothing left here loses no turn by it.
    if (this.of(owner) > 0 || this.#last.size < 1000) this.#last.set(owner, this.#turn);
    return next;
  }
}
