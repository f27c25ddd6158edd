/** How far a study's readings agree with what a person coded. */
import { percent } from '../../attributes/percent.js';
import type { StudyResult } from '../../study/study-result.js';
import { type Html, html } from './html.js';
import { dataTable } from './page.js';

/** The section of the report; nothing where nobody coded. */
export function studyAgreement({ agreement }: StudyResult): Html | undefined {
  if (!agreement) return undefined;
  const { seconds, unmeasured, observed, kappa, labels, table, byLabel, byParticipant } = agreement;
  return html`<h2>Agreement with a person who coded</h2>
<p>Over ${time(seconds)} that were coded and measured, program and person agree for ${percent(observed)} of the time; Cohen’s κ, which takes off what chance alone would give, is ${value(kappa)} (Cohen 1960, doi:10.1177/001316446002000104).${unmeasured > 0 && ` In ${time(unmeasured)} more that were coded nothing was measured; they count nowhere.`} The program’s class is the one with the highest score in each step.</p>
${dataTable({
  caption: 'Seconds: what was coded (rows) and what was read (columns)',
  columns: ['Coded', ...labels],
  numeric: labels.map((_, i) => i + 1),
  rows: table.map((row, i) => [labels[i], ...row.map((cell) => cell.toFixed(1))]),
})}
${dataTable({
  caption:
    'By expression, all others taken together. Found: share of the coded time that was read so. Right: share of the time read so that was coded so.',
  columns: ['Expression', 'Coded', 'Read', 'Found', 'Right', 'κ'],
  numeric: [1, 2, 3, 4, 5],
  rows: byLabel.map(({ label, coded, read, both, kappa: own }) => [
    label,
    time(coded),
    time(read),
    coded > 0 ? percent(both / coded) : '–',
    read > 0 ? percent(both / read) : '–',
    value(own),
  ]),
})}
${dataTable({
  caption: 'By participant',
  columns: ['Participant', 'Coded and measured', 'Agree', 'κ'],
  numeric: [1, 2, 3],
  rows: byParticipant.map((one) => [one.participant, time(one.seconds), percent(one.observed), value(one.kappa)]),
})}`;
}

function time(seconds: number): string {
  return `${seconds.toFixed(1)}\u00a0s`;
}

function value(kappa: number | null): string {
  return kappa === null ? '–' : kappa.toFixed(2).replace('-', '−');
}
