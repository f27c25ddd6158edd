/**
 * Composes training images for the detector: crops zoomed onto a face, whole photos at random scales, 2×2 mosaics of both,
 * portraits cropped so tightly that the face fills the frame, images without a face, stretches of a photo's background, what a
 * detector took for a face before, and painted lights and fabrics (lights.ts); turned, mirrored and distorted (distort.ts). Faces are
 * zoomed to sizes spread evenly over their logarithm, since labelled ones are small and those of users' photos often large. Pixels
 * come out as planes of 0–255, faces in pixels of the composed image; a face's box is not clipped, so that it reaches beyond the
 * frame where the face does. Targets are assign.ts's business.
 */
import { PhizError } from '../../core/error.js';
import { type BoundingBox, clipBox, type Point, shareInside, sideOf } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import { pick, type Random } from '../../core/random.js';
import { type DistortOptions, distort } from './distort.js';
import { paint } from './lights.js';
import { cutAbout, keepFilled, logUniform, pose } from './pose.js';
import { cropImage } from './reduce.js';
import { draw, shift, transform, type View } from './view.js';
import type { FaceRecord, LabelledFace } from './wider.js';

/** Labelled images, decoded. */
export interface FacePool {
  readonly records: readonly FaceRecord[];
  /** The image of record `index`, of the size that the record gives. */
  image(index: number): Image;
}

export interface ComposeOptions {
  /** Side of the composed square in pixels. */
  readonly size: number;
  /** Shares of the kinds of image, relative to their sum; a kind left out is not shown. */
  readonly shares?: Readonly<Partial<Record<ImageKind, number>>> | undefined;
  /** Most that a labelled image is enlarged. */
  readonly maxZoom?: number | undefined;
  /** Faces smaller than this (root of the area, pixels) are regions to ignore. */
  readonly minFace?: number | undefined;
  /** Least visible part of a face's box that still counts as a face. */
  readonly minVisible?: number | undefined;
  /** Chances of distortions. */
  readonly distortion?: DistortOptions | undefined;
}

export type ImageKind = 'zoom' | 'plain' | 'mosaic' | 'portrait' | 'negative' | 'background' | 'mistaken' | 'painted';

export interface Composer {
  /** Writes one image's red, green and blue planes (3·size·size floats, 0–255) into `out` and returns its faces. */
  compose(random: Random, out: Float32Array, offset?: number): readonly LabelledFace[];
}

const SHARES = {
  zoom: 0.3,
  plain: 0.12,
  mosaic: 0.28,
  portrait: 0.06,
  negative: 0.08,
  background: 0.06,
  mistaken: 0.08,
  painted: 0.02,
} as const;
const CELL_SHARES = { zoom: 0.5, plain: 0.14, portrait: 0.1, negative: 0.12, background: 0.06, mistaken: 0.08 } as const;

/** Across a seam lies another image: a mosaic's faces must have their centres, where they are taught, well inside. */
const CELL_VISIBLE = 0.65;

/** Sorts the pool once and hands back a function of the random stream alone. Throws PhizError `invalid-data` for an empty pool. */
export function createComposer(
  pool: FacePool,
  { size, shares = SHARES, maxZoom = 4, minFace = 6, minVisible = 0.4, distortion = {} }: ComposeOptions,
): Composer {
  if (!Number.isInteger(size) || size < 32)
    throw new PhizError('invalid-option', `size must be a whole number from 32; got ${size}`);
  const faces: { size: number; record: number; face: LabelledFace }[] = [];
  const positives: number[] = [];
  const negatives: number[] = [];
  const mistakes: { readonly record: number; readonly box: BoundingBox }[] = [];
  for (const [record, { faces: labelled, mistaken = [] }] of pool.records.entries()) {
    for (const box of mistaken) mistakes.push({ record, box });
    (labelled.length > 0 ? positives : negatives).push(record);
    for (const face of labelled) if (!face.ignore) faces.push({ size: sideOf(face.box), record, face });
  }
  if (faces.length === 0) throw new PhizError('invalid-data', `none of the ${pool.records.length} labelled images shows a face`);
  faces.sort((a, b) => a.size - b.size);
  const sizes = faces.map((face) => face.size);

  /** A face that is shown `target` pixels large without shrinking or enlarging its image too much. */
  function pickFace(random: Random, target: number) {
    const first = Math.min(lowerBound(sizes, target / maxZoom), faces.length - 1);
    const last = Math.max(lowerBound(sizes, target * 1.5), first + 1);
    return faces[first + random.integer(last - first)]!;
  }

  function all(record: number): View['faces'] {
    return pool.records[record]!.faces.map((face) => ({ face, visible: 1 }));
  }

  /** Onto a face, made `smallest` pixels large at least and `largest` of the frame at most. */
  function zoom(random: Random, width: number, height: number, smallest: number, largest: number): View {
    const target = logUniform(random, smallest, largest * Math.min(width, height));
    const { record, face, size: faceSize } = pickFace(random, target);
    const scale = Math.min(target / faceSize, maxZoom);
    const form = pose(random, scale);
    // Up to a fifth of the face may leave the frame; one larger than the frame stays near its middle.
    const place = (length: number) => {
      const margin = Math.min(0.3 * scale * faceSize, 0.45 * length);
      return random.uniform(margin, length - margin);
    };
    const { x, y, width: w, height: h } = face.box;
    const from = { x: x + w / 2, y: y + h / 2 };
    const to = { x: place(width), y: place(height) };
    const image = pool.image(record);
    return { image, faces: all(record), from, to: keepFilled(random, image, from, to, form, width, height), ...form };
  }

  /** Onto a place of a photo: its background, or a face that somebody there happens to have. */
  function place(random: Random, record: number, from: Point, scale: number, width: number, height: number): View {
    const image = pool.image(record);
    const form = pose(random, scale);
    const to = { x: random.uniform(0.2, 0.8) * width, y: random.uniform(0.2, 0.8) * height };
    return { image, faces: all(record), from, to: keepFilled(random, image, from, to, form, width, height), ...form };
  }

  function background(random: Random, width: number, height: number): View {
    const record = positives[random.integer(positives.length)]!;
    const image = pool.image(record);
    const from = { x: random.uniform(0, image.width), y: random.uniform(0, image.height) };
    return place(random, record, from, logUniform(random, 0.6, maxZoom), width, height);
  }

  /** Near the size at which it was taken for a face. */
  function mistaken(random: Random, width: number, height: number): View {
    if (mistakes.length === 0) return background(random, width, height);
    const { record, box } = mistakes[random.integer(mistakes.length)]!;
    const fits = (0.9 * Math.min(width, height)) / Math.max(box.width, box.height);
    const scale = Math.min(logUniform(random, 0.6, 1.8), fits);
    return place(random, record, { x: box.x + box.width / 2, y: box.y + box.height / 2 }, scale, width, height);
  }

  function whole(random: Random, record: number, width: number, height: number): View {
    const image = pool.image(record);
    const longest = Math.max(width, height) * logUniform(random, 0.6, 2.2);
    const form = pose(random, Math.min(longest / Math.max(image.width, image.height), maxZoom));
    const from = { x: image.width / 2, y: image.height / 2 };
    const slide = (side: number, length: number) =>
      length / 2 + random.uniform(-0.5, 0.5) * Math.max(Math.abs(side * form.scale - length), 0.1 * length);
    const to = { x: slide(image.width, width), y: slide(image.height, height) };
    return { image, faces: all(record), from, to, ...form };
  }

  /** A photo cropped to about one face, as data sets of expressions are. */
  function portrait(random: Random, width: number, height: number): View {
    const side = Math.min(width, height);
    const target = logUniform(random, Math.max(24, 0.15 * side), 1.05 * side);
    const { record, face, size: faceSize } = pickFace(random, target);
    const whole = pool.image(record);
    const frame = cutAbout(random, face.box, whole);
    const image = cropImage(whole, frame);
    const form = pose(random, Math.min(target / faceSize, maxZoom));
    // Half of them where the detector pads: at the top left.
    const aligned = random.chance(0.5);
    const place = (side: number, length: number) =>
      aligned ? (side * form.scale) / 2 : length / 2 + random.uniform(-0.5, 0.5) * Math.abs(length - side * form.scale);
    const to = { x: place(image.width, width), y: place(image.height, height) };
    const shown = pool.records[record]!.faces.map((other) => ({
      face: shift(other, -frame.x, -frame.y),
      visible: shareInside(other.box, frame),
    })).filter((other) => other.visible > 0);
    return { image, faces: shown, from: { x: image.width / 2, y: image.height / 2 }, to, ...form };
  }

  function view(
    random: Random,
    kind: Exclude<ImageKind, 'mosaic' | 'painted'>,
    width: number,
    height: number,
    smallest: number,
    largest: number,
  ): View {
    if (kind === 'negative' && negatives.length > 0)
      return whole(random, negatives[random.integer(negatives.length)]!, width, height);
    if (kind === 'plain') return whole(random, positives[random.integer(positives.length)]!, width, height);
    if (kind === 'portrait') return portrait(random, width, height);
    if (kind === 'background') return background(random, width, height);
    if (kind === 'mistaken') return mistaken(random, width, height);
    return zoom(random, width, height, smallest, largest);
  }

  /** Draws a view and tells its faces; those of which less than `least` is seen, or too small, as regions to ignore. */
  function show(given: View, width: number, height: number, least: number, random: Random, out: Float32Array, offset: number) {
    draw(given, width, height, out, offset);
    distort(out, width, height, random, offset, distortion);
    return given.faces.flatMap(({ face, visible }): LabelledFace[] => {
      const moved = transform(face, given);
      const share = visible * shareInside(moved.box, { x: 0, y: 0, width, height });
      if (share <= 0) return [];
      const small = sideOf(moved.box) < minFace;
      if (!moved.ignore && !small && share >= least) return [moved];
      return [{ box: clipBox(moved.box, width, height), ignore: true }];
    });
  }

  const cell = new Float32Array(3 * size * size);

  function mosaic(random: Random, out: Float32Array, offset: number): LabelledFace[] {
    const splitX = Math.round(size * random.uniform(0.3, 0.7));
    const splitY = Math.round(size * random.uniform(0.3, 0.7));
    const composed: LabelledFace[] = [];
    for (const y of [0, splitY])
      for (const x of [0, splitX]) {
        const width = x === 0 ? splitX : size - splitX;
        const height = y === 0 ? splitY : size - splitY;
        const kind = pick(random, CELL_SHARES);
        const found = show(
          view(random, kind, width, height, 8, 0.85),
          width,
          height,
          Math.max(minVisible, CELL_VISIBLE),
          random,
          cell,
          0,
        );
        for (let plane = 0; plane < 3; plane++)
          for (let row = 0; row < height; row++) {
            const from = (plane * height + row) * width;
            out.set(cell.subarray(from, from + width), offset + (plane * size + y + row) * size + x);
          }
        composed.push(...found.map((face) => shift(face, x, y)));
      }
    return composed;
  }

  return {
    compose(random, out, offset = 0) {
      const kind = pick(random, shares);
      if (kind === 'mosaic') return mosaic(random, out, offset);
      if (kind === 'painted') {
        paint(random, size, size, out, offset);
        distort(out, size, size, random, offset, distortion);
        return [];
      }
      return show(view(random, kind, size, size, 8, 0.98), size, size, minVisible, random, out, offset);
    },
  };
}

/** Index of the first of some ascending values that is not below `value`. */
function lowerBound(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
