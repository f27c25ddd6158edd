/** How fuzz.ts damages a file, by a seed; and how it makes a damaged one that fails smaller and more like the whole one. */
import type { Random } from '#dist/core/random.js';

/** A damaged copy: cut off, bits turned, a number made huge, a piece lost, emptied or doubled. */
export function damage(whole: Buffer, chance: Random): Buffer {
  const copy = Buffer.from(whole);
  // Headers and tables are where damage does most: half of it goes to the first or the last kilobyte.
  const place = (room: number): number => {
    const near = Math.min(1024, copy.length - room);
    const [from, to] = [
      [0, copy.length - room],
      [0, near],
      [copy.length - room - near, copy.length - room],
    ][Math.floor(chance.uniform(0, 4)) % 3]!;
    return Math.floor(chance.uniform(from!, to!));
  };
  switch (Math.floor(chance.uniform(0, 5))) {
    case 0:
      return copy.subarray(0, Math.floor(chance.uniform(0, copy.length)));
    case 1:
      for (let i = Math.floor(chance.uniform(1, 17)); i > 0; i--) {
        const at = place(1);
        copy[at] = copy[at]! ^ (1 << Math.floor(chance.uniform(0, 8)));
      }
      return copy;
    case 2: {
      const value = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, copy.length][Math.floor(chance.uniform(0, 6))]!;
      if (chance.uniform(0, 1) < 0.5) copy.writeUInt32BE(value, place(4));
      else copy.writeUInt32LE(value, place(4));
      return copy;
    }
    case 3: {
      const at = place(8);
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + Math.floor(chance.uniform(1, 64)))]);
    }
    default: {
      const at = place(64);
      if (chance.uniform(0, 1) < 0.5) return copy.fill(0, at, at + 64);
      return Buffer.concat([copy.subarray(0, at + 64), copy.subarray(at)]);
    }
  }
}

/**
 * Tries to make a file that fails smaller: the end cut off, pieces taken out, bytes set back to those of the whole file, in ever finer steps, as long as
 * `fails` says so. Asks at most `most` times, since each may take until a limit is reached.
 */
export async function shrink(
  damaged: Buffer,
  whole: Buffer,
  fails: (smaller: Buffer) => Promise<boolean>,
  most = 60,
): Promise<Buffer> {
  let best = damaged;
  let asked = 0;
  const better = async (candidate: Buffer): Promise<boolean> => {
    if (asked >= most || candidate.equals(best)) return false;
    asked++;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let step = best.length >> 1; step >= 16 && asked < most; step >>= 1) {
    while (step < best.length && (await better(best.subarray(0, best.length - step))));
    for (let at = 0; at + step < best.length && asked < most; )
      if (!(await better(Buffer.concat([best.subarray(0, at), best.subarray(at + step)])))) at += step;
  }
  for (let step = best.length; step >= 1 && asked < most; step >>= 2)
    for (let at = 0; at < Math.min(best.length, whole.length) && asked < most; at += step) {
      const end = Math.min(at + step, best.length, whole.length);
      await better(Buffer.concat([best.subarray(0, at), whole.subarray(at, end), best.subarray(end)]));
    }
  return best;
}
