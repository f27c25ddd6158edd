/** The age ranges of the original report, and which range an age in years falls in. */

/** The seven age ranges, first and last year inclusive. */
export const AGE_RANGES = ['1-2', '3-9', '10-20', '21-27', '28-45', '46-65', '66-116'] as const;
/** One of the seven age ranges, by its first and last year. */
export type AgeRange = (typeof AGE_RANGES)[number];

/** Highest age in years that the age network tells apart; its distribution has a bin for each of 1…MAX_AGE. */
export const MAX_AGE = 116;

/** First and last year of a range such as '28-45'. */
export function rangeBounds(range: AgeRange): readonly [number, number] {
  const [low, high] = range.split('-').map(Number);
  return [low ?? 0, high ?? 0];
}

/** A range as people read it: `28–45`, and `66+`, for its last year is only where the data end. */
export function rangeText(range: AgeRange): string {
  return range === '66-116' ? '66+' : range.replace('-', '–');
}

/** The range an age in whole years falls in (clamped to 1…116). */
export function rangeOf(years: number): AgeRange {
  const age = Math.min(Math.max(Math.round(years), 1), MAX_AGE);
  for (const range of AGE_RANGES) if (age <= rangeBounds(range)[1]) return range;
  return '66-116';
}
