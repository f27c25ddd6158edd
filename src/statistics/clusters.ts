/**
 * When two curves differ: the cluster-based permutation test of Maris and Oostenveld 2007 (doi:10.1016/j.jneumeth.2007.03.024).
 * Neighbouring moments whose t exceeds a threshold with the same sign form a cluster, as heavy as the sum of its t. Chance's heaviest
 * clusters, from whole courses rearranged, say how likely such a one is; so the many moments need no further correction. The test
 * says that the curves differ, and about where; not that they differ at each moment of a cluster.
 */
import { random } from '../core/random.js';
import { randomSigns } from './permutation.js';
import { tQuantile } from './students-t.js';

/** Moments `from` to `to`, both included, in which the first is above (positive mass) or below. */
export interface Cluster {
  readonly from: number;
  readonly to: number;
  readonly mass: number;
  readonly p: number;
}

export interface ClusterOptions {
  readonly seed?: number | undefined;
  /** Random rearrangements, the observed one among them; default 1000. */
  readonly rearrangements?: number | undefined;
}

type Course = readonly (number | null)[];

/**
 * Paired: `differences[participant][moment]`, null where one of the two is missing; signs of whole courses are swapped. Moments with
 * fewer than half of the participants (or fewer than three) belong to no cluster. Clusters come in order of time.
 */
export function pairedClusters(differences: readonly Course[], options: ClusterOptions = {}): readonly Cluster[] {
  const { seed = 1, rearrangements = 1000 } = options;
  const n = differences.length;
  if (n < 3) return [];
  const tOf = (signs: readonly number[]) =>
    courseOf(differences, (values, kept) => oneSampleT(values.map((v, i) => v * signs[kept[i]!]!)));
  const chance = random(seed, n);
  return judge(
    tOf(new Array<number>(n).fill(1)),
    tQuantile(0.975, n - 1),
    Array.from({ length: rearrangements - 1 }, () => () => tOf(randomSigns(chance, n))),
  );
}

/** Two independent groups of courses: who belongs to which is shuffled. */
export function unpairedClusters(
  first: readonly Course[],
  second: readonly Course[],
  { seed = 1, rearrangements = 1000 }: ClusterOptions = {},
): readonly Cluster[] {
  const n = first.length + second.length;
  if (first.length < 2 || second.length < 2) return [];
  const all = [...first, ...second];
  const tOf = (order: readonly number[]) => {
    const firsts = new Set(order.slice(0, first.length));
    return courseOf(all, (values, kept) =>
      twoSampleT(
        values.filter((_, i) => firsts.has(kept[i]!)),
        values.filter((_, i) => !firsts.has(kept[i]!)),
      ),
    );
  };
  const chance = random(seed, n, first.length);
  const order = () => Array.from({ length: n }, (_, i) => i);
  return judge(
    tOf(order()),
    tQuantile(0.975, n - 2),
    Array.from({ length: rearrangements - 1 }, () => () => tOf(chance.shuffle(order()))),
  );
}

/** t at each moment, NaN where too few have a value. */
function courseOf(
  courses: readonly Course[],
  tOf: (values: readonly number[], kept: readonly number[]) => number,
): readonly number[] {
  const moments = Math.max(0, ...courses.map(({ length }) => length));
  return Array.from({ length: moments }, (_, m) => {
    const kept = courses.flatMap((course, k) => (typeof course[m] === 'number' ? [k] : []));
    if (kept.length < Math.max(3, courses.length / 2)) return Number.NaN;
    return tOf(
      kept.map((k) => courses[k]![m]!),
      kept,
    );
  });
}

function judge(observed: readonly number[], threshold: number, others: readonly (() => readonly number[])[]): readonly Cluster[] {
  const clusters = clustersOf(observed, threshold);
  if (clusters.length === 0) return [];
  const heaviest = others.map((course) => Math.max(0, ...clustersOf(course(), threshold).map(({ mass }) => Math.abs(mass))));
  return clusters.map((cluster) => {
    const reached = heaviest.filter((mass) => mass >= Math.abs(cluster.mass) - 1e-9).length;
    return { ...cluster, p: (reached + 1) / (heaviest.length + 1) };
  });
}

function clustersOf(course: readonly number[], threshold: number): readonly Omit<Cluster, 'p'>[] {
  const found: { from: number; to: number; mass: number }[] = [];
  for (const [m, t] of course.entries()) {
    if (!(Math.abs(t) > threshold)) continue;
    const last = found.at(-1);
    if (last && last.to === m - 1 && Math.sign(last.mass) === Math.sign(t)) {
      last.to = m;
      last.mass += t;
    } else found.push({ from: m, to: m, mass: t });
  }
  return found;
}

/** Most that a single t counts: equal values would make it infinite. */
const MOST_T = 1e6;

function oneSampleT(values: readonly number[]): number {
  const { mean, squares, n } = spread(values);
  return ratio(mean, Math.sqrt(squares / (n - 1) / n));
}

function twoSampleT(first: readonly number[], second: readonly number[]): number {
  if (first.length < 2 || second.length < 2) return Number.NaN;
  const [a, b] = [spread(first), spread(second)];
  const pooled = (a.squares + b.squares) / (a.n + b.n - 2);
  return ratio(a.mean - b.mean, Math.sqrt(pooled * (1 / a.n + 1 / b.n)));
}

function ratio(difference: number, error: number): number {
  if (difference === 0) return 0;
  return Math.max(-MOST_T, Math.min(MOST_T, difference / error));
}

function spread(values: readonly number[]) {
  const n = values.length;
  let mean = 0;
  for (const value of values) mean += value / n;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { n, mean, squares };
}
