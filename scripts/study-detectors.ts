/**
 * The detectors' part of docs/study.md, made from detectors.json: the table and curves, and what the report says of detectors beside
 * what is measured here. Judged by fixed rules on the metrics, like the claims about networks.
 */
import type { ComparedDetector, DetectorComparison } from '#dist/report/sums/detector-comparison.js';
import { detectorCells, detectorTable } from '#dist/report/tables/detector-table.js';
import { table } from '#dist/report/tables/table.js';
import type { Claim } from './study-claims.js';
import { FRAME_SIZE } from './study-frame.js';

/** The table with its notes, the curves, and what each detector costs on a larger image where that was measured. */
export function detectorSection(
  comparison: DetectorComparison,
  enlarged: DetectorComparison | undefined,
  link: (file: string) => string,
): string {
  const curves = `![Precision and recall of each detector](${link('precision-recall.svg')})\n`;
  return `${detectorTable(comparison, { format: 'markdown' })}\n${curves}${enlarged ? `\n${costSection(enlarged)}` : ''}`;
}

/** Accuracy on one image says nothing and is left out. */
function costSection(enlarged: DetectorComparison): string {
  const kept = ['detector', 'ms per image', 'peak MB', 'multiply-adds'];
  const { headings, rows } = detectorCells(enlarged);
  const columns = kept.map((heading, c) => ({ heading, ...(c > 0 && { align: 'right' as const }) }));
  const cells = rows.map((row) => kept.map((heading) => row[headings.indexOf(heading)]!));
  return `What they cost on an image as large as a frame of video: samples/faces.png at ${FRAME_SIZE} pixels, seven faces.\n\n${table(columns, cells, { format: 'markdown' })}`;
}

/** The claims about those detectors that are in the comparison; costs on a larger image count too where they are known. */
export function detectorClaims(comparison: DetectorComparison, enlarged: DetectorComparison | undefined): readonly Claim[] {
  const { detectors } = comparison;
  const [ssd, haar, mtcnn] = ['opencv-ssd', 'haar', 'mtcnn'].map((name) => named(comparison, name));
  const larger = enlarged && { ssd: named(enlarged, 'opencv-ssd'), mtcnn: named(enlarged, 'mtcnn') };
  return [
    ...(ssd && haar ? [ahead("OpenCV's DNN detector works better than its Haar cascade.", ssd, haar)] : []),
    ...(ssd && mtcnn ? [lighter(ssd, mtcnn, larger)] : []),
    ...(ssd && detectors.length > 1 ? [rightChoice(ssd, detectors)] : []),
  ];
}

function named({ detectors }: DetectorComparison, name: string): ComparedDetector | undefined {
  return detectors.find((one) => one.name === name);
}

/** Shown where the intervals of average precision do not meet. */
function ahead(claim: string, first: ComparedDetector, second: ComparedDetector): Claim {
  const apart = first.interval[0] > second.interval[1];
  return {
    claim,
    measured: `average precision: ${precisionText(first)}, ${precisionText(second)}`,
    holds: apart ? 'yes' : first.averagePrecision > second.averagePrecision ? 'not shown' : 'no',
  };
}

/** Time, memory and work: all less is yes, some less is in part. */
function lighter(
  ssd: ComparedDetector,
  mtcnn: ComparedDetector,
  larger: { readonly ssd: ComparedDetector | undefined; readonly mtcnn: ComparedDetector | undefined } | undefined,
): Claim {
  const costs = [costsOf(ssd, mtcnn), ...(larger?.ssd && larger.mtcnn ? [costsOf(larger.ssd, larger.mtcnn)] : [])];
  const [small, large] = costs.map((known) =>
    known.map(({ what, a, b }) => `${short(a)} against ${short(b)} ${what}`).join(', '),
  );
  const all = costs.flat();
  const less = all.filter(({ a, b }) => a < b).length;
  return {
    claim: 'It is significantly less resource consuming than MTCNN.',
    measured: `${ssd.name} against ${mtcnn.name}: ${small}${large ? `; on an image of ${FRAME_SIZE}: ${large}` : ''}. The first runs as WebAssembly on one thread, the second natively`,
    holds: less === all.length ? 'yes' : less > 0 ? 'in part' : 'no',
  };
}

/** What both are known to cost. */
function costsOf(first: ComparedDetector, second: ComparedDetector) {
  const pairs = [
    ['ms', first.milliseconds.median, second.milliseconds.median, 1],
    ['MB', first.peakMemory, second.peakMemory, 1e-6],
    ['million multiply-adds', first.multiplyAdds, second.multiplyAdds, 1e-6],
  ] as const;
  return pairs.flatMap(([what, a, b, scale]) => (a === null || b === null ? [] : [{ what, a: a * scale, b: b * scale }]));
}

/** Whether any other detector is both more precise and quicker as it runs here. */
function rightChoice(chosen: ComparedDetector, detectors: readonly ComparedDetector[]): Claim {
  const better = detectors.filter(
    (one) => one.interval[0] > chosen.interval[1] && one.milliseconds.median < chosen.milliseconds.median,
  );
  const list = better.map((one) => `${one.name} (${one.averagePrecision.toFixed(3)}, ${short(one.milliseconds.median)} ms)`);
  return {
    claim: "So OpenCV's DNN detector is the one to take.",
    measured: `more precise and quicker than it (${chosen.averagePrecision.toFixed(3)}, ${short(chosen.milliseconds.median)} ms) as run here: ${list.join(', ') || 'none'}`,
    holds: better.length === 0 ? 'yes' : 'no',
  };
}

function precisionText({ name, averagePrecision, interval }: ComparedDetector): string {
  return `${name} ${averagePrecision.toFixed(3)} [${interval.map((end) => end.toFixed(3)).join(', ')}]`;
}

/** Three digits, or all of a larger number. */
function short(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
