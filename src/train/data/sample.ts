/**
 * What a data set says of one image before it is decoded, and how such lists are cut. One data set per file beside this one;
 * reading files and decoding is src/node/data's business.
 */
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';

/** Where a sample's pixels come from: a file (path relative to the data set's folder, '/' between parts) or memory. */
export type SampleSource = { readonly path: string } | { readonly image: Image };

/** One labelled image, not yet decoded. */
export interface Sample {
  readonly source: SampleSource;
  /** Index of its class. */
  readonly label: number;
}

/** Something left out, and why. */
export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

/** Those left out that `skippedLines` names one by one. */
const MOST_NAMED = 10;

/** What was left out, in lines for a terminal: the first few by name with the reason, then how many in all. */
export function skippedLines(skipped: readonly Skipped[]): readonly string[] {
  const named = skipped.slice(0, MOST_NAMED).map(({ path, reason }) => `left out ${path}: ${reason}`);
  return skipped.length > 0 ? [...named, `left out ${skipped.length} ${skipped.length === 1 ? 'image' : 'images'} in all`] : [];
}

/**
 * At most `limit` samples: each class in proportion (at least one of each while the limit allows), evenly spaced within its
 * class, in their old order. Throws PhizError `invalid-option`.
 */
export function limitSamples<T extends { readonly label: number }>(
  samples: readonly T[],
  limit: number | undefined,
): readonly T[] {
  if (limit === undefined) return samples;
  if (!Number.isInteger(limit) || limit < 1)
    throw new PhizError('invalid-option', `limit must be a whole number of samples above 0; got ${limit}`);
  if (limit >= samples.length) return samples;
  const lists = groupByClass(samples.map(({ label }) => label));
  const shares = apportion(
    limit,
    lists.map((list) => list.length),
  );
  const chosen: number[] = [];
  for (const [c, list] of lists.entries()) {
    const share = shares[c]!;
    for (let i = 0; i < share; i++) chosen.push(list[Math.floor(((i + 0.5) * list.length) / share)]!);
  }
  return chosen.sort((a, b) => a - b).map((index) => samples[index]!);
}

/** The indices of each class that occurs, by class. */
export function groupByClass(labels: ArrayLike<number>): number[][] {
  const lists = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const list = lists.get(labels[i]!);
    if (list) list.push(i);
    else lists.set(labels[i]!, [i]);
  }
  return [...lists.entries()].sort(([a], [b]) => a - b).map(([, list]) => list);
}

/** Splits `total` in proportion to weights by largest remainder; every positive weight gets at least 1 while that is possible. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const positive = weights.filter((w) => w > 0).length;
  const floor = total >= positive ? 1 : 0;
  const sum = weights.reduce((s, w) => s + w, 0);
  const shares = weights.map((w) => (w > 0 ? Math.max(floor, Math.floor((total * w) / sum)) : 0));
  let rest = total - shares.reduce((s, n) => s + n, 0);
  const order = weights
    .map((w, i) => ({ i, gap: (total * w) / sum - shares[i]! }))
    .filter(({ i }) => weights[i]! > 0)
    .sort((a, b) => b.gap - a.gap || a.i - b.i);
  for (let k = 0; rest > 0 && order.length > 0; k++, rest--) shares[order[k % order.length]!.i]!++;
  // The guaranteed ones may have taken too many: the largest shares give them back.
  for (; rest < 0; rest++) shares[shares.indexOf(Math.max(...shares))]!--;
  return shares;
}
