/**
 * A recording of a study for programs in which people annotate: tiers as tab-delimited text, which ELAN imports
 * (https://www.mpi.nl/corpus/html/elan/), and as a TextGrid of Praat (https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html).
 * Times are those of the recording.
 */
import type { Interval } from '../../study/intervals.js';

/** A tier's name and what stands on it, in order of time, without overlaps. */
export interface Tier {
  readonly name: string;
  readonly intervals: readonly Interval[];
}

/** A line for each stretch: tier, begin and end in seconds, text. */
export function elanTiers(tiers: readonly Tier[]): string {
  const rows = tiers.flatMap(({ name, intervals }) =>
    intervals.map(({ from, to, label }) => [name, seconds(from), seconds(to), label.replaceAll(/[\t\r\n]+/g, ' ')]),
  );
  return [['Tier', 'Begin Time - ss.msec', 'End Time - ss.msec', 'Annotation'], ...rows]
    .map((row) => `${row.join('\t')}\n`)
    .join('');
}

/** Praat's long text format: every tier covers all of the recording, with empty intervals between. */
export function textGrid(tiers: readonly Tier[], end: number): string {
  const last = Math.max(end, 0.001, ...tiers.flatMap(({ intervals }) => intervals.map(({ to }) => to)));
  const lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', '', 'xmin = 0', `xmax = ${seconds(last)}`];
  lines.push('tiers? <exists>', `size = ${tiers.length}`, 'item []:');
  for (const [t, { name, intervals }] of tiers.entries()) {
    const all = filled(intervals, last);
    lines.push(`    item [${t + 1}]:`, '        class = "IntervalTier"', `        name = ${quoted(name)}`);
    lines.push('        xmin = 0', `        xmax = ${seconds(last)}`, `        intervals: size = ${all.length}`);
    for (const [i, { from, to, label }] of all.entries())
      lines.push(
        `        intervals [${i + 1}]:`,
        `            xmin = ${seconds(from)}`,
        `            xmax = ${seconds(to)}`,
        `            text = ${quoted(label)}`,
      );
  }
  return `${lines.join('\n')}\n`;
}

function filled(intervals: readonly Interval[], end: number): readonly Interval[] {
  const all: Interval[] = [];
  let at = 0;
  for (const interval of [...intervals, { from: end, to: end, label: '' }]) {
    if (seconds(interval.from) !== seconds(at)) all.push({ from: at, to: interval.from, label: '' });
    if (seconds(interval.to) !== seconds(interval.from)) all.push(interval);
    at = interval.to;
  }
  return all;
}

function seconds(value: number): string {
  return String(Number(value.toFixed(3)));
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[\r\n]+/g, ' ').replaceAll('"', '""')}"`;
}
