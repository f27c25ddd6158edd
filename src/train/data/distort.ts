/**
 * What cameras, scanners and codecs do to a photo, at random: soft or over-sharpened, dark, flat, tinted, grey, grainy. Works in
 * place on float planes of 0–255; moves nothing, so labels stay as they are.
 */
import type { Random } from '../../core/random.js';
import { addGrain } from '../grain.js';
import { logUniform } from './pose.js';

/** Chances of each distortion. */
export interface DistortOptions {
  readonly soften?: number | undefined;
  readonly sharpen?: number | undefined;
  readonly tone?: number | undefined;
  /** Darkness: a third down to a twentieth of the light. */
  readonly dark?: number | undefined;
  readonly gamma?: number | undefined;
  readonly tint?: number | undefined;
  readonly grey?: number | undefined;
  readonly grain?: number | undefined;
}

/** Distorts three planes of `width`×`height` from `offset` on. */
export function distort(
  planes: Float32Array,
  width: number,
  height: number,
  random: Random,
  offset = 0,
  {
    soften = 0.2,
    sharpen = 0.2,
    tone = 0.7,
    dark = 0.12,
    gamma = 0.3,
    tint = 0.35,
    grey = 0.25,
    grain = 0.2,
  }: DistortOptions = {},
): void {
  const size = width * height;

  const focus = random.uniform();
  if (focus < soften) blend(planes, offset, width, height, random.uniform(0.3, 1), 1 + random.integer(3));
  else if (focus < soften + sharpen) blend(planes, offset, width, height, -random.uniform(0.2, 1.2), 1);
  const lift = random.chance(tone) ? random.uniform(-45, 45) : 0;
  const contrast = random.chance(tone) ? Math.exp(random.uniform(-0.5, 0.4)) : 1;
  const light = random.chance(dark) ? logUniform(random, 0.05, 0.35) : 1;
  const curve = random.chance(gamma) ? powers(Math.exp(random.uniform(-0.6, 0.6))) : undefined;
  const reduced = random.chance(grey);
  if (reduced) toGrey(planes, offset, size);
  // Grey photos are rarely tinted, and then as a whole: sepia.
  const tinted = random.chance(reduced ? tint / 5 : tint);
  const gain = () => (tinted ? random.uniform(0.87, 1.13) : 1);
  const gains = [gain(), gain(), gain()];
  for (let plane = 0; plane < 3; plane++) {
    const scale = light * contrast * gains[plane]!;
    const shift = light * (127.5 * (1 - contrast) + lift);
    const end = offset + (plane + 1) * size;
    for (let i = end - size; i < end; i++) {
      const value = planes[i]! * scale + shift;
      const kept = value < 0 ? 0 : value > 255 ? 255 : value;
      planes[i] = curve ? curve[(kept * 4) | 0]! : kept;
    }
  }
  if (random.chance(grain)) {
    const strength = random.uniform(2, 14);
    addGrain(planes, { offset, size, planes: 3, strength, film: random.chance(0.5), seed: random.integer(0x7fffffff) });
  }
}

/** Moves each pixel towards the mean of its 3×3 neighbours by `amount`, or away from it where negative; clamps to 0–255. */
function blend(planes: Float32Array, offset: number, width: number, height: number, amount: number, passes: number): void {
  const size = width * height;
  const sums = new Float32Array(size);
  for (let pass = 0; pass < passes; pass++)
    for (let plane = 0; plane < 3; plane++) {
      const start = offset + plane * size;
      for (let y = 0; y < height; y++) {
        const row = start + y * width;
        for (let x = 0; x < width; x++) {
          const left = x > 0 ? x - 1 : 0;
          const right = x < width - 1 ? x + 1 : x;
          sums[y * width + x] = planes[row + left]! + planes[row + x]! + planes[row + right]!;
        }
      }
      for (let y = 0; y < height; y++) {
        const above = (y > 0 ? y - 1 : 0) * width;
        const below = (y < height - 1 ? y + 1 : y) * width;
        for (let x = 0; x < width; x++) {
          const i = start + y * width + x;
          const mean = (sums[above + x]! + sums[y * width + x]! + sums[below + x]!) / 9;
          const value = planes[i]! + amount * (mean - planes[i]!);
          planes[i] = value < 0 ? 0 : value > 255 ? 255 : value;
        }
      }
    }
}

/** 255·(v/255)^exponent for v in quarters. */
function powers(exponent: number): Float32Array {
  return Float32Array.from({ length: 1021 }, (_, i) => 255 * (i / 1020) ** exponent);
}

/** BT.601 luma in all three planes. */
function toGrey(planes: Float32Array, offset: number, size: number): void {
  for (let i = offset; i < offset + size; i++) {
    const luma = 0.299 * planes[i]! + 0.587 * planes[i + size]! + 0.114 * planes[i + 2 * size]!;
    planes[i] = luma;
    planes[i + size] = luma;
    planes[i + 2 * size] = luma;
  }
}
