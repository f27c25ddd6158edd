/**
 * MTCNN (Zhang, Zhang, Li and Qiao 2016, arXiv:1604.02878): three networks, each stricter than the one before. P-Net slides over a
 * pyramid of the image, R-Net sorts out what it proposes, O-Net decides and places five landmarks. Follows the authors' MATLAB
 * code (https://github.com/kpzhang93/MTCNN_face_detection_alignment), with boxes on continuous coordinates instead of whole pixels.
 * Takes the nets as ONNX models that read upright RGB; how Caffe's files become those is in node/models/mtcnn.ts. Not shipped.
 */
import type { Engine, Session } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { type BoundingBox, type Landmarks, landmarksOf, mapLandmarks } from '../core/geometry.js';
import { checkImage, type Image } from '../core/image.js';
import { shrink } from '../core/shrink.js';
import type { Tensor } from '../core/tensor.js';
import { checkScoreThreshold, type Detection, type DetectOptions, type FaceDetector } from './detector.js';
import { letterbox } from './letterbox.js';
import { type Candidate, moved, squared, thin } from './mtcnn-candidates.js';
import { cropFaces, MTCNN_INPUT } from './mtcnn-crops.js';

/** The three nets as ONNX models. */
export interface MtcnnNets {
  /** `data` [1, 3, H, W] to `prob1` [1, 2, h, w] and `conv4-2` [1, 4, h, w]. */
  readonly proposal: Uint8Array;
  /** `data` [N, 3, 24, 24] to `prob1` [N, 2] and `conv5-2` [N, 4]. */
  readonly refinement: Uint8Array;
  /** `data` [N, 3, 48, 48] to `prob1` [N, 2], `conv6-2` [N, 4] and `conv6-3` [N, 10]. */
  readonly output: Uint8Array;
}

export interface MtcnnOptions {
  readonly engine: Engine;
  readonly nets: MtcnnNets;
  /** Smallest face looked for, in pixels of the image that the detector sees. */
  readonly minFace?: number | undefined;
  /** Ratio of each step of the pyramid to the one before. */
  readonly pyramidFactor?: number | undefined;
  /** Scores from which P-Net's and R-Net's candidates are passed on. */
  readonly stageThresholds?: readonly [proposal: number, refinement: number] | undefined;
}

/** A face with its landmarks, which O-Net always places. */
type MarkedFace = Detection & { readonly landmarks: Landmarks };

const SCORE_THRESHOLD = 0.7;
/** What one output of P-Net sees, and how far apart two are, in pixels of its input. */
const CELL = 12;
const STRIDE = 2;
/** Faces a run of R-Net and O-Net. */
const BATCH = 64;

/** Loads the three nets. Throws PhizError `invalid-option`, `model-mismatch` where a net has other outputs, and what the engine throws. */
export async function createMtcnn({
  engine,
  nets,
  minFace = 20,
  pyramidFactor = 0.709,
  stageThresholds: [proposalThreshold, refinementThreshold] = [0.6, 0.7],
}: MtcnnOptions): Promise<FaceDetector> {
  if (!(minFace >= CELL)) throw new PhizError('invalid-option', `minFace must be ${CELL} pixels or more; got ${minFace}`);
  if (!(pyramidFactor > 0.1 && pyramidFactor < 1))
    throw new PhizError('invalid-option', `pyramidFactor must be above 0.1 and below 1; got ${pyramidFactor}`);
  checkShare('stageThresholds', proposalThreshold);
  checkShare('stageThresholds', refinementThreshold);
  const [proposal, refinement, output] = await loadAll(engine, [
    { model: nets.proposal, name: 'P-Net', outputs: ['prob1', 'conv4-2'] },
    { model: nets.refinement, name: 'R-Net', outputs: ['prob1', 'conv5-2'] },
    { model: nets.output, name: 'O-Net', outputs: ['prob1', 'conv6-2', 'conv6-3'] },
  ]);

  async function propose(image: Image): Promise<BoundingBox[]> {
    const found: Candidate[] = [];
    for (const { width, height } of pyramid(image, minFace, pyramidFactor)) {
      const data = shrink(image, { width, height, input: MTCNN_INPUT });
      const maps = await proposal.run({ data: { dims: [1, 3, height, width], data } });
      const scale = { x: image.width / width, y: image.height / height };
      found.push(...thin(cells(maps.prob1!, maps['conv4-2']!, scale, proposalThreshold), 0.5));
    }
    return thin(found, 0.7).map((candidate) => squared(moved(candidate)));
  }

  async function refine(image: Image, boxes: readonly BoundingBox[]): Promise<BoundingBox[]> {
    const found: Candidate[] = [];
    for await (const { box, score, at, outputs } of inBatches(refinement, image, boxes, 24))
      if (score >= refinementThreshold) found.push({ box, score, shift: shiftAt(outputs['conv5-2']!.data, 4 * at) });
    return thin(found, 0.7).map((candidate) => squared(moved(candidate)));
  }

  async function decide(image: Image, boxes: readonly BoundingBox[], scoreThreshold: number): Promise<MarkedFace[]> {
    const found: MarkedFace[] = [];
    for await (const { box, score, at, outputs } of inBatches(output, image, boxes, 48)) {
      if (!(score >= scoreThreshold)) continue;
      const marks = outputs['conv6-3']!.data;
      // All five x, then all five y, from the square's corner in units of its side.
      const mark = (k: number) => ({
        x: box.x + marks[10 * at + k]! * box.width,
        y: box.y + marks[10 * at + 5 + k]! * box.height,
      });
      found.push({
        box: moved({ box, score, shift: shiftAt(outputs['conv6-2']!.data, 4 * at) }),
        landmarks: landmarksOf(mark),
        score,
      });
    }
    return thin(found, 0.7, 'smaller');
  }

  return {
    name: 'mtcnn',
    version: '1',
    scoreThreshold: SCORE_THRESHOLD,
    async detect(image, { detectSize, scoreThreshold = SCORE_THRESHOLD }: DetectOptions = {}) {
      checkScoreThreshold(scoreThreshold);
      const place = letterbox(checkImage(image), { multiple: 1, detectSize });
      const seen = shrunk(image, place);
      const faces = await decide(seen, await refine(seen, await propose(seen)), scoreThreshold);
      return faces.map(({ box, landmarks, score }) => ({
        box: place.box(box),
        landmarks: mapLandmarks(landmarks, place.point),
        score,
      }));
    },
    async dispose() {
      await Promise.all([proposal.dispose(), refinement.dispose(), output.dispose()]);
    },
  };
}

/** The sizes at which P-Net looks for faces: of `minFace` pixels at first, then larger ones, up to the image's shorter side. */
export function pyramid(
  { width, height }: Pick<Image, 'width' | 'height'>,
  minFace: number,
  factor: number,
): readonly { readonly width: number; readonly height: number }[] {
  const sizes: { width: number; height: number }[] = [];
  for (let scale = CELL / minFace; Math.min(width, height) * scale >= CELL; scale *= factor)
    sizes.push({ width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
  return sizes;
}

/** P-Net's outputs from `threshold` up, in pixels of the image. */
function cells(
  { dims, data }: Tensor,
  { data: shifts }: Tensor,
  scale: { readonly x: number; readonly y: number },
  threshold: number,
): Candidate[] {
  const [rows, columns] = [dims[2]!, dims[3]!];
  const plane = rows * columns;
  const found: Candidate[] = [];
  for (let p = 0; p < plane; p++) {
    const score = data[plane + p]!;
    if (!(score >= threshold)) continue;
    const x = (p % columns) * STRIDE * scale.x;
    const y = Math.floor(p / columns) * STRIDE * scale.y;
    found.push({
      box: { x, y, width: CELL * scale.x, height: CELL * scale.y },
      score,
      shift: [shifts[p]!, shifts[plane + p]!, shifts[2 * plane + p]!, shifts[3 * plane + p]!],
    });
  }
  return found;
}

/** Shows the boxes to a net, many at a time; each with its score and its row `at` in the outputs. */
async function* inBatches(session: Session, image: Image, boxes: readonly BoundingBox[], side: number) {
  for (let start = 0; start < boxes.length; start += BATCH) {
    const batch = boxes.slice(start, start + BATCH);
    const data = cropFaces(image, batch, side);
    const outputs = await session.run({ data: { dims: [batch.length, 3, side, side], data } });
    for (const [at, box] of batch.entries()) yield { box, score: outputs.prob1!.data[2 * at + 1]!, at, outputs };
  }
}

function shiftAt(data: Float32Array, at: number): Candidate['shift'] {
  return [data[at]!, data[at + 1]!, data[at + 2]!, data[at + 3]!];
}

/** The image at the size that the detector sees. */
function shrunk(image: Image, { width, height }: { readonly width: number; readonly height: number }): Image {
  if (width === image.width && height === image.height) return image;
  const planes = shrink(image, { width, height, input: { order: 'RGB', mean: 0, scale: 1 } });
  const plane = width * height;
  const data = new Uint8ClampedArray(3 * plane);
  for (let p = 0, o = 0; p < plane; p++) for (let c = 0; c < 3; c++) data[o++] = planes[c * plane + p]!;
  return { width, height, channels: 3, data };
}

interface NetFile {
  readonly model: Uint8Array;
  readonly name: string;
  readonly outputs: readonly string[];
}

/** Loads all nets, or leaves none loaded. */
async function loadAll<Files extends readonly NetFile[]>(
  engine: Engine,
  files: readonly [...Files],
): Promise<{ [Index in keyof Files]: Session }> {
  const sessions: Session[] = [];
  try {
    for (const { model, name, outputs } of files) {
      const session = await engine.load(model);
      sessions.push(session);
      const missing = outputs.find((output) => !session.outputNames.includes(output));
      const lack = session.inputNames.includes('data') ? missing && `output '${missing}'` : "input 'data'";
      if (lack) throw new PhizError('model-mismatch', `this is not MTCNN's ${name}: it has no ${lack}`);
    }
  } catch (error) {
    await Promise.all(sessions.map((session) => session.dispose()));
    throw error;
  }
  return sessions as { [Index in keyof Files]: Session };
}

function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new PhizError('invalid-option', `${name} must be from 0 to 1; got ${value}`);
}
