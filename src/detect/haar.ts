/**
 * Viola and Jones's cascade (2001, doi:10.1109/CVPR.2001.990517; Lienhart and Maydt 2002) as OpenCV runs it: windows of all sizes
 * that pass every stage, on the grey image with its histogram equalised. The caller runs the cascade; here its
 * windows become faces with a score. It only finds boxes, of upright frontal faces of 24 px and more.
 */
import { checkImage, type Image } from '../core/image.js';
import { shrink } from '../core/shrink.js';
import { checkScoreThreshold, type FaceDetector } from './detector.js';
import { groupWindows, type PassedWindow } from './haar-windows.js';
import { DETECT_SIZE, letterbox } from './letterbox.js';

/** Passes windows of a grey image through the cascade, ungrouped; it levels the histogram itself. */
export interface HaarCascade {
  /** Five numbers a window: left, top, width, height, and by how much it passed the last stage. */
  run(image: Image): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface HaarOptions {
  readonly cascade: HaarCascade;
}

/** Windows on one face from which the score is 0.5: OpenCV's default wants more than three. */
const ENOUGH = 4;

const SCORE_THRESHOLD = 0.5;

/** Numbers a window. */
const ROW = 5;

/**
 * The detector over its cascade. The score of a face grows with the number of windows on it, 1 − 2^(−windows/4), so that 0.5 is
 * where OpenCV's own default draws the line; it says how stable the find is and is not a probability.
 */
export function createHaar({ cascade }: HaarOptions): FaceDetector {
  return {
    name: 'haar',
    version: 'frontalface-default',
    scoreThreshold: SCORE_THRESHOLD,
    async detect(image, { detectSize = DETECT_SIZE, scoreThreshold = SCORE_THRESHOLD } = {}) {
      checkScoreThreshold(scoreThreshold);
      const place = letterbox(checkImage(image), { detectSize, multiple: 1 });
      const windows = windowsOf(await cascade.run(grey(image, place)));
      return groupWindows(windows)
        .map(({ box, count, margin }) => ({ box: place.box(box), landmarks: null, score: scoreOf(count, margin) }))
        .filter(({ score }) => score >= scoreThreshold);
    },
    dispose: () => cascade.dispose(),
  };
}

/** The margin orders faces of as many windows, and always counts less than one more window. */
function scoreOf(count: number, margin: number): number {
  return 1 - 2 ** (-(count + 0.999 / (1 + Math.exp(-margin))) / ENOUGH);
}

function windowsOf(rows: Float32Array): readonly PassedWindow[] {
  const windows: PassedWindow[] = [];
  for (let at = 0; at + ROW <= rows.length; at += ROW)
    windows.push({
      box: { x: rows[at]!, y: rows[at + 1]!, width: rows[at + 2]!, height: rows[at + 3]! },
      margin: rows[at + 4]!,
    });
  return windows;
}

function grey(image: Image, { width, height }: { readonly width: number; readonly height: number }): Image {
  const data = Uint8ClampedArray.from(shrink(image, { width, height, input: { order: 'grey', mean: 0, scale: 1 } }));
  return { width, height, channels: 1, data };
}
