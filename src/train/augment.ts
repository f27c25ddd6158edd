/**
 * Random changes to training images, so that a network learns the face and not the pixels: geometry (all of it one affine map
 * through core/resample.ts, so nothing is sampled twice), lowered resolution, light and colour, erased rectangles, and mixing of
 * pairs. Pure: what happens is drawn from the stream given.
 *
 * In use the networks see crops that a detector's box was cut to, and boxes wander: the defaults of `shift` and `scale` cover
 * what a detector gets wrong, and `blur` covers faces that are small in the photo.
 */
import { PhizError } from '../core/error.js';
import type { BoundingBox } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { Random } from '../core/random.js';
import { type Affine, boxToAffine, type PlaneSize, warp } from '../core/resample.js';
import { addGrain } from './grain.js';

/** How much of each change. Probabilities are 0–1, 0 is never; a range of 0 leaves its quantity alone. */
export interface AugmentOptions {
  /** Probability of a mirror image. Default 0.5. */
  readonly flip?: number;
  /** Largest shift in each direction, in sides of the view. Default 0.08. */
  readonly shift?: number;
  /** Largest rotation in degrees. Default 12. */
  readonly rotate?: number;
  /** Smallest and largest magnification of the face, drawn on a log scale. Default [0.85, 1.2]. */
  readonly scale?: readonly [low: number, high: number];
  /** Probability of lowered resolution. Default 0.15. */
  readonly blur?: number;
  /** Most by which the resolution is divided. Default 3. */
  readonly blurFactor?: number;
  /** Largest change of brightness, as a part of full white. Default 0.15. */
  readonly brightness?: number;
  /** Largest change of contrast, as a part of it. Default 0.3. */
  readonly contrast?: number;
  /** Colour only: largest change of saturation, as a part of it. Default 0.3. */
  readonly saturation?: number;
  /** Colour only: probability of losing all colour. Default 0.1. */
  readonly grey?: number;
  /** Colour only: largest gain of each channel by itself, as a part of it (white balance). Default 0.1. */
  readonly channelGain?: number;
  /** Probability of darkness: a half down to a twelfth of the light. Default 0. */
  readonly dark?: number;
  /** Probability of a sensor's noise. Default 0. */
  readonly noise?: number;
  /** Largest standard deviation of that noise, of 255. Default 25. */
  readonly noiseLevel?: number;
  /** Probability of a random rectangle of noise (random erasing, Zhong et al. 2017, arXiv:1708.04896). Default 0.25. */
  readonly erase?: number;
  /** Largest part of the area erased. Default 0.2 (the smallest is 0.02, proportions 0.3 to 3.3, as in the paper). */
  readonly eraseArea?: number;
  /** Both shapes of the Beta distribution of mixing weights (mixup, Zhang et al. 2018, arXiv:1710.09412); 0: none. Default 0.2. */
  readonly mixup?: number;
}

/** What is done unless options say otherwise. */
export const DEFAULT_AUGMENT: Required<AugmentOptions> = {
  flip: 0.5,
  shift: 0.08,
  rotate: 12,
  scale: [0.85, 1.2],
  blur: 0.15,
  blurFactor: 3,
  brightness: 0.15,
  contrast: 0.3,
  saturation: 0.3,
  grey: 0.1,
  channelGain: 0.1,
  dark: 0,
  noise: 0,
  noiseLevel: 25,
  erase: 0.25,
  eraseArea: 0.2,
  mixup: 0.2,
};

/** Nothing is changed. */
export const NO_AUGMENT: Required<AugmentOptions> = {
  flip: 0,
  shift: 0,
  rotate: 0,
  scale: [1, 1],
  blur: 0,
  blurFactor: 1,
  brightness: 0,
  contrast: 0,
  saturation: 0,
  grey: 0,
  channelGain: 0,
  dark: 0,
  noise: 0,
  noiseLevel: 25,
  erase: 0,
  eraseArea: 0.2,
  mixup: 0,
};

const MAXIMA = {
  flip: 1,
  shift: 1,
  rotate: 180,
  blur: 1,
  blurFactor: 16,
  brightness: 1,
  contrast: 1,
  saturation: 1,
  grey: 1,
  channelGain: 1,
  dark: 1,
  noise: 1,
  noiseLevel: 255,
  erase: 1,
  eraseArea: 0.5,
  mixup: 10,
} as const;

/** Options with defaults filled in. Throws PhizError `invalid-option` naming the first that is out of range. */
export function checkAugment(options: AugmentOptions = {}): Required<AugmentOptions> {
  const all = { ...DEFAULT_AUGMENT, ...options };
  for (const [name, maximum] of Object.entries(MAXIMA) as [keyof typeof MAXIMA, number][]) {
    const minimum = name === 'blurFactor' ? 1 : 0;
    if (!(all[name] >= minimum && all[name] <= maximum))
      throw new PhizError('invalid-option', `augmentation: ${name} must be from ${minimum} to ${maximum}; got ${all[name]}`);
  }
  const [low, high] = all.scale;
  if (!(low >= 0.1 && low <= high && high <= 10))
    throw new PhizError(
      'invalid-option',
      `augmentation: scale must be two numbers from 0.1 to 10, low first; got ${low}, ${high}`,
    );
  return all;
}

/** Which part of an image a network is shown. */
export interface ViewOptions {
  /** Side of the square in units of the image's shorter side; above 1 the image's edge repeats. Default 1. */
  readonly cover?: number;
  /** Downward shift of the square's centre in units of the image's shorter side. Default 0. */
  readonly shift?: number;
}

/** The square that is shown, about the image's centre. Throws PhizError `invalid-option`. */
export function viewBox(image: Pick<Image, 'width' | 'height'>, { cover = 1, shift = 0 }: ViewOptions = {}): BoundingBox {
  if (!(cover >= 0.05 && cover <= 10)) throw new PhizError('invalid-option', `view: cover must be from 0.05 to 10; got ${cover}`);
  if (!(Math.abs(shift) <= 1)) throw new PhizError('invalid-option', `view: shift must be from -1 to 1; got ${shift}`);
  const unit = Math.min(image.width, image.height);
  const side = unit * cover;
  return { x: (image.width - side) / 2, y: (image.height - side) / 2 + shift * unit, width: side, height: side };
}

/**
 * Writes a changed view of an image as planes of 0–255 (as warp does) into `out` from `offset`. `settings` come from
 * checkAugment; mixup is mixSamples's business, as it needs a batch.
 */
export function augmentSample(
  image: Image,
  size: PlaneSize,
  view: BoundingBox,
  settings: Required<AugmentOptions>,
  random: Random,
  out: Float32Array,
  offset = 0,
): void {
  const map = jitter(view, size, settings, random);
  const factor = random.chance(settings.blur) ? random.uniform(1, settings.blurFactor) : 1;
  if (factor > 1) warpCoarse(image, map, size, factor, out, offset);
  else warp(image, map, size, out, offset);
  const planes = out.subarray(offset, offset + size.channels * size.width * size.height);
  if (size.channels === 3) changeColour(planes, settings, random);
  changeLight(planes, settings, random);
  // No draw where it cannot happen: older recipes keep their streams.
  if (settings.dark > 0 && random.chance(settings.dark)) darken(planes, random);
  if (settings.noise > 0 && random.chance(settings.noise)) {
    const strength = random.uniform(0, settings.noiseLevel);
    const seed = random.integer(0x7fffffff);
    addGrain(planes, { offset: 0, size: size.width * size.height, planes: size.channels, strength, film: false, seed });
  }
  if (random.chance(settings.erase)) erase(planes, size, settings.eraseArea, random);
}

/** The view's map with flip, shift, rotation and scale drawn. */
function jitter(view: BoundingBox, size: PlaneSize, settings: Required<AugmentOptions>, random: Random): Affine {
  const mirror = random.chance(settings.flip) ? -1 : 1;
  const x = view.x + view.width * (0.5 + random.uniform(-settings.shift, settings.shift));
  const y = view.y + view.height * (0.5 + random.uniform(-settings.shift, settings.shift));
  const angle = (random.uniform(-settings.rotate, settings.rotate) * Math.PI) / 180;
  const zoom = Math.exp(random.uniform(Math.log(settings.scale[0]), Math.log(settings.scale[1])));
  const stepX = view.width / zoom / size.width;
  const stepY = view.height / zoom / size.height;
  const a = mirror * Math.cos(angle) * stepX;
  const b = -Math.sin(angle) * stepY;
  const d = mirror * Math.sin(angle) * stepX;
  const e = Math.cos(angle) * stepY;
  return [a, b, x - (a * size.width + b * size.height) / 2, d, e, y - (d * size.width + e * size.height) / 2];
}

/** Samples at a `factor`-th of the resolution and enlarges that, as if the face had been small in the photo. */
function warpCoarse(image: Image, map: Affine, size: PlaneSize, factor: number, out: Float32Array, offset: number): void {
  const width = Math.max(Math.round(size.width / factor), 4);
  const height = Math.max(Math.round(size.height / factor), 4);
  const [a, b, c, d, e, f] = map;
  const fx = size.width / width;
  const fy = size.height / height;
  const { channels } = size;
  const plane = width * height;
  const small = new Float32Array(channels * plane);
  warp(image, [a * fx, b * fy, c, d * fx, e * fy, f], { width, height, channels }, small);
  const data = new Uint8ClampedArray(channels * plane);
  for (let i = 0; i < plane; i++) for (let k = 0; k < channels; k++) data[i * channels + k] = small[k * plane + i]!;
  const box = { x: 0, y: 0, width, height };
  warp({ width, height, channels, data }, boxToAffine(box, size.width, size.height), size, out, offset);
}

function changeColour(planes: Float32Array, settings: Required<AugmentOptions>, random: Random): void {
  const saturation = random.chance(settings.grey) ? 0 : 1 + random.uniform(-settings.saturation, settings.saturation);
  const gains = [0, 1, 2].map(() => 1 + random.uniform(-settings.channelGain, settings.channelGain));
  const [red, green, blue] = gains as [number, number, number];
  if (saturation === 1 && gains.every((gain) => gain === 1)) return;
  const plane = planes.length / 3;
  for (let i = 0; i < plane; i++) {
    const r = planes[i]! * red;
    const g = planes[i + plane]! * green;
    const b = planes[i + 2 * plane]! * blue;
    const luma = 0.299 * r + 0.587 * g + 0.114 * b;
    planes[i] = luma + saturation * (r - luma);
    planes[i + plane] = luma + saturation * (g - luma);
    planes[i + 2 * plane] = luma + saturation * (b - luma);
  }
}

/** Contrast about the image's own mean, then brightness; clipped to 0–255 as a camera would. */
function changeLight(planes: Float32Array, settings: Required<AugmentOptions>, random: Random): void {
  const contrast = 1 + random.uniform(-settings.contrast, settings.contrast);
  const brightness = 255 * random.uniform(-settings.brightness, settings.brightness);
  let mean = 0;
  if (contrast !== 1) for (const value of planes) mean += value / planes.length;
  for (let i = 0; i < planes.length; i++) {
    const value = contrast === 1 ? planes[i]! + brightness : mean + contrast * (planes[i]! - mean) + brightness;
    planes[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

/** As an exposure that was too short: all values by one factor, before any noise. */
function darken(planes: Float32Array, random: Random): void {
  const light = Math.exp(random.uniform(Math.log(1 / 12), Math.log(1 / 2)));
  for (let i = 0; i < planes.length; i++) planes[i]! *= light;
}

function erase(planes: Float32Array, size: PlaneSize, largest: number, random: Random): void {
  const area = random.uniform(Math.min(0.02, largest), largest) * size.width * size.height;
  const aspect = Math.exp(random.uniform(Math.log(0.3), Math.log(3.3)));
  const width = Math.min(Math.round(Math.sqrt(area * aspect)), size.width);
  const height = Math.min(Math.round(Math.sqrt(area / aspect)), size.height);
  const left = random.integer(size.width - width + 1);
  const top = random.integer(size.height - height + 1);
  for (let c = 0; c < size.channels; c++)
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++) planes[(c * size.height + y) * size.width + x] = random.uniform(0, 255);
}

/**
 * Mixes each sample of a batch with another of it, inputs and targets alike, in place, each pair with its own weight drawn from
 * Beta(alpha, alpha). `inputs` and `targets` hold `count` samples back to back.
 */
export function mixSamples(inputs: Float32Array, targets: Float32Array, count: number, alpha: number, random: Random): void {
  if (alpha <= 0 || count < 2) return;
  const partners = random.shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  const weights = Array.from({ length: count }, () => random.beta(alpha, alpha));
  for (const values of [inputs, targets]) {
    const before = values.slice();
    const each = values.length / count;
    for (let n = 0; n < count; n++) {
      const own = weights[n]!;
      const other = partners[n]! * each;
      for (let i = 0; i < each; i++) values[n * each + i] = own * before[n * each + i]! + (1 - own) * before[other + i]!;
    }
  }
}
