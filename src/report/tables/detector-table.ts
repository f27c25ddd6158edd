/** Detectors side by side as a table, for a terminal or a document, with what the columns mean below it. */
import type { ComparedDetector, DetectorComparison } from '../sums/detector-comparison.js';
import { type TableOptions, table } from './table.js';

/** Headings and cells, for any kind of table; the first column is text, the others are numbers. */
export function detectorCells({ detectors }: Pick<DetectorComparison, 'detectors'>): {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const limits = detectors[0]?.recallAt.map(({ falsePositives }) => falsePositives) ?? [];
  return {
    headings: [
      'detector',
      'AP at IoU 0.5',
      '95 % interval',
      'AP at IoU 0.3',
      ...limits.map((limit) => `recall, ${limit.toLocaleString('en')} false`),
      'ms per image',
      'peak MB',
      'parameters',
      'multiply-adds',
    ],
    rows: detectors.map((one) => [
      one.name,
      one.averagePrecision.toFixed(3),
      `[${one.interval.map((end) => end.toFixed(3)).join(', ')}]`,
      one.averagePrecision30.toFixed(3),
      ...limits.map((limit) => one.recallAt.find(({ falsePositives }) => falsePositives === limit)?.recall.toFixed(3) ?? '–'),
      milliseconds(one),
      (one.peakMemory / 1e6).toFixed(0),
      one.parameters === null ? '–' : one.parameters.toLocaleString('en'),
      one.multiplyAdds === null ? '–' : large(one.multiplyAdds),
    ]),
  };
}

/** The table with a line above and notes below it, ending in '\n'. */
export function detectorTable(comparison: DetectorComparison, { format = 'text' }: TableOptions = {}): string {
  const { headings, rows } = detectorCells(comparison);
  const columns = headings.map((heading, c) => ({ heading, align: c > 0 ? ('right' as const) : undefined }));
  const notes = detectorNotes(comparison);
  const listed = format === 'markdown' ? notes.map((note) => `- ${note}\n`) : notes.map((note) => `${note}\n`);
  return [`${detectorTitle(comparison)}\n`, '\n', table(columns, rows, { format }), '\n', ...listed].join('');
}

/** What was compared on what. */
export function detectorTitle({ data, images, faces }: DetectorComparison): string {
  const on = data === 'FDDB' ? 'FDDB' : 'labelled photos';
  return `Face detectors on ${on}: ${images.toLocaleString('en')} images, ${faces.toLocaleString('en')} faces`;
}

/** What a reader must know to read the metrics, a sentence or two each. */
export function detectorNotes({
  scoreThreshold,
  threads,
  machine,
  readingMemory,
  leftOut,
}: DetectorComparison): readonly string[] {
  return [
    `Times: median from pixels in memory to boxes; ONNX Runtime with ${threads} thread${threads === 1 ? '' : 's'}, OpenCV.js (WebAssembly) with one; ${machine}.`,
    `Peak memory: of a process of its own; one that only reads the images takes ${(readingMemory / 1e6).toFixed(0)} MB.`,
    `Detections of a score below ${scoreThreshold} were not asked for. A dash: does not apply, or is not known.`,
    ...leftOut.map(({ name, reason }) => `Left out: ${name}: ${reason}`),
  ];
}

/** Three digits that say something: `123`, `12.3`, `1.23`. */
function milliseconds({ milliseconds: { median } }: ComparedDetector): string {
  return median >= 100 ? median.toFixed(0) : median >= 10 ? median.toFixed(1) : median.toFixed(2);
}

/** `1.23 G`, `456 M`. */
function large(value: number): string {
  const [unit, name] = value >= 1e9 ? [1e9, 'G'] : [1e6, 'M'];
  const scaled = value / unit;
  return `${scaled >= 100 ? scaled.toFixed(0) : scaled >= 10 ? scaled.toFixed(1) : scaled.toFixed(2)} ${name}`;
}
