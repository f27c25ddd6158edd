/**
 * The second stage of phiz's own detector: each place that it takes for a face is cut from the image and looked at once more by a network
 * of its own, which corrects score, box and landmarks (a cascade, as in MTCNN, Zhang et al. 2016, arXiv:1604.02878). Small faces and
 * what merely looks like one are told apart better at a fixed size, and boxes and landmarks lie closer. Where candidates come from is
 * anchor-free.ts's business; the network is src/train/networks/refiner.ts.
 */
import type { Model } from '../core/card.js';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { type BoundingBox, mapLandmarks, squareCrop } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import { openModel } from '../core/open-model.js';
import { boxToAffine, warp } from '../core/resample.js';
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
  const { margin, weight, boxWeight } = settings;
  const point = candidatePoint(size, margin);
  const session = await openModel(engine, model);
  const sample = 3 * size * size;

  const look = async (image: Image, faces: readonly MarkedFace[]): Promise<MarkedFace[]> => {
    const squares = faces.map(({ box }) => squareCrop(box, { margin }));
    const data = new Float32Array(faces.length * sample);
    for (const [i, square] of squares.entries())
      warp(image, boxToAffine(square, size, size), { width: size, height: size, channels: 3 }, data, i * sample);
    for (let i = 0; i < data.length; i++) data[i] = (data[i]! - mean) * scale;
    const { prediction } = await session.run({ [input.name]: { dims: [faces.length, 3, size, size], data } }, ['prediction']);
    if (prediction?.data.length !== faces.length * POINT_CHANNELS)
      throw new PhizError(
        'model-mismatch',
        `${card.name} predicts [${prediction?.dims.join(', ')}] for ${faces.length} candidates`,
      );
    return faces.flatMap((face, i) => {
      const row = prediction.data.subarray(i * POINT_CHANNELS, (i + 1) * POINT_CHANNELS);
      const [seen] = decode(row, point, 0);
      if (!seen) return [];
      const { x, y, width } = squares[i]!;
      const unit = width / size;
      const place = (p: { readonly x: number; readonly y: number }) => ({ x: x + p.x * unit, y: y + p.y * unit });
      const { box, landmarks } = seen;
      return {
        box: meanBox(face.box, { ...place(box), width: box.width * unit, height: box.height * unit }, boxWeight),
        landmarks: mapLandmarks(landmarks, place),
        score: face.score ** (1 - weight) * seen.score ** weight,
      };
    });
  };

  return {
    version: card.version,
    // The refiner's score is at most 1, so that no candidate is lost that would come to the threshold.
    candidateThreshold: (scoreThreshold) => Math.max(LEAST, scoreThreshold ** (1 / (1 - weight))),
    async refine(image, candidates, scoreThreshold, nmsIou) {
      const best = candidates.slice(0, MOST);
      const seen: MarkedFace[] = [];
      for (let start = 0; start < best.length; start += CHUNK)
        seen.push(...(await look(image, best.slice(start, start + CHUNK))));
      return suppress(
        seen.filter(({ score }) => score >= scoreThreshold),
        nmsIou,
      );
    },
    dispose: () => session.dispose(),
  };
}

/** A box between two, `weight` of the way from the first to the second: two networks' errors partly cancel. */
function meanBox(first: BoundingBox, second: BoundingBox, weight: number): BoundingBox {
  const between = (side: keyof BoundingBox) => first[side] + weight * (second[side] - first[side]);
  return { x: between('x'), y: between('y'), width: between('width'), height: between('height') };
}
