/** What the detectors cost that run on OpenCV.js, where that can be told from their pulled files. */
import { readFile } from 'node:fs/promises';
import { pulledFiles } from '../../node/models/pulled-files.js';
import { tensorFlowCost } from '../../onnx/tensorflow-cost.js';
import type { ComparedDetector } from '../../report/sums/detector-comparison.js';

/** Side of the one input that OpenCV's SSD takes (detect/opencv-ssd.ts). */
const SSD_SIDE = 300;

/** Nulls for what is not a network (a cascade) or not known. */
export async function openCvCost(detector: string): Promise<Pick<ComparedDetector, 'parameters' | 'multiplyAdds'>> {
  if (detector !== 'opencv-ssd') return { parameters: null, multiplyAdds: null };
  const files = await pulledFiles('opencv-ssd');
  const [graph, description] = await Promise.all([
    readFile(files['opencv_face_detector_uint8.pb']),
    readFile(files['opencv_face_detector.pbtxt'], 'utf8'),
  ]);
  return tensorFlowCost({ graph, description, side: SSD_SIDE, where: detector });
}
