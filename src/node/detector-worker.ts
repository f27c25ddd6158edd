/** The thread on which one face detector runs. Started by detector-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { PhizError } from '../core/error.js';
import type { FaceDetector } from '../detect/detector.js';
import type { DetectorAnswer, DetectorFailure, DetectorJob, DetectorRequest } from './detector-messages.js';
import { createNodeEngine } from './engine.js';
import { openDetector } from './open-detector.js';

const port = parentPort!;
const tell = (answer: DetectorAnswer): void => port.postMessage(answer);

function failure(error: unknown): DetectorFailure {
  return { code: error instanceof PhizError ? error.code : undefined, message: (error as Error).message };
}

async function serve(detector: FaceDetector): Promise<void> {
  const { name, version, scoreThreshold } = detector;
  port.on('message', async ({ id, image, options }: DetectorRequest) => {
    try {
      tell({ kind: 'found', id, faces: await detector.detect(image, options) });
    } catch (error) {
      tell({ kind: 'failed', id, failure: failure(error) });
    }
  });
  tell({ kind: 'opened', about: { name, version, ...(scoreThreshold === undefined ? {} : { scoreThreshold }) } });
}

try {
  const { detector, engine } = workerData as DetectorJob;
  await serve(await openDetector(detector, await createNodeEngine(engine)));
} catch (error) {
  tell({ kind: 'unopened', failure: failure(error) });
}
