/**
 * Anonymous faces: the mean of the images of a class that lie closest to the class's mean. Closeness is measured on what
 * makes an expression, the fine structure round eyes, nose and mouth: a small grey view less its blur, weighted to the middle.
 * An image may take part mirrored, and near-copies count once, so that nobody's face weighs more than its share.
 */
import type { Image } from '#dist/core/image.js';
import { boxToAffine, warp } from '#dist/core/resample.js';

export interface MeanFace {
  /** Interleaved samples as `Image` has them, zero mean, unit variance. */
  readonly samples: Float32Array;
  /** Indices of the images averaged. */
  readonly chosen: readonly number[];
  /** Mean and standard deviation of the samples of the chosen images, 0–255. */
  readonly level: number;
  readonly contrast: number;
}

/** Side of the view on which images are compared, and the blur taken from it, in its pixels. */
const SIDE = 48;
const BLUR = 4;
/** Two views that correlate more than this show one image twice. */
const SAME = 0.9;
/** The second round measures by the mean of the first one's choice, which is sharper than that of all, and so on. */
const ROUNDS = 3;

export interface MeanFaceOptions {
  /**
   * What all classes have in common (see `meanView`): a part of it is taken from the mean that images are measured by, so that
   * those are chosen which show best what sets their class apart.
   */
  readonly common?: Float32Array | undefined;
}

/** Part of what is common that is left out of account. */
const COMMON = 0.7;

/** Averages the `count` images closest to their mean; all have one size. Throws where there are fewer different ones. */
export function meanFace(images: readonly Image[], count: number, { common }: MeanFaceOptions = {}): MeanFace {
  const views = images.flatMap((image, index) =>
    [false, true].map((mirrored) => ({ index, mirrored, view: viewOf(image, mirrored) })),
  );
  let mean = average(views.map(({ view }) => view));
  let chosen: typeof views = [];
  for (let round = 0; round < ROUNDS; round++) {
    const aim = common ? normalise(mean.map((v, i) => v - COMMON * common[i]!)) : mean;
    const near = views.map((entry) => ({ ...entry, fit: correlation(entry.view, aim) })).sort((a, b) => b.fit - a.fit);
    chosen = [];
    for (const entry of near) {
      if (chosen.length === count) break;
      if (chosen.every((other) => other.index !== entry.index && correlation(other.view, entry.view) < SAME)) chosen.push(entry);
    }
    mean = average(chosen.map(({ view }) => view));
  }
  if (chosen.length < count) throw new Error(`only ${chosen.length} different images where ${count} are to be averaged`);
  const levels = chosen.map(({ index }) => moments(images[index]!.data));
  return {
    samples: average(chosen.map(({ index, mirrored }) => normalise(samplesOf(images[index]!, mirrored)))),
    chosen: chosen.map(({ index }) => index),
    level: levels.reduce((sum, { level }) => sum + level, 0) / count,
    contrast: levels.reduce((sum, { contrast }) => sum + contrast, 0) / count,
  };
}

/** What the classes have in common: the mean of their mean views. */
export function meanView(classes: readonly (readonly Image[])[]): Float32Array {
  return average(classes.map((images) => average(images.flatMap((image) => [viewOf(image, false), viewOf(image, true)]))));
}

function samplesOf({ width, channels, data }: Image, mirrored: boolean): Float32Array {
  if (!mirrored) return Float32Array.from(data);
  return Float32Array.from(data, (_, i) => {
    const pixel = Math.floor(i / channels);
    const x = pixel % width;
    return data[(pixel + width - 1 - 2 * x) * channels + (i % channels)]!;
  });
}

/** What images are compared by: normalised fine structure of the middle of a small grey view. */
function viewOf(image: Image, mirrored: boolean): Float32Array {
  const plane = new Float32Array(SIDE * SIDE);
  const map = boxToAffine({ x: 0, y: 0, width: image.width, height: image.height }, SIDE, SIDE);
  warp(image, map, { width: SIDE, height: SIDE, channels: 1 }, plane);
  const smooth = blur(blur(normalise(plane)));
  const view = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [u, v] = [(x + 0.5) / SIDE - 0.5, (y + 0.5) / SIDE - 0.52];
      const weight = Math.exp(-(u * u) / (2 * 0.26 ** 2) - (v * v) / (2 * 0.28 ** 2));
      const at = y * SIDE + (mirrored ? SIDE - 1 - x : x);
      view[y * SIDE + x] = (plane[at]! - smooth[at]!) * weight;
    }
  return normalise(view);
}

/** Box blur over 2 · BLUR + 1 pixels each way; twice is nearly a Gaussian. */
function blur(plane: Float32Array): Float32Array {
  const along = (source: Float32Array, step: number, line: number): Float32Array => {
    const out = new Float32Array(source.length);
    for (let l = 0; l < SIDE; l++)
      for (let p = 0; p < SIDE; p++) {
        let sum = 0;
        for (let k = -BLUR; k <= BLUR; k++) sum += source[l * line + Math.min(Math.max(p + k, 0), SIDE - 1) * step]!;
        out[l * line + p * step] = sum / (2 * BLUR + 1);
      }
    return out;
  };
  return along(along(plane, 1, SIDE), SIDE, 1);
}

/** Normalised mean of normalised images. */
function average(images: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(images[0]?.length ?? 0);
  for (const image of images) for (let i = 0; i < sum.length; i++) sum[i]! += image[i]!;
  return normalise(sum);
}

function normalise(samples: Float32Array): Float32Array {
  const { level, contrast } = moments(samples);
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i]! - level) / (contrast || 1);
  return samples;
}

function moments(samples: ArrayLike<number>): { readonly level: number; readonly contrast: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += samples[i]!;
    squares += samples[i]! * samples[i]!;
  }
  const level = sum / samples.length;
  return { level, contrast: Math.sqrt(Math.max(squares / samples.length - level * level, 0)) };
}

/** Of two normalised images, −1 to 1. */
function correlation(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum / a.length;
}
