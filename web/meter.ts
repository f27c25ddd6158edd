/** How fast the page is right now: frames per second over the last two seconds, and how old an image is when its faces are drawn. */

const WINDOW = 2000;

export class Meter {
  #drawn: { readonly at: number; readonly latency: number }[] = [];

  /** A frame taken at `taken` was drawn now (both by `performance.now()`). */
  add(taken: number): void {
    const at = performance.now();
    this.#drawn.push({ at, latency: at - taken });
    this.#drawn = this.#drawn.filter((drawn) => at - drawn.at <= WINDOW);
  }

  /** Undefined until there are a few frames. */
  read(): { readonly rate: number; readonly latency: number } | undefined {
    if (this.#drawn.length < 3) return undefined;
    const span = this.#drawn.at(-1)!.at - this.#drawn[0]!.at;
    const latencies = this.#drawn.map(({ latency }) => latency).sort((a, b) => a - b);
    return { rate: (1000 * (this.#drawn.length - 1)) / span, latency: latencies[latencies.length >> 1]! };
  }
}
