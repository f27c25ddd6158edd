/** Noise as sensors and film add it to images; for training only, so a cheap generator will do. */

/** Where noise is added, and how much of it. */
export interface Grain {
  /** Index of the first value. */
  readonly offset: number;
  /** Values per plane. */
  readonly size: number;
  readonly planes: number;
  /** Standard deviation, of 255. */
  readonly strength: number;
  /** The same in all planes (film), or in each its own (sensor). */
  readonly film: boolean;
  readonly seed: number;
}

/** Adds noise to planes of 0–255, in place, clipped as a camera would. */
export function addGrain(values: Float32Array, { offset, size, planes, strength, film, seed }: Grain): void {
  let state = seed | 1;
  // The sum of two uniform numbers of variance 1/12 each.
  const scale = (strength * Math.sqrt(6)) / 65536;
  for (let i = 0; i < size; i++) {
    let noise = 0;
    for (let plane = 0; plane < planes; plane++) {
      if (plane === 0 || !film) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        const mixed = state ^ (state >>> 15);
        noise = ((mixed & 0xffff) + (mixed >>> 16) - 65535) * scale;
      }
      const at = offset + plane * size + i;
      const value = values[at]! + noise;
      values[at] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
}
