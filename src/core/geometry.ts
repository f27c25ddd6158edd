/**
 * Boxes, points and their arithmetic, in pixels of the displayed image (x to the right, y down, origin at the
 * top left corner of the top left pixel). Pure functions; no pixels here.
 */

/** A point in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An axis-parallel bounding box in pixels. */
export interface BoundingBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Five landmarks, named from the viewer: `leftEye` is the eye on the left of the image. */
export interface Landmarks {
  readonly leftEye: Point;
  readonly rightEye: Point;
  readonly nose: Point;
  readonly leftMouth: Point;
  readonly rightMouth: Point;
}

/** The five landmarks in the order in which networks predict them and label files list them. */
export const LANDMARK_ORDER = [
  'leftEye',
  'rightEye',
  'nose',
  'leftMouth',
  'rightMouth',
] as const satisfies readonly (keyof Landmarks)[];

/** Landmarks from a mark each by number, in the order of `Landmarks`: how labels and networks list them. */
export function landmarksOf(mark: (index: number) => Point): Landmarks {
  return { leftEye: mark(0), rightEye: mark(1), nose: mark(2), leftMouth: mark(3), rightMouth: mark(4) };
}

/** Landmarks with each of them moved; in a mirror the viewer's left and right change places. */
export function mapLandmarks(marks: Landmarks, move: (point: Point) => Point, mirrored = false): Landmarks {
  return {
    leftEye: move(mirrored ? marks.rightEye : marks.leftEye),
    rightEye: move(mirrored ? marks.leftEye : marks.rightEye),
    nose: move(marks.nose),
    leftMouth: move(mirrored ? marks.rightMouth : marks.leftMouth),
    rightMouth: move(mirrored ? marks.leftMouth : marks.rightMouth),
  };
}

/** A box in an image whose sides are now `sx` and `sy` times as long. */
export function scaleBox({ x, y, width, height }: BoundingBox, sx: number, sy = sx): BoundingBox {
  return { x: x * sx, y: y * sy, width: width * sx, height: height * sy };
}

/** Area of a box in square pixels. */
export function area(box: BoundingBox): number {
  return Math.max(0, box.width) * Math.max(0, box.height);
}

/** Side in pixels of the square whose area a box has: what is meant by the size of a face. */
export function sideOf(box: BoundingBox): number {
  return Math.sqrt(area(box));
}

/** Area in square pixels that two boxes have in common. */
export function intersection(a: BoundingBox, b: BoundingBox): number {
  const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

/** The share of a box that lies inside a frame, 0–1. */
export function shareInside(box: BoundingBox, frame: BoundingBox): number {
  const inside = intersection(box, frame);
  return inside > 0 ? inside / area(box) : 0;
}

/** Intersection over union of two boxes, 0–1. */
export function iou(a: BoundingBox, b: BoundingBox): number {
  const inter = intersection(a, b);
  // Of boxes next to nothing the product may be nothing.
  return inter > 0 ? inter / (area(a) + area(b) - inter) : 0;
}

/** The part of a box inside an image of the given size. Width or height is 0 where nothing is left. */
export function clipBox(box: BoundingBox, width: number, height: number): BoundingBox {
  const x0 = Math.min(Math.max(box.x, 0), width);
  const y0 = Math.min(Math.max(box.y, 0), height);
  const x1 = Math.min(Math.max(box.x + box.width, 0), width);
  const y1 = Math.min(Math.max(box.y + box.height, 0), height);
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/**
 * The square that a classifier sees: centred on the box (shifted by `shift` box sides, down positive), its side the root of
 * the box's area times `margin`. May reach beyond the image; resampling repeats the edge there.
 */
export function squareCrop(box: BoundingBox, options: { readonly margin: number; readonly shift?: number }): BoundingBox {
  const own = Math.max(sideOf(box), 1e-3);
  const side = own * options.margin;
  const cx = box.x + box.width / 2;
  const cy = box.y + box.height / 2 + (options.shift ?? 0) * own;
  return { x: cx - side / 2, y: cy - side / 2, width: side, height: side };
}

/**
 * How far a head is turned aside, by its five landmarks: how far the nose lies from the middle between the eyes, along the line of the
 * eyes, in distances between them; 0 for a face seen from the front, positive towards the image's right. With a nose tip that stands out
 * by 0.45 eye distances it is 0.45 times the tangent of the angle: 0.26 at 30 degrees, 0.45 at 45. Null where the eyes coincide.
 */
export function turnedAside({ leftEye, rightEye, nose }: Landmarks): number | null {
  const [dx, dy] = [rightEye.x - leftEye.x, rightEye.y - leftEye.y];
  const squared = dx * dx + dy * dy;
  if (!(squared > 0)) return null;
  return ((nose.x - (leftEye.x + rightEye.x) / 2) * dx + (nose.y - (leftEye.y + rightEye.y) / 2) * dy) / squared;
}
