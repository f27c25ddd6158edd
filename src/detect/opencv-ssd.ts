/**
 * The face detector of OpenCV's DNN module: an SSD (Liu et al. 2016, arXiv:1512.02325) on a ten-layer ResNet
 * (https://github.com/opencv/opencv/tree/4.x/samples/dnn/face_detector). It sees every image squeezed into 300×300, whatever
 * size is asked for, as it was trained and as everybody runs it; small faces in large images are out of its reach. It only
 * finds boxes. The caller runs the network.
 */
import { area, clipBox } from '../core/geometry.js';
import { checkImage, type Image } from '../core/image.js';
import { boxToAffine, warp } from '../core/resample.js';
import { checkScoreThreshold, type Detection, type FaceDetector } from './detector.js';

/** Runs the network, mean (104, 177, 123) subtracted, on an image of 300×300 in blue, green, red. */
export interface SsdNetwork {
  /** Seven numbers a face: image, class, score, left, top, right, bottom; the last four in units of the image's sides. */
  run(image: Image): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface OpenCvSsdOptions {
  readonly network: SsdNetwork;
}

/** Side of the network's input in pixels. */
const SIDE = 300;

/** As OpenCV's own samples have it. */
const SCORE_THRESHOLD = 0.5;

/** Numbers a face. */
const ROW = 7;

/** The detector over its network. Candidates are already suppressed inside the network (IoU 0.45). */
export function createOpenCvSsd({ network }: OpenCvSsdOptions): FaceDetector {
  return {
    name: 'opencv-ssd',
    version: 'res10-300',
    fixedSize: true,
    scoreThreshold: SCORE_THRESHOLD,
    async detect(image, { scoreThreshold = SCORE_THRESHOLD } = {}) {
      checkScoreThreshold(scoreThreshold);
      const { width, height } = checkImage(image);
      const rows = await network.run(squeeze(image));
      const found: Detection[] = [];
      for (let at = 0; at + ROW <= rows.length; at += ROW) {
        const score = rows[at + 2]!;
        if (!(score >= scoreThreshold)) continue;
        const x = rows[at + 3]! * width;
        const y = rows[at + 4]! * height;
        const box = { x, y, width: rows[at + 5]! * width - x, height: rows[at + 6]! * height - y };
        // Among its weakest candidates are some far outside the image, and a few of no size.
        if (area(box) > 0 && area(clipBox(box, width, height)) > 0) found.push({ box, landmarks: null, score });
      }
      return found;
    },
    dispose: () => network.dispose(),
  };
}

/** The whole image in the network's square, blue first. */
function squeeze(image: Image): Image {
  const plane = SIDE * SIDE;
  const planes = new Float32Array(3 * plane);
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  warp(image, boxToAffine(whole, SIDE, SIDE), { width: SIDE, height: SIDE, channels: 3 }, planes);
  const data = new Uint8ClampedArray(3 * plane);
  for (let p = 0; p < plane; p++) {
    data[3 * p] = planes[p + 2 * plane]!;
    data[3 * p + 1] = planes[p + plane]!;
    data[3 * p + 2] = planes[p]!;
  }
  return { width: SIDE, height: SIDE, channels: 3, data };
}
