/**
 * Permutation tests of a difference of means, two-sided: how often chance alone, by swapping labels, gives a difference at least as
 * large. Every rearrangement is tried where there are few of them (exact), else seeded random ones are (Phipson and Smyth 2010,
 * doi:10.2202/1544-6115.1585: the observed one counts among them, so p is never 0).
 */
import { PhizError } from '../core/error.js';
import { type Random, random } from '../core/random.js';

/** The outcome of a test. */
export interface PermutationTest {
  /** Mean difference. */
  readonly difference: number;
  readonly p: number;
  readonly method: 'exact' | 'random';
  /** Rearrangements tried. */
  readonly rearrangements: number;
}

export interface PermutationOptions {
  readonly seed?: number | undefined;
  /** Most rearrangements: all are tried where there are no more than so many, else so many at random. Default: 20,000. */
  readonly most?: number | undefined;
}

/** Differences that rounding parts count as the same. */
const SLACK = 1e-12;

/**
 * Whether paired differences have a mean other than 0: their signs are swapped. Throws PhizError `invalid-data` for fewer than two
 * or for one that is not a number.
 */
export function pairedTest(
  differences: readonly number[],
  { seed = 1, most = 20_000 }: PermutationOptions = {},
): PermutationTest {
  checkNumbers(differences);
  const n = differences.length;
  const observed = sum(differences);
  const atLeast = Math.abs(observed) - SLACK * n;
  const all = 2 ** n;
  const exact = all <= most;
  const chance = random(seed, n);
  let reached = 0;
  const tries = exact ? all : most - 1;
  for (let i = 0; i < tries; i++) {
    let swapped = 0;
    for (let k = 0; k < n; k++) swapped += (exact ? (i >> k) & 1 : chance.integer(2)) ? -differences[k]! : differences[k]!;
    if (Math.abs(swapped) >= atLeast) reached++;
  }
  return { difference: observed / n, ...outcome(reached, tries, exact) };
}

/** Whether two independent samples have different means: who belongs to which is shuffled. Throws PhizError `invalid-data` as `pairedTest` does. */
export function unpairedTest(
  first: readonly number[],
  second: readonly number[],
  { seed = 1, most = 20_000 }: PermutationOptions = {},
): PermutationTest {
  checkNumbers(first);
  checkNumbers(second);
  const values = [...first, ...second];
  const [n, m] = [values.length, first.length];
  const total = sum(values);
  const differenceOf = (firsts: number) => firsts / m - (total - firsts) / (n - m);
  const difference = differenceOf(sum(first));
  const atLeast = Math.abs(difference) - SLACK;
  const all = choose(n, m);
  if (all <= most) {
    let reached = 0;
    for (const chosen of combinations(n, m))
      if (Math.abs(differenceOf(chosen.reduce((s, i) => s + values[i]!, 0))) >= atLeast) reached++;
    return { difference, ...outcome(reached, all, true) };
  }
  const chance = random(seed, n, m);
  let reached = 0;
  for (let i = 0; i < most - 1; i++) if (Math.abs(differenceOf(sum(chance.shuffle(values).slice(0, m)))) >= atLeast) reached++;
  return { difference, ...outcome(reached, most - 1, false) };
}

/** The smallest p that a paired test of `n` differences can give: as observed, and all signs swapped. */
export function leastPaired(n: number, { most = 20_000 }: PermutationOptions = {}): number {
  return 2 ** n <= most ? 2 / 2 ** n : 1 / most;
}

/** The smallest p of an unpaired test: samples of the same size have a mirror image. */
export function leastUnpaired(n: number, m: number, { most = 20_000 }: PermutationOptions = {}): number {
  const all = choose(n + m, m);
  return all <= most ? (n === m ? 2 : 1) / all : 1 / most;
}

function outcome(reached: number, tries: number, exact: boolean): Omit<PermutationTest, 'difference'> {
  return exact
    ? { p: reached / tries, method: 'exact', rearrangements: tries }
    : { p: (reached + 1) / (tries + 1), method: 'random', rearrangements: tries + 1 };
}

/** Ways to choose m of n. */
function choose(n: number, m: number): number {
  let ways = 1;
  for (let i = 1; i <= m; i++) ways = (ways * (n - m + i)) / i;
  return Math.round(ways);
}

/** Each choice of m indices out of n; the array is the same each time. */
function* combinations(n: number, m: number): Generator<readonly number[]> {
  const chosen = Array.from({ length: m }, (_, i) => i);
  for (;;) {
    yield chosen;
    let i = m - 1;
    while (i >= 0 && chosen[i] === n - m + i) i--;
    if (i < 0) return;
    chosen[i]!++;
    for (let j = i + 1; j < m; j++) chosen[j] = chosen[j - 1]! + 1;
  }
}

/** The signs or orders of a random rearrangement of `n` units: for tests that rearrange whole courses. */
export function randomSigns(chance: Random, n: number): readonly number[] {
  return Array.from({ length: n }, () => (chance.integer(2) ? -1 : 1));
}

function checkNumbers(values: readonly number[]): void {
  if (values.length < 2) throw new PhizError('invalid-data', `a test needs two values or more; got ${values.length}`);
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new PhizError('invalid-data', `a test takes numbers; got ${wrong}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
