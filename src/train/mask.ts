/** Dropout masks made from integers (seed, step, …), so that a resumed run drops what an unbroken one would have dropped. */

import { hashIntegers } from '../core/random.js';
import { type ByteTensor, sizeOf } from '../core/tensor.js';
import type { MaskSpec } from './scope.js';

/** Masks of one step: bytes 1 (kept) with probability 1 − rate, else 0. Rates are kept to the nearest 1/256. */
export function dropoutMasks(masks: readonly MaskSpec[], ...seeds: readonly number[]): Record<string, ByteTensor> {
  return Object.fromEntries(masks.map((mask, i) => [mask.name, dropoutMask(mask, hashIntegers([...seeds, i], 3))]));
}

function dropoutMask({ dims, rate }: MaskSpec, seed: number): ByteTensor {
  const size = sizeOf(dims);
  const words = new Uint32Array(Math.ceil(size / 4));
  const bytes = new Uint8Array(words.buffer, 0, size);
  const limit = Math.round(rate * 256);
  // xorshift32 (Marsaglia 2003): millions of bits a step, where quality matters little and time does.
  let state = seed || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // A byte is dropped with probability 1/4 where its two lowest bits are both 0: four at once.
    if (limit === 64) words[i] = (state | (state >>> 1)) & 0x01010101;
    else
      words[i] =
        Number((state & 255) >= limit) |
        (Number(((state >>> 8) & 255) >= limit) << 8) |
        (Number(((state >>> 16) & 255) >= limit) << 16) |
        (Number(state >>> 24 >= limit) << 24);
  }
  return { dims, data: bytes };
}
