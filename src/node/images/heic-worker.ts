/** The worker thread that decodes one HEIC image with heic-decode (libheif in WebAssembly); started by heic.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { HeicAnswer, HeicJob } from './heic.js';

async function decode({ bytes, maxPixels }: HeicJob): Promise<HeicAnswer> {
  let heic: typeof import('heic-decode').default;
  try {
    heic = (await import('heic-decode')).default;
  } catch (cause) {
    return { kind: 'no-decoder', reason: String(cause) };
  }
  try {
    const [image] = await heic.all({ buffer: bytes });
    if (!image) return { kind: 'damaged', reason: 'no image inside' };
    const { width, height } = image;
    if (width * height > maxPixels) return { kind: 'too-large', width, height };
    return { kind: 'pixels', width, height, rgba: (await image.decode()).data };
  } catch (cause) {
    return { kind: 'damaged', reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

const answer = await decode(workerData as HeicJob);
parentPort?.postMessage(answer, answer.kind === 'pixels' ? [answer.rgba.buffer as ArrayBuffer] : []);
