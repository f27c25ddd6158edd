/**
 * The thread that decodes one clip, so that decoding runs beside analysis: ONNX Runtime blocks the thread it is called from. Goes
 * no more than the frames asked for ahead of the reader. Started by clip-thread.ts.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { frameChoice } from '../../analyze/frame-choice.js';
import { PhizError } from '../../core/error.js';
import type { FrameAccount } from '../../results/video-result.js';
import { loadAv } from './av.js';
import type { DecodeAnswer, DecodeJob, DecodeRequest } from './clip-messages.js';
import { decodeClip } from './decode-frames.js';

const port = parentPort!;
const spare: ArrayBuffer[] = [];
let start: Extract<DecodeRequest, { kind: 'start' }> | undefined;
let underWay = 0;
let account: FrameAccount | undefined;
let stopped = false;
let wake: (() => void) | undefined;

function hear(request: DecodeRequest): void {
  switch (request.kind) {
    case 'start':
      start = request;
      break;
    case 'taken':
      underWay--;
      break;
    case 'released':
      spare.push(request.buffer);
      break;
    case 'stop':
      stopped = true;
      break;
    default:
      request satisfies never;
  }
  wake?.();
}

/** Messages arrive by themselves only while this thread waits for something; decoding does not. */
function hearAll(): void {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) hear(next.message as DecodeRequest);
}

async function until(condition: () => boolean): Promise<void> {
  hearAll();
  while (!condition() && !stopped)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
}

function tell(answer: DecodeAnswer, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(answer, transfer);
}

async function run(job: DecodeJob): Promise<void> {
  const clip = await decodeClip(await loadAv(), job);
  try {
    tell({ kind: 'opened', facts: clip.facts });
    await until(() => start !== undefined);
    if (!start || stopped) return;
    const { sample, ahead } = start;
    for await (const frame of clip.frames(frameChoice(sample), () => spare.pop())) {
      await until(() => underWay < ahead);
      if (stopped) return;
      underWay++;
      tell({ kind: 'frame', ...frame }, frame.rgb ? [frame.rgb] : []);
    }
  } finally {
    account = clip.account;
    await clip.close();
  }
}

port.on('message', hear);
try {
  await run(workerData as DecodeJob);
} catch (error) {
  // What is not foreseen ends the thread, and the reader hears it as a failure of the engine.
  if (!(error instanceof PhizError)) throw error;
  tell({ kind: 'failed', code: error.code, message: error.message, account });
}
tell({ kind: 'ended', account });
port.close();
