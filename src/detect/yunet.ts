/**
 * YuNet (Wu, Peng and Yu 2023, doi:10.1007/s11633-023-1423-y) as its authors export it: twelve outputs, four per stride. Not
 * shipped; a user's or a benchmark's copy of the weights is read as it is. Its conventions are fixed by the export, so there is no card:
 * BGR, 0–255, cells counted from their corner.
 */
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { landmarksOf } from '../core/geometry.js';
import { checkImage } from '../core/image.js';
import { shrink } from '../core/shrink.js';
import { checkScoreThreshold, type Detection, type DetectOptions, type FaceDetector } from './detector.js';
import { DETECT_SIZE, letterbox } from './letterbox.js';
import { suppress } from './nms.js';
import { pointsOf } from './points.js';

export interface YuNetOptions {
  readonly engine: Engine;
  /** The bytes of yunet_n_dynamic.onnx. */
  readonly model: Uint8Array;
  readonly nmsIou?: number | undefined;
}

const SCORE_THRESHOLD = 0.6;
const INPUT = { order: 'BGR', mean: 0, scale: 1 } as const;

/** Loads YuNet. Throws PhizError `model-mismatch` where the model has other outputs, and what the engine throws. */
export async function createYuNet({ engine, model, nmsIou = 0.45 }: YuNetOptions): Promise<FaceDetector> {
  const session = await engine.load(model);
  const missing = ['cls_8', 'obj_16', 'bbox_32', 'kps_32'].find((name) => !session.outputNames.includes(name));
  const [input] = session.inputNames;
  if (missing || !input) {
    await session.dispose();
    throw new PhizError('model-mismatch', `this is not YuNet: it has no output '${missing}'; export it with dynamic sizes`);
  }
  return {
    name: 'yunet',
    version: 'n',
    scoreThreshold: SCORE_THRESHOLD,
    async detect(image, { detectSize = DETECT_SIZE, scoreThreshold = SCORE_THRESHOLD }: DetectOptions = {}) {
      checkScoreThreshold(scoreThreshold);
      const place = letterbox(checkImage(image), { detectSize });
      const dims = [1, 3, place.canvasHeight, place.canvasWidth];
      const outputs = await session.run({ [input]: { dims, data: shrink(image, { ...place, input: INPUT }) } });
      const found: Detection[] = [];
      for (const { stride, columns, rows } of pointsOf(place.canvasWidth, place.canvasHeight).levels) {
        const [cls, obj, bbox, kps] = ['cls', 'obj', 'bbox', 'kps'].map((name) => outputs[`${name}_${stride}`]!.data) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        for (let p = 0; p < columns * rows; p++) {
          const score = Math.sqrt(clamp(cls[p]!) * clamp(obj[p]!));
          if (!(score >= scoreThreshold)) continue;
          const x = p % columns;
          const y = Math.floor(p / columns);
          const width = Math.exp(bbox[4 * p + 2]!) * stride;
          const height = Math.exp(bbox[4 * p + 3]!) * stride;
          const box = {
            x: (x + bbox[4 * p]!) * stride - width / 2,
            y: (y + bbox[4 * p + 1]!) * stride - height / 2,
            width,
            height,
          };
          const mark = (k: number) =>
            place.point({ x: (x + kps[10 * p + 2 * k]!) * stride, y: (y + kps[10 * p + 2 * k + 1]!) * stride });
          found.push({ box: place.box(box), landmarks: landmarksOf(mark), score });
        }
      }
      return suppress(found, nmsIou);
    },
    dispose: () => session.dispose(),
  };
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
