/**
 * Parts of an image that are looked at one after the other where the whole would be too much at once, or too small to see: tiles that
 * overlap, each with a core for which it answers, and how what is found in them becomes one list. Knows no detector and no sizes of
 * faces; detect-scales.ts says how large tiles are.
 */
import { type BoundingBox, mapLandmarks, type Point, sideOf } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { Detection } from '../detect/detector.js';
import { suppress } from '../detect/nms.js';

/** A part of an image in whole pixels, and its core. The cores of all tiles cover the plane; those at the image's edge have no end there. */
export interface Tile extends BoundingBox {
  readonly core: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

/** Overlap from which faces of two tiles are the same face. */
const SAME_FACE = 0.4;

/** Share of its side by which a face's centre may lie beyond the core: two tiles place it a little differently, and one of them must count. */
const SLACK = 0.25;

/**
 * Tiles that cover an image, none wider or higher than `most`, each with `margin` pixels of its neighbours about its core: what is at most twice as large
 * as that is whole in the tile whose core has its centre. One tile is the whole image where that is no larger than `most`.
 */
export function tilesOf(
  { width, height }: Pick<Image, 'width' | 'height'>,
  { most, margin }: { readonly most: number; readonly margin: number },
): readonly Tile[] {
  const columns = spansOf(width, most, margin);
  return spansOf(height, most, margin).flatMap((row) =>
    columns.map((column) => ({
      x: column.start,
      y: row.start,
      width: column.end - column.start,
      height: row.end - row.start,
      core: { left: column.from, top: row.from, right: column.to, bottom: row.to },
    })),
  );
}

/** One axis of tiles: from `start` to `end`, the core from `from` to `to`. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

function spansOf(side: number, most: number, margin: number): readonly Span[] {
  const count = side <= most ? 1 : Math.ceil(side / (most - 2 * margin));
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [(i * side) / count, ((i + 1) * side) / count];
    return {
      start: Math.max(Math.floor(from - margin), 0),
      end: Math.min(Math.ceil(to + margin), side),
      from: i === 0 ? Number.NEGATIVE_INFINITY : from,
      to: i === count - 1 ? Number.POSITIVE_INFINITY : to,
    };
  });
}

/** The pixels of a tile; the image itself where that is all of it. */
export function cutTile(image: Image, { x, y, width, height }: BoundingBox): Image {
  if (width === image.width && height === image.height) return image;
  const { channels, data } = image;
  const out = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * channels;
    out.set(data.subarray(from, from + width * channels), row * width * channels);
  }
  return { width, height, channels, data: out };
}

/**
 * What `look` finds in each tile of an image, in pixels of the image, each face once. One tile's pixels are held at a time. Throws what
 * `look` throws.
 */
export async function lookInTiles<T extends Tile>(
  image: Image,
  tiles: readonly T[],
  look: (part: Image, tile: T) => Promise<readonly Detection[]>,
): Promise<readonly Detection[]> {
  const found: Detection[] = [];
  for (const tile of tiles)
    for (const face of await look(cutTile(image, tile), tile)) {
      const seen = movedBy(face, tile);
      if (answersFor(tile, seen.box)) found.push(seen);
    }
  return tiles.length > 1 ? suppress(found, SAME_FACE) : found;
}

function movedBy(face: Detection, by: Point): Detection {
  const move = ({ x, y }: Point): Point => ({ x: x + by.x, y: y + by.y });
  return { ...face, box: { ...face.box, ...move(face.box) }, landmarks: face.landmarks && mapLandmarks(face.landmarks, move) };
}

function answersFor({ core }: Tile, box: BoundingBox): boolean {
  const slack = SLACK * sideOf(box);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return x >= core.left - slack && x <= core.right + slack && y >= core.top - slack && y <= core.bottom + slack;
}
