/**
 * Which tests are corrected together. Every question of a study (its stimuli; each condition column) has two families: the primary
 * tests, named before the data were seen, and all others, which explore. Each family is corrected within itself after Holm, so that
 * what a study is about does not pay for what was merely looked at.
 */
import { PhizError } from '../core/error.js';
import { holm } from '../statistics/holm.js';
import { leastPaired, leastUnpaired } from '../statistics/permutation.js';
import { type Design, WHOLE } from './design.js';
import type { ComparisonRow, CurveDifference, PrimaryTest } from './study-result.js';

/** Reads `happy` (over the whole) and `happy@punch line`. Throws PhizError `invalid-option` for a class that is not compared. */
export function parsePrimary(text: string, outcomes: readonly string[]): PrimaryTest {
  const at = text.indexOf('@');
  const [label, window] = at < 0 ? [text.trim(), WHOLE] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (!outcomes.includes(label))
    throw new PhizError(
      'invalid-option',
      `a primary test is one of ${outcomes.join(', ')}, alone or with @ and a moment; got '${text}'`,
    );
  return { label, window };
}

/** Throws PhizError `invalid-option` for a primary test in a moment that the design does not have. */
export function checkPrimary(primary: readonly PrimaryTest[], { moments }: Pick<Design, 'moments'>): void {
  const unknown = primary.find(({ window }) => window !== WHOLE && !moments.some(({ label }) => label === window));
  if (!unknown) return;
  const known = [WHOLE, ...new Set(moments.map(({ label }) => label))];
  throw new PhizError(
    'invalid-option',
    `a primary test names the moment '${unknown.window}', which the design does not have; there are ${known.join(', ')}`,
  );
}

/** Corrects each family of tests. */
export function correctFamilies(
  rows: readonly Omit<ComparisonRow, 'family' | 'tests' | 'corrected'>[],
  primary: readonly PrimaryTest[],
): readonly ComparisonRow[] {
  const familyOf = ({ label, window }: PrimaryTest): ComparisonRow['family'] =>
    primary.some((test) => test.label === label && test.window === window) ? 'primary' : 'exploratory';
  const keys = rows.map((row) => JSON.stringify([row.between, row.column, familyOf(row)]));
  const corrected = new Array<number | null>(rows.length).fill(null);
  const tests = new Map<string, number>();
  for (const key of new Set(keys)) {
    const members = rows.flatMap(({ p }, i) => (keys[i] === key && p !== null ? [{ i, p }] : []));
    tests.set(key, members.length);
    for (const [k, p] of holm(members.map(({ p }) => p)).entries()) corrected[members[k]!.i] = p;
  }
  return rows.map((row, i) => ({ ...row, family: familyOf(row), tests: tests.get(keys[i]!)!, corrected: corrected[i]! }));
}

/** Corrects the curves' tests, of which each has as many stretches as it found, for their number: a test counts by its smallest p. */
export function correctCurves(tests: readonly (readonly Omit<CurveDifference, 'corrected'>[])[]): readonly CurveDifference[] {
  const smallest = tests.map((found) => Math.min(1, ...found.map(({ p }) => p)));
  const corrected = holm(smallest);
  return tests.flatMap((found, i) =>
    found.map((one) => ({ ...one, corrected: Math.min(1, (one.p * corrected[i]!) / smallest[i]!) })),
  );
}

/** The smallest corrected p that this comparison could have given, whatever the data: a test of few participants cannot fall below. */
export function leastCorrected({ design, nFirst, nSecond, tests, p }: ComparisonRow): number | null {
  if (p === null) return null;
  return Math.min(1, tests * (design === 'paired' ? leastPaired(nFirst) : leastUnpaired(nFirst, nSecond)));
}
