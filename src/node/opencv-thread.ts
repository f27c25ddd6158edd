/**
 * Models that run on OpenCV.js, each on a thread of its own (opencv-worker.ts): nothing is shared between two detectors, a large
 * picture blocks nobody, and disposing gives all of its memory back. OpenCV.js is loaded when a model opens, not before.
 */
import { Worker } from 'node:worker_threads';
import { PhizError } from '../core/error.js';
import type { Image } from '../core/image.js';
import type { OpenCvAnswer, OpenCvFiles, OpenCvRequest } from './opencv-messages.js';

/** A model of OpenCV's: pictures in, its raw numbers out, as detect/opencv-ssd.ts and detect/haar.ts read them. */
export interface OpenCvModel {
  /** Throws PhizError `engine-failed`, or `disposed`. */
  run(picture: Image): Promise<Float32Array>;
  dispose(): Promise<void>;
}

interface Waiting {
  resolve(rows: Float32Array): void;
  reject(error: PhizError): void;
}

/** Opens a model. Throws PhizError `engine-unavailable` where OpenCV.js is not there, `model-damaged` or `engine-failed`. */
export async function openOpenCvModel(files: OpenCvFiles): Promise<OpenCvModel> {
  const worker = new Worker(new URL('./opencv-worker.js', import.meta.url), { workerData: files });
  const waiting = new Map<number, Waiting>();
  let ended: PhizError | undefined;
  let next = 0;

  const end = (error: PhizError): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  const answerTo = (id: number): Promise<Float32Array> => {
    if (ended) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.ref();
    });
  };
  worker.on('error', (cause) => end(new PhizError('engine-failed', `OpenCV.js failed: ${cause.message}`, { cause })));
  worker.on('exit', () => end(new PhizError('engine-failed', "OpenCV.js's thread has ended")));
  worker.on('message', (answer: OpenCvAnswer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    // An idle thread keeps no process alive.
    if (waiting.size === 0) worker.unref();
    if ('rows' in answer) asked?.resolve(answer.rows);
    else asked?.reject(new PhizError(answer.code, answer.message));
  });
  const dispose = async (): Promise<void> => {
    end(new PhizError('disposed', 'this detector was disposed; open it again'));
    await worker.terminate();
  };
  await answerTo(next++).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  return {
    run(picture) {
      const answer = answerTo(next);
      if (!ended) worker.postMessage({ id: next++, picture } satisfies OpenCvRequest);
      return answer;
    },
    dispose,
  };
}
