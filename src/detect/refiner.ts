/**
 * The second stage of phiz's own detector: each place that it takes for a face is cut from the image and looked at once more by a network
 * of its own, which corrects score, box and landmarks (a cascade, as in MTCNN, Zhang et al. 2016, arXiv:1604.02878). Small faces and
 * what merely looks like one are told apart better at a fixed size, and boxes and landmarks lie closer. Where its card says so, what is
 * still a face after that is looked at a last time, mirrored and about its new box. Where candidates come from is anchor-free.ts's
 * business; the network is src/train/networks/refiner.ts.
 */
import type { Model } from '../core/card.js';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import {
  type BoundingBox,
  LANDMARK_ORDER,
  type Landmarks,
  landmarksOf,
  mapLandmarks,
  type Point,
  squareCrop,
} from '../core/geometry.js';
import type { Image } from '../core/image.js';
import { openModel } from '../core/open-model.js';
import { type Affine, boxToAffine, warp } from '../core/resample.js';
import { decode, type MarkedFace } from './decode.js';
import { suppress } from './nms.js';
import { candidatePoint, POINT_CHANNELS } from './points.js';

/** Looks at candidates once more. */
export interface Refiner {
  readonly version: string;
  /** The detector's score that a candidate needs to come to `scoreThreshold` in the end. */
  candidateThreshold(scoreThreshold: number): number;
  /**
   * The candidates from `scoreThreshold` up, in pixels of `image` as they are, with scores, boxes and landmarks corrected, those that
   * now overlap by more than `nmsIou` suppressed; best first.
   */
  refine(image: Image, candidates: readonly MarkedFace[], scoreThreshold: number, nmsIou: number): Promise<readonly MarkedFace[]>;
  dispose(): Promise<void>;
}

/** Squares in one run of the network: bounds memory for photos of crowds. */
const CHUNK = 64;

/** The best candidates of a look, which alone are looked at: more than any photo has faces. */
const MOST = 400;

/** Candidates below have never been faces, whatever threshold is asked for. */
const LEAST = 0.05;

/** Loads a refiner. Throws PhizError `model-mismatch` where the card is not one's, and what the engine throws. */
export async function createRefiner({ engine, model }: { readonly engine: Engine; readonly model: Model }): Promise<Refiner> {
  const { card } = model;
  const { input, refiner: settings } = card;
  const { width: size, height, mean, scale } = input;
  if (
    card.task !== 'refiner' ||
    !settings ||
    size === undefined ||
    size !== height ||
    input.channels !== 3 ||
    input.order !== 'RGB'
  )
    throw new PhizError(
      'model-mismatch',
      `${card.name} does not look at a detector's candidates once more but is for ${card.task}`,
    );
  const { margin, weight, boxWeight, mirror } = settings;
  const point = candidatePoint(size, margin);
  const session = await openModel(engine, model);
  const sample = 3 * size * size;

  /** What the refiner alone says of the squares about some boxes, in pixels of the image; undefined where it sees nothing at all. */
  const look = async (image: Image, boxes: readonly BoundingBox[], mirrored: boolean): Promise<(MarkedFace | undefined)[]> => {
    const squares = boxes.map((box) => squareCrop(box, { margin }));
    const data = new Float32Array(boxes.length * sample);
    for (const [i, square] of squares.entries()) {
      const [a, b, c, d, e, f] = boxToAffine(square, size, size);
      const map: Affine = mirrored ? [-a, b, c + square.width, d, e, f] : [a, b, c, d, e, f];
      warp(image, map, { width: size, height: size, channels: 3 }, data, i * sample);
    }
    for (let i = 0; i < data.length; i++) data[i] = (data[i]! - mean) * scale;
    const { prediction } = await session.run({ [input.name]: { dims: [boxes.length, 3, size, size], data } }, ['prediction']);
    if (prediction?.data.length !== boxes.length * POINT_CHANNELS)
      throw new PhizError(
        'model-mismatch',
        `${card.name} predicts [${prediction?.dims.join(', ')}] for ${boxes.length} candidates`,
      );
    return squares.map((square, i) => {
      const [seen] = decode(prediction.data.subarray(i * POINT_CHANNELS, (i + 1) * POINT_CHANNELS), point, 0);
      if (!seen) return undefined;
      const unit = square.width / size;
      const place = ({ x, y }: Point): Point => ({ x: square.x + (mirrored ? size - x : x) * unit, y: square.y + y * unit });
      const { x, y, width, height } = seen.box;
      return {
        box: { ...place({ x: mirrored ? x + width : x, y }), width: width * unit, height: height * unit },
        landmarks: mapLandmarks(seen.landmarks, place, mirrored),
        score: seen.score,
      };
    });
  };

  /** Looks at all of some faces, at most CHUNK at once, and makes of each and what is seen of it another, or none. */
  const lookAtAll = async <T extends { readonly box: BoundingBox }, R>(
    image: Image,
    faces: readonly T[],
    join: (face: T, seen: MarkedFace) => R,
    mirrored = false,
  ): Promise<R[]> => {
    const all: R[] = [];
    for (let start = 0; start < faces.length; start += CHUNK) {
      const chunk = faces.slice(start, start + CHUNK);
      const seen = await look(
        image,
        chunk.map(({ box }) => box),
        mirrored,
      );
      for (const [i, one] of seen.entries()) if (one) all.push(join(chunk[i]!, one));
    }
    return all;
  };

  const joined = (detected: number, refined: number): number => detected ** (1 - weight) * refined ** weight;

  return {
    version: card.version,
    // The refiner's score is at most 1, so that no candidate is lost that would come to the threshold.
    candidateThreshold: (scoreThreshold) => Math.max(LEAST, scoreThreshold ** (1 / (1 - weight))),
    async refine(image, candidates, scoreThreshold, nmsIou) {
      const faces = await lookAtAll(image, candidates.slice(0, MOST), ({ box, score: detected }, seen) => ({
        box: meanBox(box, seen.box, boxWeight),
        landmarks: seen.landmarks,
        score: joined(detected, seen.score),
        detected,
        refined: seen.score,
      }));
      const enough = (all: typeof faces) =>
        suppress(
          all.filter(({ score }) => score >= scoreThreshold),
          nmsIou,
        );
      const once = enough(faces);
      if (!mirror) return once.map(face);
      const twice = await lookAtAll(
        image,
        once,
        ({ box, landmarks, detected, refined }, seen) => ({
          box: meanBox(box, seen.box, 0.5),
          landmarks: meanLandmarks(landmarks, seen.landmarks),
          score: joined(detected, Math.sqrt(refined * seen.score)),
          detected,
          refined,
        }),
        true,
      );
      return enough(twice).map(face);
    },
    dispose: () => session.dispose(),
  };
}

/** A face without what was noted of how its score came about. */
function face({ box, landmarks, score }: MarkedFace): MarkedFace {
  return { box, landmarks, score };
}

function meanLandmarks(a: Landmarks, b: Landmarks): Landmarks {
  return landmarksOf((k) => {
    const name = LANDMARK_ORDER[k]!;
    return { x: (a[name].x + b[name].x) / 2, y: (a[name].y + b[name].y) / 2 };
  });
}

/** A box between two, `weight` of the way from the first to the second: two networks' errors partly cancel. */
function meanBox(first: BoundingBox, second: BoundingBox, weight: number): BoundingBox {
  const between = (side: keyof BoundingBox) => first[side] + weight * (second[side] - first[side]);
  return { x: between('x'), y: between('y'), width: between('width'), height: between('height') };
}
