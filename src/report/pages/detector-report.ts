/** Detectors side by side as a page of one file: the table, the curves, what the metrics mean. */

import { precisionRecallPlot } from '../plots/precision-recall.js';
import type { DetectorComparison } from '../sums/detector-comparison.js';
import { detectorCells, detectorNotes, detectorTitle } from '../tables/detector-table.js';
import { html } from './html.js';
import { dataTable, page, responsive } from './page.js';

/** The whole document. `version` is phiz's own. */
export function detectorReport(comparison: DetectorComparison, { version }: { readonly version: string }): string {
  const title = detectorTitle(comparison);
  const { headings, rows } = detectorCells(comparison);
  const plot = (width: number, height: number) =>
    precisionRecallPlot(comparison.detectors, { title, width, height, ground: 'page' });
  const body = html`<h1>${title}</h1>
${dataTable({
  caption: 'All on the same images in one run, each in a process of its own.',
  columns: headings,
  numeric: headings.map((_, c) => c).slice(1),
  rows,
})}
<ul class="limits">${detectorNotes(comparison).map((note) => html`<li>${note}</li>`)}</ul>
<h2>Precision and recall</h2>
<figure>${responsive(plot(960, 560), plot(420, 420))}<figcaption>Each line runs from a detector’s surest finds to its least sure ones; it ends where no more were asked for. A find counts when it overlaps a face by at least half (intersection over union); the further a line reaches to the upper right, the better.</figcaption></figure>
`;
  return page({ title, body, version });
}
