/** Compares stimuli, and groups of participants within a stimulus, window by window and over time. */
import { bootstrapBand } from '../statistics/bootstrap.js';
import { pairedClusters, unpairedClusters } from '../statistics/clusters.js';
import { cliffsDelta, cohensDz } from '../statistics/effect.js';
import { meanOf } from '../statistics/mean.js';
import { pairedTest, unpairedTest } from '../statistics/permutation.js';
import { smallestPaired, smallestUnpaired } from '../statistics/power.js';
import type { ComparisonRow, CurveDifference, WindowValue } from './study-result.js';

/** Two sets of values by participant. */
export interface Sides {
  readonly between: ComparisonRow['between'];
  readonly column: string | null;
  readonly stimulus: string | null;
  readonly first: string;
  readonly second: string;
  /** Values of the windows that both have. */
  readonly values: (side: 'first' | 'second') => readonly WindowValue[];
}

/** Participants that must have both for a paired comparison; with fewer the two are taken as independent. */
const LEAST_PAIRS = 2;

/** A test before it is corrected with the others of its family. */
export type UncorrectedRow = Omit<ComparisonRow, 'family' | 'tests' | 'corrected'>;

/** All tests of two sides. */
export function compareSides(sides: Sides, outcomes: readonly string[], seed: number): readonly UncorrectedRow[] {
  const [first, second] = [sides.values('first'), sides.values('second')];
  const windows = [...new Set(first.map(({ window }) => window))].filter((name) => second.some(({ window }) => window === name));
  const { between, column, stimulus } = sides;
  const about = { between, column, stimulus, first: sides.first, second: sides.second };
  return windows.flatMap((window) =>
    outcomes.map((label) => {
      const of = (values: readonly WindowValue[]) =>
        new Map(
          values.flatMap((v) =>
            v.window === window && v.label === label && v.mean !== null ? [[v.participant, v.mean] as const] : [],
          ),
        );
      return { ...about, window, label, ...test(of(first), of(second), seed) };
    }),
  );
}

function test(first: ReadonlyMap<string, number>, second: ReadonlyMap<string, number>, seed: number) {
  const both = [...first.keys()].filter((participant) => second.has(participant));
  if (both.length >= LEAST_PAIRS) {
    const differences = both.map((participant) => first.get(participant)! - second.get(participant)!);
    const { p, method, difference } = pairedTest(differences, { seed });
    const effect = cohensDz(differences);
    const [band] = bootstrapBand(
      differences.map((d) => [d]),
      { seed },
    );
    return {
      design: 'paired' as const,
      nFirst: both.length,
      nSecond: both.length,
      difference,
      interval: [band!.low!, band!.high!] as const,
      effect: effect ? { name: 'd_z' as const, ...effect } : null,
      p,
      method,
      smallest: smallestPaired(both.length) ?? null,
      refused: null,
    };
  }
  const [a, b] = [[...first.values()], [...second.values()]];
  const counts = { design: 'unpaired' as const, nFirst: a.length, nSecond: b.length, interval: null };
  if (a.length < 2 || b.length < 2)
    return {
      ...counts,
      difference: a.length && b.length ? meanOf(a) - meanOf(b) : null,
      effect: null,
      p: null,
      method: null,
      smallest: null,
      refused: `a test needs two participants or more on each side; there are ${a.length} and ${b.length}`,
    };
  const { p, method, difference } = unpairedTest(a, b, { seed });
  return {
    ...counts,
    difference,
    effect: { name: 'delta' as const, ...cliffsDelta(a, b) },
    p,
    method,
    smallest: smallestUnpaired(a.length, b.length) ?? null,
    refused: null,
  };
}

type Courses = ReadonlyMap<string, readonly (number | null)[]>;

/** When two stimuli's curves of one class differ, on the time axis that they share. */
export function differOverTime(
  { first, second, label, step, seed }: { first: string; second: string; label: string; step: number; seed: number },
  a: Courses,
  b: Courses,
): readonly Omit<CurveDifference, 'corrected'>[] {
  const both = [...a.keys()].filter((participant) => b.has(participant));
  const paired = both.length >= 3;
  const clusters = paired
    ? pairedClusters(
        both.map((participant) => {
          const [one, other] = [a.get(participant)!, b.get(participant)!];
          return one.slice(0, other.length).map((value, i) => (value === null || other[i] === null ? null : value - other[i]!));
        }),
        { seed },
      )
    : both.length === 0
      ? unpairedClusters([...a.values()], [...b.values()], { seed })
      : [];
  return clusters.map(({ from, to, mass, p }) => ({
    first,
    second,
    label,
    from: from * step,
    to: (to + 1) * step,
    higher: mass > 0 ? first : second,
    p,
  }));
}
