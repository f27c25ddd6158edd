/**
 * A face detector on a thread of its own (detector-worker.ts). ONNX Runtime blocks the thread it is called from, so this is what lets
 * the next frame's faces be found while this one's are read. The whole detector lives there, not its network alone: pixels are
 * small and copied in no time, while planes of floats prepared on one core and read on another cost more than the copy. The
 * thread ends with `dispose` and keeps no process alive.
 */
import { Worker } from 'node:worker_threads';
import { PhizError } from '../core/error.js';
import type { Image } from '../core/image.js';
import type { Detection, FaceDetector } from '../detect/detector.js';
import type { DetectorAnswer, DetectorFailure, DetectorJob, DetectorRequest } from './detector-messages.js';

interface Waiting {
  resolve(faces: readonly Detection[]): void;
  reject(error: PhizError): void;
}

/** Opens a detector. Throws what `openDetector` and `createNodeEngine` throw; a call also `engine-failed` and `disposed`. */
export async function createThreadDetector(job: DetectorJob): Promise<FaceDetector> {
  const worker = new Worker(new URL('./detector-worker.js', import.meta.url), { workerData: job });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  let gone: PhizError | undefined;
  let opened: (answer: DetectorAnswer) => void = () => {};
  const fail = (error: PhizError): void => {
    gone ??= error;
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  const end = async (): Promise<void> => {
    fail(new PhizError('disposed', 'this detector was disposed; open it again'));
    await worker.terminate();
  };

  worker.on('message', (answer: DetectorAnswer) => {
    if (answer.kind === 'opened' || answer.kind === 'unopened') return opened(answer);
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if (answer.kind === 'found') one?.resolve(answer.faces);
    else one?.reject(errorOf(answer.failure));
  });
  const opening = new Promise<DetectorAnswer>((resolve, reject) => {
    opened = resolve;
    const broken = (why: string, cause?: unknown): void => {
      fail(new PhizError('engine-failed', `the detector's thread failed: ${why}`, { cause }));
      reject(gone);
    };
    worker.on('error', (cause) => broken(cause.message, cause));
    worker.on('exit', () => broken('it has ended'));
  });
  const answer = await opening;
  worker.unref();
  if (answer.kind !== 'opened') {
    await end();
    throw answer.kind === 'unopened' ? errorOf(answer.failure) : new PhizError('engine-failed', 'the detector did not open');
  }

  return {
    ...answer.about,
    detect(image, options) {
      if (gone) return Promise.reject(gone);
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, image: alone(image), options } satisfies DetectorRequest);
      });
    },
    dispose: end,
  };
}

/** A picture that is a part of larger memory would travel with all of it. */
function alone(image: Image): Image {
  const { width, height, channels, data } = image;
  return { width, height, channels, data: data.byteLength === data.buffer.byteLength ? data : data.slice() };
}

function errorOf({ code, message }: DetectorFailure): PhizError {
  return code ? new PhizError(code, message) : new PhizError('engine-failed', `the detector failed: ${message}`);
}
