/**
 * Composes training images for the refiner: squares about what a detector may take for a face. Most are faces, moved and scaled as a
 * detector's boxes miss them; others parts of faces, what a detector took for a face before, backgrounds, images without faces and
 * painted lights. Turned, mirrored and distorted as the detector's own images are (compose.ts). A square is a face where the box in its
 * middle would lie on one; what lies between is left out of the loss.
 */
import { PhizError } from '../../core/error.js';
import { type BoundingBox, iou, LANDMARK_ORDER, sideOf } from '../../core/geometry.js';
import { pick, type Random } from '../../core/random.js';
import { candidatePoint } from '../../detect/points.js';
import type { DetectionTargets } from './assign.js';
import type { FacePool } from './compose.js';
import { distort } from './distort.js';
import { paint } from './lights.js';
import { cutAbout, logUniform, pose } from './pose.js';
import { cropImage } from './reduce.js';
import { draw, shift, transform, type View } from './view.js';
import type { LabelledFace } from './wider.js';

/** Writes one square's red, green and blue planes (3·size·size floats, 0–255) and its targets. */
export interface CandidateMaker {
  make(random: Random, planes: Float32Array, offset: number, targets: DetectionTargets, sample: number): void;
}

/** Shares of the kinds of square, relative to their sum. */
const SHARES = { face: 0.42, part: 0.12, mistaken: 0.36, background: 0.04, negative: 0.03, painted: 0.03 } as const;

/** Overlap with the box in the middle from which a face is one, and up to which the square shows none. */
const FACE = 0.45;
const NO_FACE = 0.25;

/** Chance that an image is cut off about the box, as portraits and data sets of faces are. */
const CUT = 0.3;

/** Most that a labelled image is enlarged, and the smallest face shown, in pixels of its image. */
const MOST_ZOOM = 6;
const SMALLEST = 8;

/** Sorts the pool once. `margin`: side of a square in units of the box's. Throws PhizError `invalid-data` for a pool without faces. */
export function createCandidateMaker(
  pool: FacePool,
  { size, margin }: { readonly size: number; readonly margin: number },
): CandidateMaker {
  const point = candidatePoint(size, margin);
  const side = point.anchors[2]!;
  const faces: { readonly record: number; readonly box: BoundingBox }[] = [];
  const mistakes: { readonly record: number; readonly box: BoundingBox }[] = [];
  const positives: number[] = [];
  const negatives: number[] = [];
  for (const [record, { faces: labelled, mistaken = [] }] of pool.records.entries()) {
    (labelled.length > 0 ? positives : negatives).push(record);
    for (const box of mistaken) mistakes.push({ record, box });
    for (const { box, ignore } of labelled) if (!ignore && sideOf(box) >= SMALLEST) faces.push({ record, box });
  }
  if (faces.length === 0) throw new PhizError('invalid-data', `none of the ${pool.records.length} labelled images shows a face`);

  /** A box of an image shown `scale` times as large as the middle of the square, `dx` and `dy` of that beside it. */
  const onto = (
    random: Random,
    { record, box }: { record: number; box: BoundingBox },
    scale: number,
    dx: number,
    dy: number,
  ): View => {
    const whole = pool.image(record);
    const length = sideOf(box);
    const labelled = pool.records[record]!.faces;
    const form = pose(random, Math.min((side * scale) / length, MOST_ZOOM));
    const to = { x: size / 2 + dx * side, y: size / 2 + dy * side };
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    if (!random.chance(CUT))
      return { image: whole, faces: labelled.map((face) => ({ face, visible: 1 })), from: middle, to, ...form };
    const frame = cutAbout(random, box, whole);
    return {
      image: cropImage(whole, frame),
      faces: labelled.map((face) => ({ face: shift(face, -frame.x, -frame.y), visible: 1 })),
      from: { x: middle.x - frame.x, y: middle.y - frame.y },
      to,
      ...form,
      // Beyond an image in use its edge is repeated.
      fill: random.chance(0.8) ? undefined : form.fill,
    };
  };

  const about = (random: Random, record: number): View => {
    const { width, height } = pool.records[record]!;
    const length = logUniform(random, 10, Math.max(12, 0.9 * Math.min(width, height)));
    const at = { x: random.uniform(0, width) - length / 2, y: random.uniform(0, height) - length / 2 };
    return onto(random, { record, box: { ...at, width: length, height: length } }, 1, 0, 0);
  };

  const view = (random: Random, kind: Exclude<keyof typeof SHARES, 'painted'>): View => {
    if (kind === 'background') return about(random, positives[random.integer(positives.length)]!);
    if (kind === 'negative' && negatives.length > 0) return about(random, negatives[random.integer(negatives.length)]!);
    if (kind === 'mistaken' && mistakes.length > 0) {
      const mistake = mistakes[random.integer(mistakes.length)]!;
      return onto(random, mistake, Math.exp(random.normal(0, 0.2)), random.normal(0, 0.12), random.normal(0, 0.12));
    }
    const face = faces[random.integer(faces.length)]!;
    if (kind === 'part') {
      // Too close, too far, or beside it.
      const way = random.integer(3);
      const scale =
        way === 0 ? random.uniform(1.7, 3.5) : way === 1 ? random.uniform(0.25, 0.6) : Math.exp(random.normal(0, 0.25));
      const angle = random.uniform(0, 2 * Math.PI);
      const far = way === 2 ? random.uniform(0.4, 1) : random.uniform(0, 0.5);
      return onto(random, face, scale, far * Math.cos(angle), far * Math.sin(angle));
    }
    return onto(random, face, Math.exp(random.normal(0, 0.16)), random.normal(0, 0.08), random.normal(0, 0.08));
  };

  return {
    make(random, planes, offset, targets, sample) {
      const kind = pick<keyof typeof SHARES>(random, SHARES);
      let shown: readonly LabelledFace[] = [];
      if (kind === 'painted') paint(random, size, size, planes, offset);
      else {
        const chosen = view(random, kind);
        draw(chosen, size, size, planes, offset);
        shown = chosen.faces.map(({ face }) => transform(face, chosen));
      }
      distort(planes, size, size, random, offset);
      aim(shown, point.anchors, targets, sample);
    },
  };
}

/** Writes what a square is to be taken for: a face's box and landmarks, no face, or neither. */
export function aim(faces: readonly LabelledFace[], [x, y, side]: Float32Array, targets: DetectionTargets, sample: number): void {
  const middle = { x: x!, y: y! };
  let best: LabelledFace | undefined;
  let overlap = 0;
  let doubtful = false;
  for (const face of faces) {
    const shared = iou(face.box, inMiddle(face.box, middle, side!));
    if (face.ignore) doubtful ||= shared > NO_FACE;
    else if (shared > overlap) {
      overlap = shared;
      best = face;
    }
  }
  const face = best && overlap >= FACE ? best : undefined;
  const known = face ? 1 : 0;
  targets.cls.data[sample] = face ? (face.score ?? 1) : 0;
  targets.clsWeight.data[sample] = face || !(doubtful || overlap > NO_FACE) ? 1 : 0;
  targets.iouWeight.data[sample] = known;
  targets.boxWeight.data[sample] = known;
  targets.landmarkWeight.data[sample] = face?.landmarks ? 1 : 0;
  const box = face?.box ?? { x: x! - side! / 2, y: y! - side! / 2, width: side!, height: side! };
  targets.box.data.set([box.x + box.width / 2, box.y + box.height / 2, box.width, box.height], 4 * sample);
  for (const [k, name] of LANDMARK_ORDER.entries()) {
    const mark = face?.landmarks?.[name] ?? middle;
    targets.landmark.data.set([mark.x, mark.y], 10 * sample + 2 * k);
  }
}

/** A box of the form of `box` and of `side`² pixels about the middle: what a perfect detector would have marked for it. */
function inMiddle(box: BoundingBox, { x, y }: { readonly x: number; readonly y: number }, side: number): BoundingBox {
  const scale = side / sideOf(box);
  const [w, h] = [box.width * scale, box.height * scale];
  return { x: x - w / 2, y: y - h / 2, width: w, height: h };
}
