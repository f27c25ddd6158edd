/**
 * Where faces are to be hidden, an image is looked at as closely as it can be, whatever an analysis keeps: once as a whole, then
 * piece by piece at its full size, small images enlarged, with a margin so that faces cut by the image's edge are met inside the
 * detector's view, and with a low threshold. A chair hidden by mistake costs nothing; a face that is not hidden does.
 */
import { type BoundingBox, iou } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import { turnBack, turnBox, turnImage } from '../core/turn.js';
import { DETECT_SIZE } from '../detect/letterbox.js';
import { LARGEST_DETECT_SIZE } from '../results/analysis-options.js';
import type { Analyzer } from './analyzer.js';

/** Share of the detector's own threshold from which something is hidden. */
const LOW = 0.4;
/** Side in pixels of a piece as the detector sees it, without the margin. */
const PIECE = 1280;
/** Pixels about a piece, of its neighbours or grey: as wide as the largest face that only the pieces show. */
const MARGIN = 64;
/** Largest face, in pixels of a piece, for which the pieces are asked: the whole shows larger ones better. */
const LARGEST_IN_PIECE = 2 * MARGIN;
/** Smallest face hidden, in pixels of a piece: what is smaller is no face to anybody. */
const SMALLEST = 8;
/** Longest side at which the whole is looked at for small faces, and side of a face in pixels that a detector finds then. */
const LARGEST_WHOLE = 2048;
const SMALLEST_SEEN = 10;
/** More faces than any image has. */
const MOST = 10_000;
/** Two boxes that overlap this much hide the same. */
const SAME = 0.7;

export interface CloseLookOptions {
  /** Looks at an image in which no sure face is found turned, as `analyze` does; default true. */
  readonly turn?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every box in an image that may hold a face, unclipped, in pixels of the image. Needs the image as it is, before anything is
 * drawn on it. Throws as `Analyzer.detect`.
 *
 * @example const hide = await lookClosely(analyzer, image);
 */
export async function lookClosely(
  analyzer: Pick<Analyzer, 'detect' | 'defaults'>,
  image: Image,
  { turn, signal }: CloseLookOptions = {},
): Promise<readonly BoundingBox[]> {
  const options = { maxFaces: MOST, minConfidence: LOW * analyzer.defaults.minConfidence, signal };
  const found: BoundingBox[] = [];
  const add = (box: BoundingBox): void => {
    if (!found.some((known) => iou(known, box) > SAME)) found.push(box);
  };
  const whole = await analyzer.detect(image, { ...options, minFace: smallestInWhole(image), detectSize: wholeSize(image), turn });
  for (const { box } of whole) add(box);
  const lying = whole.find((face) => face.turn)?.turn;
  if (lying) {
    const turned = turnImage(image, lying);
    for (const box of await lookClosely(analyzer, turned, { turn: false, signal })) add(turnBox(box, turnBack(lying), turned));
  }
  for (const piece of piecesOf(image)) {
    const { left, top, scale } = piece;
    const view = cut(image, piece);
    const longest = Math.max(view.width, view.height);
    const small = { minFace: SMALLEST, maxFace: LARGEST_IN_PIECE, detectSize: longest, turn: false };
    for (const { box } of await analyzer.detect(view, { ...options, ...small }))
      if (Math.max(box.width, box.height) <= LARGEST_IN_PIECE)
        add({ x: left + box.x / scale, y: top + box.y / scale, width: box.width / scale, height: box.height / scale });
  }
  return found;
}

/** The size at which the whole is looked at: so large that faces which the pieces leave to it are found. */
function wholeSize({ width, height }: Image): number {
  return Math.min(Math.max(DETECT_SIZE, Math.ceil(Math.max(width, height) / 8)), LARGEST_DETECT_SIZE);
}

/**
 * The smallest face asked of the whole: small ones are asked of the pieces, and a look at all of a large image at the size that shows
 * them would take gigabytes.
 */
function smallestInWhole({ width, height }: Image): number {
  return Math.max(SMALLEST, (SMALLEST_SEEN * Math.max(width, height)) / LARGEST_WHOLE);
}

/** A part of an image, margin included: where it begins in the image (it may begin before it), its size and enlargement. */
interface Piece {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** Pieces that cover the image. */
export function piecesOf({ width, height }: Pick<Image, 'width' | 'height'>): readonly Piece[] {
  const scale = 2 * Math.max(width, height) <= PIECE ? 2 : 1;
  const margin = MARGIN / scale;
  const starts = (side: number): readonly number[] => {
    const count = Math.ceil((side * scale) / PIECE);
    return Array.from({ length: count }, (_, i) => Math.round((i * side) / count));
  };
  const [lefts, tops] = [starts(width), starts(height)];
  return tops.flatMap((top, row) =>
    lefts.map((left, column) => ({
      left: left - margin,
      top: top - margin,
      width: (lefts[column + 1] ?? width) - left + 2 * margin,
      height: (tops[row + 1] ?? height) - top + 2 * margin,
      scale,
    })),
  );
}

/** The pixels of a piece; beyond the image the middle grey of a neutral ground. */
function cut(image: Image, { left, top, width, height, scale }: Piece): Image {
  const { channels, data } = image;
  const [w, h] = [width * scale, height * scale];
  const out = new Uint8Array(w * h * channels).fill(128);
  for (let y = 0; y < h; y++) {
    const sy = (y + 0.5) / scale - 0.5 + top;
    if (sy <= -1 || sy >= image.height) continue;
    const y0 = Math.max(Math.floor(sy), 0);
    if (scale === 1) {
      const from = Math.max(left, 0);
      const to = Math.min(left + width, image.width);
      const row = data.subarray((sy * image.width + from) * channels, (sy * image.width + to) * channels);
      out.set(row, (y * w + from - left) * channels);
      continue;
    }
    const y1 = Math.min(y0 + 1, image.height - 1);
    const fy = Math.max(sy - y0, 0);
    for (let x = 0; x < w; x++) {
      const sx = (x + 0.5) / scale - 0.5 + left;
      if (sx <= -1 || sx >= image.width) continue;
      const x0 = Math.max(Math.floor(sx), 0);
      const x1 = Math.min(x0 + 1, image.width - 1);
      const fx = Math.max(sx - x0, 0);
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number) => data[(row * image.width + column) * channels + c]!;
        const upper = at(y0, x0) * (1 - fx) + at(y0, x1) * fx;
        const lower = at(y1, x0) * (1 - fx) + at(y1, x1) * fx;
        out[(y * w + x) * channels + c] = Math.round(upper * (1 - fy) + lower * fy);
      }
    }
  }
  return { width: w, height: h, channels, data: out };
}
