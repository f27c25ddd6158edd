/** Which of the faces that a detector found are kept: decided here, for images and for the frames of clips. */
import { type BoundingBox, clipBox, sideOf } from '../core/geometry.js';
import type { Detection } from '../detect/detector.js';

/** The limits, all of them given; sizes are sides (roots of the area) of boxes clipped to the image, in its pixels. */
export interface KeptFacesLimits {
  readonly minFace: number;
  readonly maxFace?: number | undefined;
  readonly maxFaces: number;
  /** Lowest score kept. */
  readonly minScore: number;
  /** Score from which a face counts among `maxFaces`; those below come besides. Default: all count. */
  readonly countedFrom?: number | undefined;
}

/** Side of a face as limits measure it, in pixels of the image. */
export function faceSize(box: BoundingBox, { width, height }: { readonly width: number; readonly height: number }): number {
  return sideOf(clipBox(box, width, height));
}

/** The faces kept, largest first. */
export function keepFaces(
  found: readonly Detection[],
  image: { readonly width: number; readonly height: number },
  { minFace, maxFace = Infinity, maxFaces, minScore, countedFrom = -Infinity }: KeptFacesLimits,
): readonly Detection[] {
  let counted = 0;
  return found
    .map((detection) => ({ detection, size: faceSize(detection.box, image) }))
    .filter(({ detection: { score }, size }) => size >= minFace && size <= maxFace && score >= minScore)
    .sort(
      ({ detection: a, size: sizeA }, { detection: b, size: sizeB }) =>
        sizeB - sizeA || b.score - a.score || a.box.y - b.box.y || a.box.x - b.box.x,
    )
    .filter(({ detection: { score } }) => score < countedFrom || ++counted <= maxFaces)
    .map(({ detection }) => detection);
}
