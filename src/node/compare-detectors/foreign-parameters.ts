/** How many parameters the detectors have that do not run on ONNX Runtime, from their pulled files. */
import { readFile } from 'node:fs/promises';
import { countTensorFlowParameters } from '../../onnx/tensorflow-parameters.js';
import { pulledFiles } from '../pulled-files.js';

/** Null for what is no network (a cascade) or not known. */
export async function foreignParameters(detector: string): Promise<number | null> {
  if (detector !== 'opencv-ssd') return null;
  const files = await pulledFiles('opencv-ssd');
  return countTensorFlowParameters(await readFile(files['opencv_face_detector_uint8.pb']), 'opencv-ssd');
}
