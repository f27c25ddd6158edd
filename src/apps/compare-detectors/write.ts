/** A comparison of detectors as files: metrics, tables, page, plot. */
import { join } from 'node:path';
import { phizVersion } from '../../node/files/manifest.js';
import { sweepOrphans } from '../../node/files/temporary.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { writeFigure } from '../../node/images/figure-formats.js';
import { detectorReport } from '../../report/pages/detector-report.js';
import { precisionRecallPlot } from '../../report/plots/precision-recall.js';
import type { DetectorComparison } from '../../report/sums/detector-comparison.js';
import { detectorTable, detectorTitle } from '../../report/tables/detector-table.js';

/** Writes detectors.json, .md, .html and precision-recall.svg, .png into `dir` and gives their paths. Throws PhizError `unwritable-file`. */
export async function writeDetectorComparison(comparison: DetectorComparison, dir: string): Promise<readonly string[]> {
  const svg = precisionRecallPlot(comparison.detectors, { subtitle: detectorTitle(comparison) });
  const files: Readonly<Record<string, string>> = {
    'detectors.json': `${JSON.stringify(comparison, null, 2)}\n`,
    'detectors.md': `${detectorTable(comparison, { format: 'markdown' })}\n![Precision and recall](precision-recall.svg)\n`,
    'detectors.html': detectorReport(comparison, { version: phizVersion() }),
  };
  await sweepOrphans(dir);
  for (const [name, content] of Object.entries(files)) await writeAtomic(join(dir, name), content);
  return [...Object.keys(files).map((name) => join(dir, name)), ...(await writeFigure(join(dir, 'precision-recall'), svg))];
}
