/**
 * Aligns a face to a template of five landmarks by the similarity (rotation, scale, translation) of least squared error, so that a
 * classifier sees every face upright and at one size. The template is the usual one of face recognition (112×112 pixels, as
 * InsightFace and SCRFD's authors publish it). A face without landmarks is aligned by where they lie in an upright face's
 * box. Geometry only; no pixels.
 */
import { type BoundingBox, LANDMARK_ORDER, type Landmarks, landmarksOf, type Point, sideOf } from '../core/geometry.js';
import type { Affine } from '../core/resample.js';

/** Where the five points lie in the template, whose side is 1; in LANDMARK_ORDER. */
const TEMPLATE: readonly Point[] = (
  [
    [38.2946, 51.6963],
    [73.5318, 51.5014],
    [56.0252, 71.7366],
    [41.5493, 92.3655],
    [70.7299, 92.2041],
  ] as const
).map(([x, y]) => ({ x: x / 112, y: y / 112 }));

/** Where they lie in an upright face's box: means over 547 faces of the detection data's validation part, as SCRFD sees them. */
const IN_BOX: readonly Point[] = [
  { x: 0.281, y: 0.389 },
  { x: 0.719, y: 0.389 },
  { x: 0.5, y: 0.58 },
  { x: 0.322, y: 0.745 },
  { x: 0.678, y: 0.745 },
];

/** How much larger or smaller than its box a face may come out by its points before they are taken for wrong. */
const PLAUSIBLE = 2.2;

/** How the square that is shown lies on the template. */
export interface AlignRule {
  /** Side of the square in sides of the template. */
  readonly margin: number;
  /** Downward shift of its centre from the template's, in the same unit. */
  readonly shift: number;
}

/** The map that shows the aligned face in an output of `width`×`height` pixels. */
export function alignedMap(
  { box, landmarks }: { readonly box: BoundingBox; readonly landmarks: Landmarks | null },
  { margin, shift }: AlignRule,
  width: number,
  height: number,
): Affine {
  const expected = fit(landmarksInBox(box));
  const byPoints = landmarks ? fit(landmarks) : expected;
  const ratio = byPoints.size / expected.size;
  const { turn, centre } = ratio > 1 / PLAUSIBLE && ratio < PLAUSIBLE ? byPoints : expected;
  // Output pixel → template → image.
  const [su, sv] = [margin / width, margin / height];
  const [left, top] = [0.5 - margin / 2, 0.5 + shift - margin / 2];
  const [cos, sin] = turn;
  const [a, b, d, e] = [cos * su, -sin * sv, sin * su, cos * sv];
  const [tx, ty] = [left - TEMPLATE_CENTRE.x, top - TEMPLATE_CENTRE.y];
  return [a, b, centre.x + cos * tx - sin * ty, d, e, centre.y + sin * tx + cos * ty];
}

/** The points of an upright face in its box. */
function landmarksInBox(box: BoundingBox): Landmarks {
  const { x, y, width, height } = box;
  const side = Math.max(sideOf(box), 1e-3);
  // Boxes cut by an edge, or drawn as squares, have other proportions: the usual one about the centre.
  const [w, h] = [side * Math.sqrt(0.78), side / Math.sqrt(0.78)];
  return landmarksOf((k) => ({
    x: x + width / 2 + (IN_BOX[k]!.x - 0.5) * w,
    y: y + height / 2 + (IN_BOX[k]!.y - 0.5) * h,
  }));
}

const TEMPLATE_CENTRE = mean(TEMPLATE);
const TEMPLATE_SPREAD = TEMPLATE.reduce((sum, { x, y }) => sum + (x - TEMPLATE_CENTRE.x) ** 2 + (y - TEMPLATE_CENTRE.y) ** 2, 0);

/** The similarity from template to image: `turn` is its size times (cos, sin), `centre` where the template's centre of points goes. */
function fit(landmarks: Landmarks): { readonly turn: readonly [number, number]; readonly centre: Point; readonly size: number } {
  const points = LANDMARK_ORDER.map((name) => landmarks[name]);
  const centre = mean(points);
  let cos = 0;
  let sin = 0;
  for (const [k, point] of points.entries()) {
    const tx = TEMPLATE[k]!.x - TEMPLATE_CENTRE.x;
    const ty = TEMPLATE[k]!.y - TEMPLATE_CENTRE.y;
    const px = point.x - centre.x;
    const py = point.y - centre.y;
    cos += tx * px + ty * py;
    sin += tx * py - ty * px;
  }
  return { turn: [cos / TEMPLATE_SPREAD, sin / TEMPLATE_SPREAD], centre, size: Math.hypot(cos, sin) / TEMPLATE_SPREAD };
}

function mean(points: readonly Point[]): Point {
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
}
