/**
 * phiz's own detector: an anchor-free network that predicts, at each point of three feature maps (points.ts), whether a face is
 * centred there, how well its box will fit, the box and five landmarks (in the manner of YuNet, Wu et al. 2023, and YOLOX,
 * arXiv:2107.08430). Here: from an image to the network's input, and from its raw numbers (decode.ts) to faces. The network itself is
 * src/train/networks' business, its training src/train's. Where a refiner comes with it, what it finds are candidates for that.
 */
import type { Model } from '../core/card.js';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { iou, mapLandmarks, scaleBox, sideOf } from '../core/geometry.js';
import { checkImage, type Image } from '../core/image.js';
import { openModel } from '../core/open-model.js';
import { halvePlanes, shrink } from '../core/shrink.js';
import { decode, type MarkedFace } from './decode.js';
import { checkScoreThreshold, type DetectOptions, type FaceDetector } from './detector.js';
import { DETECT_SIZE, type Letterbox, letterbox } from './letterbox.js';
import { suppress } from './nms.js';
import { POINT_CHANNELS, pointsOf } from './points.js';
import { createRefiner } from './refiner.js';

export interface AnchorFreeOptions {
  readonly engine: Engine;
  readonly model: Model;
  /** Where the refiner runs, if there is one. Default `engine`. */
  readonly refinerEngine?: Engine | undefined;
}

/** Planes kept: those of one image in the network and of one being prepared, each at two sizes. */
const SPARE = 4;

/** A candidate's side in units of the smallest face wanted from which it may be one: boxes change when they are refined. */
const REFINED_FROM = 0.7;

/** Overlap with a face of the look at half the size from which a candidate of the one at full size is that face. */
const SAME_FACE = 0.5;

/** Most candidates that suppression looks at: the best ones. */
const MAX_CANDIDATES = 5000;

/**
 * Loads the detector. Throws PhizError `model-mismatch` where the card is not that of such a detector, and what the engine throws.
 */
export async function createAnchorFreeDetector({
  engine,
  model,
  refinerEngine = engine,
}: AnchorFreeOptions): Promise<FaceDetector> {
  const { card } = model;
  const settings = card.detector;
  if (card.task !== 'detector' || settings?.kind !== 'phiz' || settings.strides.length === 0)
    throw new PhizError('model-mismatch', `${card.name} is not one of phiz's face detectors but a model for ${card.task}`);
  if (card.input.channels !== 3 || card.input.order === 'grey')
    throw new PhizError('model-mismatch', `${card.name} wants ${card.input.order} input; a detector's has three channels`);
  const strides = settings.strides;
  const multiple = Math.max(...strides, card.input.multiple ?? 1);
  const session = await openModel(engine, model);
  const refiner = model.refiner && (await createRefiner({ engine: refinerEngine, model: model.refiner }));
  // Planes of images done, for the next ones to be written to: fresh memory of that size costs more than the pixels.
  const spare: Float32Array[] = [];
  const memoryFor = (length: number): Float32Array => {
    const at = spare.findIndex((planes) => planes.length === length);
    return at >= 0 ? spare.splice(at, 1)[0]! : (engine.memory?.(length) ?? new Float32Array(length));
  };
  const keep = (planes: Float32Array): void => {
    spare.push(planes);
    if (spare.length > SPARE) spare.shift();
  };

  /** The faces in planes of the given size, in pixels of those planes. Takes the planes back into `spare`. */
  const look = async (planes: Float32Array, width: number, height: number, scoreThreshold: number) => {
    const points = pointsOf(width, height, strides);
    const input = { dims: [1, 3, height, width], data: planes };
    const { prediction } = await session.run({ [card.input.name]: input }, ['prediction']);
    keep(planes);
    if (prediction?.data.length !== points.count * POINT_CHANNELS)
      throw new PhizError(
        'model-mismatch',
        `${card.name} predicts [${prediction?.dims.join(', ')}] where [1, ${points.count}, ${POINT_CHANNELS}] belongs`,
      );
    return suppress(decode(prediction.data, points, scoreThreshold).slice(0, MAX_CANDIDATES), settings.nmsIou);
  };

  const prepare = (image: Image, { detectSize = DETECT_SIZE, scoreThreshold = settings.scoreThreshold }: DetectOptions) => {
    checkScoreThreshold(scoreThreshold);
    const place = letterbox(checkImage(image), { detectSize, multiple });
    const memory = memoryFor(3 * place.canvasWidth * place.canvasHeight);
    const least = refiner?.candidateThreshold(scoreThreshold) ?? scoreThreshold;
    return { place, scoreThreshold, least, planes: shrink(image, { ...place, input: card.input, memory }) };
  };

  const refined = async (image: Image, faces: readonly MarkedFace[], scoreThreshold: number, leastFace = 0) => {
    const large = faces.filter(({ box }) => sideOf(box) >= REFINED_FROM * leastFace);
    return refiner ? refiner.refine(image, large, scoreThreshold, settings.nmsIou) : large;
  };

  return {
    name: card.name,
    version: refiner ? `${card.version}+refiner.${refiner.version}` : card.version,
    scoreThreshold: settings.scoreThreshold,
    async detect(image, options = {}) {
      const { place, planes, scoreThreshold, least } = prepare(image, options);
      const seen = inImage(await look(planes, place.canvasWidth, place.canvasHeight, least), place);
      return refined(image, seen, scoreThreshold, options.leastFace);
    },
    async detectWithHalf(image, options = {}) {
      const { leastFace, leastAtHalf = leastFace, mostAtWhole = Infinity } = options;
      const { place, planes, scoreThreshold, least } = prepare(image, options);
      const { canvasWidth, canvasHeight } = place;
      const width = Math.ceil(canvasWidth / 2 / multiple) * multiple;
      const height = Math.ceil(canvasHeight / 2 / multiple) * multiple;
      const whole = look(planes, canvasWidth, canvasHeight, least);
      // Halved while the network is at the whole, which only reads its planes.
      const halved = halvePlanes(planes, canvasWidth, canvasHeight, { width, height, memory: memoryFor(3 * width * height) });
      const [seen, seenAtHalf] = await Promise.all([whole, look(halved, width, height, least)]);
      const half = await refined(image, inImage(seenAtHalf, place, 2), scoreThreshold, leastAtHalf);
      // What is refined already, and better seen at half the size, need not be refined again.
      const left = inImage(seen, place).filter(
        ({ box }) => sideOf(box) <= mostAtWhole || !half.some((face) => iou(face.box, box) > SAME_FACE),
      );
      return { whole: await refined(image, left, scoreThreshold, leastFace), half };
    },
    async dispose() {
      await Promise.all([session.dispose(), refiner?.dispose()]);
    },
  };
}

/** Faces in pixels of an input, which is `times` as small as that of `place`, in pixels of the image. */
function inImage(faces: readonly MarkedFace[], place: Letterbox, times = 1): readonly MarkedFace[] {
  return faces.map(({ box, landmarks, score }) => ({
    box: place.box(scaleBox(box, times)),
    landmarks: mapLandmarks(landmarks, (point) => place.point({ x: point.x * times, y: point.y * times })),
    score,
  }));
}
