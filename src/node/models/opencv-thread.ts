/**
 * Models that run on OpenCV.js, each on a thread of its own (opencv-worker.ts): nothing is shared between two detectors, a large
 * image blocks nobody, and disposing gives all of its memory back. OpenCV.js is loaded when a model opens, not before.
 */
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import { startThread } from '../threads/thread.js';
import type { OpenCvFiles, OpenCvRequest } from './opencv-messages.js';

/** A model of OpenCV's: images in, its raw numbers out, as detect/opencv-ssd.ts and detect/haar.ts read them. */
export interface OpenCvModel {
  /** Throws PhizError `engine-failed`, or `disposed`. */
  run(image: Image): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Opens a model. Throws PhizError `engine-unavailable` where OpenCV.js is not there, `model-damaged` or `engine-failed`. */
export async function openOpenCvModel(files: OpenCvFiles): Promise<OpenCvModel> {
  const module = new URL('./opencv-worker.js', import.meta.url);
  const thread = startThread<OpenCvRequest, Float32Array>(module, { name: "OpenCV.js's thread", data: files, keepsAlive: false });
  const dispose = () => thread.end(new PhizError('disposed', 'this detector was disposed; open it again'));
  await thread.call('open').catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return { run: (image) => thread.call(image), dispose };
}
