/**
 * SCRFD (Guo et al. 2021, arXiv:2105.04714) as InsightFace exports it, a teacher for our own detector: scores, boxes and points of three
 * strides, two anchors a cell, distances in strides. For research only, so it stays here among the scripts: phiz neither ships nor
 * offers it.
 */
import type { Engine } from '#dist/core/engine.js';
import { landmarksOf } from '#dist/core/geometry.js';
import { shrink } from '#dist/core/shrink.js';
import type { Detection, FaceDetector } from '#dist/detect/detector.js';
import { letterbox } from '#dist/detect/letterbox.js';
import { suppress } from '#dist/detect/nms.js';
import { STRIDES } from '#dist/detect/points.js';

const INPUT = { order: 'RGB', mean: 127.5, scale: 1 / 128 } as const;
const ANCHORS = 2;
const NMS_IOU = 0.45;

/** Opens the teacher from the bytes of scrfd_2.5g.onnx. Throws Error where the model has other outputs. */
export async function createScrfd(engine: Engine, model: Uint8Array): Promise<FaceDetector> {
  const session = await engine.load(model);
  const [input] = session.inputNames;
  // Scores, boxes, points, each for strides 8, 16, 32: the export keeps numbers for names, but this order.
  const names = session.outputNames;
  if (names.length !== 9 || !input) throw new Error(`SCRFD has nine outputs, this model has ${names.length}`);
  return {
    name: 'scrfd',
    version: '2.5g',
    async detect(image, { detectSize = 640, scoreThreshold = 0.3 } = {}) {
      const place = letterbox(image, { detectSize });
      const dims = [1, 3, place.canvasHeight, place.canvasWidth];
      const outputs = await session.run({ [input]: { dims, data: shrink(image, { ...place, input: INPUT }) } });
      const found: Detection[] = [];
      for (const [level, stride] of STRIDES.entries()) {
        const kinds = ['scores', 'boxes', 'points'].map((_, kind) => outputs[ORDER[kind * 3 + level]!]?.data);
        const [scores, boxes, points] = kinds as [Float32Array, Float32Array, Float32Array];
        const columns = place.canvasWidth / stride;
        for (let i = 0; i < scores.length; i++) {
          const score = scores[i]!;
          if (!(score >= scoreThreshold)) continue;
          const cell = Math.floor(i / ANCHORS);
          const x = (cell % columns) * stride;
          const y = Math.floor(cell / columns) * stride;
          const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => boxes[4 * i + k]! * stride) as [
            number,
            number,
            number,
            number,
          ];
          const box = { x: x - left, y: y - top, width: left + right, height: top + bottom };
          const mark = (k: number) =>
            place.point({ x: x + points[10 * i + 2 * k]! * stride, y: y + points[10 * i + 2 * k + 1]! * stride });
          found.push({ box: place.box(box), landmarks: landmarksOf(mark), score });
        }
      }
      return suppress(found, NMS_IOU);
    },
    dispose: () => session.dispose(),
  };
}

/** The names of scrfd_2.5g.onnx's outputs: scores, boxes, points by stride. */
const ORDER = ['446', '466', '486', '449', '469', '489', '452', '472', '492'] as const;
