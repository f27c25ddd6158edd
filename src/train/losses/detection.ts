/**
 * The detector's losses over all points of all levels, in the manner of YuNet (Wu et al. 2023) and YOLOX (arXiv:2107.08430):
 * binary cross-entropy of face or not, of the predicted IoU at faces, generalised IoU of the boxes (Rezatofighi et al. 2019,
 * arXiv:1902.09630), smooth-L1 of the landmarks. Each is summed over its points and divided by the number of faces' points.
 */
import { known, type Value } from '../../onnx/graph.js';
import { Arithmetic } from '../arithmetic.js';
import type { Scope } from '../scope.js';

export interface DetectionLossOptions {
  readonly boxFactor?: number | undefined;
  readonly landmarkFactor?: number | undefined;
}

/** The parts of the loss, scalars. */
export interface DetectionLosses {
  readonly score: Value;
  readonly overlap: Value;
  readonly box: Value;
  readonly landmark: Value;
}

/** Inputs of the training graph beside `input`: declared here, filled by src/train/data/assign.ts. */
export function detectionTargets(scope: Scope, n: number, points: number) {
  const input = (name: string, width: number) => scope.graph.input(name, [n, points, width]);
  return {
    cls: input('cls', 1),
    clsWeight: input('clsWeight', 1),
    iouWeight: input('iouWeight', 1),
    box: input('box', 4),
    boxWeight: input('boxWeight', 1),
    landmark: input('landmark', 10),
    landmarkWeight: input('landmarkWeight', 1),
    anchor: scope.graph.input('anchor', [points, 3]),
  };
}

/** prediction [N, P, 16] (see detect/anchor-free.ts for its columns) and the targets to the four losses. */
export function detectionLosses(
  scope: Scope,
  prediction: Value,
  targets: ReturnType<typeof detectionTargets>,
  { boxFactor = 2, landmarkFactor = 1 }: DetectionLossOptions = {},
): DetectionLosses {
  const m = new Arithmetic(scope);
  const positives = m.maximum(m.sum(targets.boxWeight), 1);
  const share = (value: Value, factor = 1) => m.multiply(m.divide(m.sum(value), positives), factor);
  const [score, overlap, dx, dy, logWidth, logHeight, offsets] = m.split(prediction, [1, 1, 1, 1, 1, 1, 10]) as Seven;
  const [cx, cy, stride] = m.split(targets.anchor, [1, 1, 1]) as [Value, Value, Value];

  const x = m.add(m.multiply(dx, stride), cx);
  const y = m.add(m.multiply(dy, stride), cy);
  // Sizes are bounded (e⁶·stride) so that an early, wild prediction cannot overflow.
  const w = m.multiply(m.exp(m.minimum(logWidth, 6)), stride);
  const h = m.multiply(m.exp(m.minimum(logHeight, 6)), stride);
  const { iou, giou } = overlaps(m, [x, y, w, h], m.split(targets.box, [1, 1, 1, 1]) as Box);
  const boxLoss = m.multiply(m.add(m.multiply(giou, -1), 1), targets.boxWeight);

  const bce = (logit: Value, target: Value) => m.subtract(m.softplus(logit), m.multiply(logit, target));
  const scoreLoss = m.multiply(bce(score, targets.cls), targets.clsWeight);
  const overlapLoss = m.multiply(bce(overlap, m.detach(m.maximum(iou, 0))), targets.iouWeight);

  const points = known(prediction.dims[1]);
  const centres = scope.op('Concat', Array.from({ length: 5 }, () => [cx, cy]).flat(), [points, 10], { axis: 1 });
  const wanted = m.divide(m.subtract(targets.landmark, centres), stride);
  const landmarkLoss = m.multiply(smoothL1(m, m.subtract(offsets, wanted)), targets.landmarkWeight);
  return {
    score: share(scoreLoss),
    overlap: share(overlapLoss),
    box: share(boxLoss, boxFactor),
    landmark: share(landmarkLoss, landmarkFactor),
  };
}

/** Huber's loss with its corner at β: quadratic within, |d| − β/2 beyond. Written as c·(|d| − c/2)/β with c = min(|d|, β). */
export function smoothL1(m: Arithmetic, difference: Value, beta = 0.1): Value {
  const distance = m.absolute(difference);
  const c = m.minimum(distance, beta);
  return m.multiply(m.multiply(c, m.subtract(distance, m.multiply(c, 0.5))), 1 / beta);
}

type Seven = [Value, Value, Value, Value, Value, Value, Value];
type Box = [cx: Value, cy: Value, width: Value, height: Value];

/** IoU and generalised IoU of boxes given by centre and size. */
export function overlaps(m: Arithmetic, a: Box, b: Box): { readonly iou: Value; readonly giou: Value } {
  const edges = ([cx, cy, w, h]: Box) => [
    m.subtract(cx, m.multiply(w, 0.5)),
    m.subtract(cy, m.multiply(h, 0.5)),
    m.add(cx, m.multiply(w, 0.5)),
    m.add(cy, m.multiply(h, 0.5)),
  ];
  const [al, at, ar, ab] = edges(a) as [Value, Value, Value, Value];
  const [bl, bt, br, bb] = edges(b) as [Value, Value, Value, Value];
  const iw = m.maximum(m.subtract(m.minimum(ar, br), m.maximum(al, bl)), 0);
  const ih = m.maximum(m.subtract(m.minimum(ab, bb), m.maximum(at, bt)), 0);
  const intersection = m.multiply(iw, ih);
  const areas = m.add(m.multiply(a[2], a[3]), m.multiply(b[2], b[3]));
  const union = m.maximum(m.subtract(areas, intersection), 1e-6);
  const iou = m.divide(intersection, union);
  const cw = m.subtract(m.maximum(ar, br), m.minimum(al, bl));
  const chh = m.subtract(m.maximum(ab, bb), m.minimum(at, bt));
  const hull = m.maximum(m.multiply(cw, chh), 1e-6);
  const giou = m.subtract(iou, m.divide(m.subtract(hull, union), hull));
  return { iou, giou };
}
