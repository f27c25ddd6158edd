/**
 * The detectors' part of docs/study.md, made from detectors.json: the table and curves, and what the report says of detectors beside
 * what is measured here. Judged by fixed rules on the figures, like the claims about networks.
 */
import type { ComparedDetector, DetectorComparison } from '#dist/report/detector-comparison.js';
import { detectorTable } from '#dist/report/detector-table.js';
import type { Claim } from './study-claims.js';

/** The table with its notes, and the curves. */
export function detectorSection(comparison: DetectorComparison, link: (file: string) => string): string {
  const curves = `![Precision and recall of each detector](${link('precision-recall.svg')})\n`;
  return `${detectorTable(comparison, { format: 'markdown' })}\n${curves}`;
}

/** The claims about those detectors that are in the comparison. */
export function detectorClaims({ detectors }: DetectorComparison): readonly Claim[] {
  const named = (name: string) => detectors.find((one) => one.name === name);
  const [ssd, haar, mtcnn] = ['opencv-ssd', 'haar', 'mtcnn'].map(named);
  return [
    ...(ssd && haar ? [ahead("OpenCV's DNN detector works better than its Haar cascade.", ssd, haar)] : []),
    ...(ssd && mtcnn ? [lighter(ssd, mtcnn)] : []),
    ...(ssd && detectors.length > 1 ? [rightChoice(ssd, detectors)] : []),
  ];
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
function lighter(first: ComparedDetector, second: ComparedDetector): Claim {
  const pairs = [
    ['ms a picture', first.milliseconds.median, second.milliseconds.median, 1],
    ['MB at most', first.peakMemory, second.peakMemory, 1e-6],
    ['million multiply-adds', first.multiplyAdds, second.multiplyAdds, 1e-6],
    ['million parameters', first.parameters, second.parameters, 1e-6],
  ] as const;
  const known = pairs.flatMap(([what, a, b, scale]) => (a === null || b === null ? [] : [{ what, a: a * scale, b: b * scale }]));
  const less = known.filter(({ a, b }) => a < b).length;
  return {
    claim: 'It is significantly less resource consuming than MTCNN.',
    measured: `${first.name} against ${second.name}: ${known.map(({ what, a, b }) => `${short(a)} against ${short(b)} ${what}`).join(', ')}; the first runs as WebAssembly on one thread, the second natively`,
    holds: less === known.length ? 'yes' : less > 0 ? 'in part' : 'no',
  };
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
