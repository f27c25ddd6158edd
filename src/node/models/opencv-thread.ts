/**
 * Models that run on OpenCV.js, each on a thread of its own (opencv-worker.ts): nothing is shared between two detectors, a large
 * picture blocks nobody, and disposing gives all of its memory back. OpenCV.js is loaded when a model opens, not before.
 */
import { Worker } from 'node:worker_threads';
import { Calls } from '../../core/calls.js';
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import type { OpenCvAnswer, OpenCvFiles, OpenCvRequest } from './opencv-messages.js';

/** A model of OpenCV's: pictures in, its raw numbers out, as detect/opencv-ssd.ts and detect/haar.ts read them. */
export interface OpenCvModel {
  /** Throws PhizError `engine-failed`, or `disposed`. */
  run(picture: Image): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Opens a model. Throws PhizError `engine-unavailable` where OpenCV.js is not there, `model-damaged` or `engine-failed`. */
export async function openOpenCvModel(files: OpenCvFiles): Promise<OpenCvModel> {
  const worker = new Worker(new URL('./opencv-worker.js', import.meta.url), { workerData: files });
  const calls = new Calls<Float32Array>();
  worker.on('error', (cause) => calls.fail(new PhizError('engine-failed', `OpenCV.js failed: ${cause.message}`, { cause })));
  worker.on('exit', () => calls.fail(new PhizError('engine-failed', "OpenCV.js's thread has ended")));
  worker.on('message', (answer: OpenCvAnswer) => {
    if ('rows' in answer) calls.answer(answer.id, answer.rows);
    else calls.refuse(answer.id, answer);
    // An idle thread keeps no process alive.
    if (calls.idle) worker.unref();
  });
  const dispose = async (): Promise<void> => {
    calls.fail(new PhizError('disposed', 'this detector was disposed; open it again'));
    await worker.terminate();
  };
  // The first answer, which nobody asks for, says that the model is loaded.
  const loaded = calls.call(() => worker.ref());
  await loaded.catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    run: (picture) =>
      calls.call((id) => {
        worker.ref();
        worker.postMessage({ id, picture } satisfies OpenCvRequest);
      }),
    dispose,
  };
}
