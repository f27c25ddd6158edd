/** The comparisons of a study: the primary tests first, then what was merely looked at, then differences over time. */
import { leastCorrected } from '../../study/families.js';
import type { ComparisonRow, StudyResult } from '../../study/study-result.js';
import { type Html, html } from './html.js';
import { dataTable } from './page.js';
import { ALPHA, pText, untestedPrimary } from './study-answer.js';

/** The section of the report. */
export function studyComparisons(result: StudyResult): Html {
  const { comparisons } = result;
  const primary = comparisons.filter(({ family }) => family === 'primary');
  const others = comparisons.filter(({ family }) => family === 'exploratory');
  const untested = untestedPrimary(result);
  if (comparisons.length === 0)
    return html`<h2>Comparisons</h2>
<p>There is nothing to compare: one stimulus, and no groups.</p>`;
  return html`<h2>Comparisons</h2>
<p>Differences of means in points of 100, first less second. p is corrected for the number of tests after Holm. “Not shown” does not mean that there is no difference: each table says how large one would have been found in 80 of 100 such studies.</p>
${
  primary.length
    ? html`<h3>What the study is about</h3>
<p>Named before the study was run; corrected among themselves.</p>
${tables(primary)}${
  others.length > 0 &&
  html`<h3>Everything else that was looked at</h3>
<p>These tests explore: take a difference among them for a guess that a new study can test.</p>
${tables(others)}`
}`
    : html`<p>${untested === undefined ? html`No primary test was named beforehand (<code>--primary</code>)` : untested}, so all tests explore and are corrected together.</p>
${tables(others)}`
}
${overTime(result)}`;
}

/** A table for each two that are compared, in the order of the tests. */
function tables(rows: readonly ComparisonRow[]): readonly Html[] {
  const titles = [...new Set(rows.map(titleOf))];
  return titles.map((title) =>
    table(
      title,
      rows.filter((row) => titleOf(row) === title),
    ),
  );
}

function titleOf({ first, second, column, stimulus }: ComparisonRow): string {
  return `“${first}” less “${second}”${column === null ? '' : ` (${column}) before “${stimulus}”`}`;
}

function table(title: string, rows: readonly ComparisonRow[]): Html {
  const [first] = rows;
  const smallest = rows.flatMap(({ smallest }) => (smallest === null ? [] : [smallest]));
  const least = rows.flatMap((row) => leastCorrected(row) ?? []);
  const says = [
    first!.design === 'paired' ? 'The same participants.' : 'Different participants.',
    smallest.length
      ? `Found in 80 of 100 such studies, before correction: a difference of ${Math.min(...smallest).toFixed(2)} standard deviations or more.`
      : '',
    least.length && Math.min(...least) >= ALPHA
      ? `With so few participants and ${first!.tests} tests no corrected p below ${pText(Math.min(...least))} is possible.`
      : `Corrected over ${first!.tests} ${first!.tests === 1 ? 'test' : 'tests'}.`,
  ];
  return dataTable({
    caption: html`<strong>${title}.</strong> ${says.filter((part) => part !== '').join(' ')}`,
    columns: ['Window', 'Shown', 'n', 'Difference', 'Effect', 'p', 'Corrected', 'Difference is'],
    numeric: [2, 3, 4, 5, 6],
    rows: rows.map((row) => [
      row.window,
      row.label,
      row.design === 'paired' ? row.nFirst : `${row.nFirst} + ${row.nSecond}`,
      row.difference === null
        ? '–'
        : html`${points(row.difference)}${row.interval && html`<br><small>${range(row.interval, points)}</small>`}`,
      row.effect
        ? html`${row.effect.name === 'd_z' ? html`d<sub>z</sub>` : 'δ'} ${two(row.effect.value)}${row.effect.interval && html`<br><small>${range(row.effect.interval, two)}</small>`}`
        : '–',
      row.p === null ? '–' : pText(row.p),
      row.corrected === null ? '–' : pText(row.corrected),
      row.refused ?? (row.corrected! < ALPHA ? html`<strong>shown</strong>` : 'not shown'),
    ]),
  });
}

function overTime({ differences }: StudyResult): Html {
  return html`<h3>Differences over time</h3>
${
  differences.length === 0
    ? html`<p>No stretch of time was found in which two stimuli’s curves differ.</p>`
    : dataTable({
        caption:
          'Stretches in which two stimuli’s curves differ (cluster-based permutation test). The borders are approximate, and each p speaks of its stretch as a whole.',
        columns: ['Shown', 'Higher with', 'From', 'To', 'p', 'Corrected', 'Difference is'],
        numeric: [2, 3, 4, 5],
        rows: differences.map(({ label, higher, from, to, p, corrected }) => [
          label,
          higher,
          seconds(from),
          seconds(to),
          pText(p),
          pText(corrected),
          corrected < ALPHA ? html`<strong>shown</strong>` : 'not shown',
        ]),
      })
}`;
}

function seconds(value: number): string {
  return `${value.toFixed(1)}\u00a0s`;
}

function range([low, high]: readonly [number, number], text: (value: number) => string): string {
  return `${text(low)} to ${text(high)}`;
}

function two(value: number): string {
  return minus(value.toFixed(2));
}

/** Hundredths of a score: `−12.3`. */
export function points(score: number): string {
  return minus((100 * score).toFixed(1));
}

/** With a sign for minus, and none before what rounds to nothing. */
function minus(text: string): string {
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}
