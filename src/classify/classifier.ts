/**
 * The one small classifier behind emotion, age and a user's own classes: makes crops as the model card says, runs them as one batch, and
 * gives logits or calibrated probabilities in the order of the card's labels. Where the card says so, each crop is seen as it is and
 * mirrored, and the mean of both is taken. What the labels mean is src/attributes' business.
 */
import type { Model, ModelCard } from '../core/card.js';
import type { Engine, Session } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import type { Image } from '../core/image.js';
import { openModel } from '../core/open-model.js';
import { mirrorPlanes, swapPlanes } from '../core/planes.js';
import { type Affine, warp } from '../core/resample.js';
import { type FaceRegion, faceMap } from './crop.js';
import { softmax } from './softmax.js';

/** Most crops in one run of the network: bounds memory for photos of crowds. */
const CHUNK = 64;

/** A part of an image, seen through an affine map from the network's input pixels. */
export interface Crop {
  readonly image: Image;
  readonly map: Affine;
}

/** A loaded classifier. */
export interface Classifier {
  readonly card: ModelCard;
  /** Side of a face's box, in pixels, above which the network sees no more detail. */
  readonly facePixels: number;
  /** The crop of one face, by the card's margin, shift and alignment. */
  crop(image: Image, face: FaceRegion): Crop;
  /** Raw logits, one row per crop in the order given. */
  logits(crops: readonly Crop[]): Promise<readonly Float32Array[]>;
  /** Probabilities (soft-max of logits / temperature), one row per crop in the order given. */
  classify(crops: readonly Crop[]): Promise<readonly Float64Array[]>;
  dispose(): Promise<void>;
}

/** What turns the faces of one image into results of kind R: the port of the analyzer. */
export interface FaceClassifier<R> {
  readonly name: string;
  readonly version: string;
  /** Side of a face's box, in pixels, above which the network sees no more detail. */
  readonly facePixels: number;
  /** One result per face in the order given; all faces are one batch. */
  classify(image: Image, faces: readonly FaceRegion[]): Promise<readonly R[]>;
  dispose(): Promise<void>;
}

/**
 * Loads a classifier and runs it once, so that a card that does not fit its network is found here and not on the first photo.
 * Throws PhizError `model-mismatch` where card and network disagree (input name, size, channels, number of labels), and what
 * the engine throws.
 */
export async function createClassifier({
  engine,
  model,
}: {
  readonly engine: Engine;
  readonly model: Model;
}): Promise<Classifier> {
  const { card } = model;
  const { input, crop: rule, labels, temperature, mirror } = card;
  const mismatch = (what: string, cause?: unknown) =>
    new PhizError('model-mismatch', `the card of model '${card.name}' does not fit its network: ${what}`, { cause });
  const { width, height, channels, order } = input;
  if (width === undefined || height === undefined) throw mismatch('it gives no input width and height');
  if (!rule) throw mismatch('it does not say how to cut the crop');
  if ((order === 'grey') !== (channels === 1)) throw mismatch(`order '${order}' with ${channels} channels`);
  if (labels.length < 2) throw mismatch(`a classifier needs two labels or more, not ${labels.length}`);

  const session = await openModel(engine, model);
  const sample = channels * width * height;

  const run = async (data: Float32Array, count: number): Promise<Float32Array> => {
    const { logits } = await session.run({ [input.name]: { dims: [count, channels, height, width], data } }, ['logits']);
    if (!logits || logits.data.length !== count * labels.length)
      throw mismatch(`${labels.length} labels, but logits of shape [${logits?.dims.join(', ') ?? ''}] for ${count} faces`);
    return logits.data;
  };

  const fill = ({ image, map }: Crop, out: Float32Array, offset: number): void => {
    warp(image, map, { width, height, channels }, out, offset);
    if (order === 'BGR') swapPlanes(out, width * height, offset);
    for (let i = offset; i < offset + sample; i++) out[i] = (out[i]! - input.mean) * input.scale;
  };

  const logits = async (crops: readonly Crop[]): Promise<readonly Float32Array[]> => {
    const rows: Float32Array[] = [];
    for (let start = 0; start < crops.length; start += CHUNK) {
      const chunk = crops.slice(start, start + CHUNK);
      const seen = mirror ? 2 * chunk.length : chunk.length;
      const data = new Float32Array(seen * sample);
      chunk.forEach((crop, i) => {
        fill(crop, data, i * sample);
      });
      if (mirror) {
        data.copyWithin(chunk.length * sample, 0, chunk.length * sample);
        mirrorPlanes(data.subarray(chunk.length * sample), width);
      }
      const out = await run(data, seen);
      chunk.forEach((_, i) => {
        const row = out.subarray(i * labels.length, (i + 1) * labels.length);
        if (mirror) average(row, out.subarray((chunk.length + i) * labels.length));
        rows.push(row);
      });
    }
    return rows;
  };

  try {
    checkNames(session, input.name, mismatch);
    await run(new Float32Array(sample), 1).catch((cause: unknown) => {
      if (cause instanceof PhizError && cause.code === 'model-mismatch') throw cause;
      throw mismatch(`it does not run on [1, ${channels}, ${height}, ${width}]: ${(cause as Error).message}`, cause);
    });
  } catch (error) {
    await session.dispose();
    throw error;
  }

  return {
    card,
    facePixels: Math.max(width, height) / rule.margin,
    crop: (image, face) => ({ image, map: faceMap(face, rule, width, height) }),
    logits,
    async classify(crops) {
      return (await logits(crops)).map((row) => softmax(row, temperature));
    },
    dispose: () => session.dispose(),
  };
}

/** Makes a row of logits the mean of itself and the row that `other` begins with. */
function average(row: Float32Array, other: Float32Array): void {
  for (let i = 0; i < row.length; i++) row[i] = (row[i]! + other[i]!) / 2;
}

function checkNames(session: Session, input: string, mismatch: (what: string) => PhizError): void {
  if (!session.inputNames.includes(input))
    throw mismatch(`it feeds '${input}', the network wants '${session.inputNames.join("', '")}'`);
  if (!session.outputNames.includes('logits'))
    throw mismatch(`the network has no output 'logits', only '${session.outputNames.join("', '")}'`);
}
