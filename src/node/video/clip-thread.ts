/**
 * A clip that a thread of its own decodes (clip-worker.ts), as a frame source. Pixels travel by transfer, without a copy; memory
 * of released frames goes back to the thread. The thread ends with the last frame, with `dispose`, or when reading stops.
 */
import { Worker } from 'node:worker_threads';
import type { ClipFacts, Frame, FrameSource } from '../../analyze/frame.js';
import { frameSampler } from '../../analyze/sample-frames.js';
import { PhizError } from '../../core/error.js';
import type { FrameAccount } from '../../results/video-result.js';
import { endThread } from '../threads/end-thread.js';
import type { DecodeAnswer, DecodeJob, DecodeRequest } from './clip-messages.js';
import { aborted, unsampled } from './frame-errors.js';

export interface ClipThreadOptions {
  /** Frames that may be ready and waiting. */
  readonly ahead: number;
  /** Stops opening and reading. */
  readonly signal?: AbortSignal | undefined;
  /** Seconds that the thread may take for one picture, and for opening, before the clip counts as damaged. Default 20. */
  readonly patience?: number | undefined;
}

/** Looks at the clock while the thread is waited for: a machine that slept in between has not used up its patience. */
const TICKS = 20;
/** Milliseconds after which a thread that was asked to stop is ended. */
const STOPPING = 2000;

/** Throws PhizError: what decodeClip throws, `aborted`, `engine-failed`. */
export async function openClipThread(job: DecodeJob, { ahead, signal, patience = 20 }: ClipThreadOptions): Promise<FrameSource> {
  const worker = new Worker(new URL('./clip-worker.js', import.meta.url), { workerData: job });
  const answers: DecodeAnswer[] = [];
  let failure: PhizError | undefined;
  let gone = false;
  let wake: (() => void) | undefined;
  const fail = (error: PhizError): void => {
    failure ??= error;
    wake?.();
  };
  worker.on('message', (answer: DecodeAnswer) => {
    answers.push(answer);
    wake?.();
  });
  worker.on('error', (cause) =>
    fail(new PhizError('engine-failed', `decoding ${job.called} failed: ${cause.message}`, { cause })),
  );
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      gone = true;
      fail(new PhizError('disposed', `${job.called} is closed`));
      resolve();
    });
  });

  const ask = (request: DecodeRequest, transfer: readonly ArrayBuffer[] = []): void => {
    if (!gone) worker.postMessage(request, transfer);
  };
  const next = async (): Promise<DecodeAnswer> => {
    for (;;) {
      const answer = answers.shift();
      if (answer) return answer;
      if (failure) throw failure;
      let ticks = 0;
      const clock = setInterval(
        () => {
          if (++ticks === TICKS) fail(stuck(job.called, patience));
        },
        (1000 * patience) / TICKS,
      );
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      clearInterval(clock);
    }
  };
  const dispose = async (): Promise<void> => {
    ask({ kind: 'stop' });
    // One that is busy hears nothing.
    let late: NodeJS.Timeout | undefined;
    const time = new Promise<void>((resolve) => {
      late = setTimeout(resolve, STOPPING);
    });
    await Promise.race([exited, time]);
    clearTimeout(late);
    if (!gone) await endThread(worker);
  };
  /** Does a piece of work that `signals` may stop. */
  const heeding = async <T>(signals: readonly (AbortSignal | undefined)[], work: () => Promise<T>): Promise<T> => {
    const stop = (): void => {
      answers.length = 0;
      // The thread may have done all, and be gone, before its last frames were taken.
      failure = undefined;
      fail(aborted(job.called, signals.find((one) => one?.aborted)?.reason));
    };
    for (const one of signals) one?.addEventListener('abort', stop);
    try {
      if (signals.some((one) => one?.aborted)) stop();
      return await work();
    } finally {
      for (const one of signals) one?.removeEventListener('abort', stop);
    }
  };
  const open = async (): Promise<ClipFacts> => {
    const answer = await next();
    if (answer.kind === 'opened') return answer.facts;
    throw answer.kind === 'failed'
      ? new PhizError(answer.code, answer.message)
      : new PhizError('engine-failed', `decoding ${job.called} did not start`);
  };

  let facts: ClipFacts;
  try {
    facts = await heeding([signal], open);
  } catch (error) {
    await dispose();
    throw error;
  }

  const frameOf = ({ timestamp, duration, rgb }: Extract<DecodeAnswer, { kind: 'frame' }>): Frame => {
    const { width, height } = facts;
    const times = { timestamp, duration };
    if (!rgb) return unsampled(times);
    return {
      ...times,
      image: { width, height, channels: 3, data: new Uint8Array(rgb) },
      release: () => {
        if (rgb.byteLength > 0) ask({ kind: 'released', buffer: rgb }, [rgb]);
      },
    };
  };
  let read = false;
  let account: FrameAccount | undefined;
  return {
    facts,
    get account() {
      return account;
    },
    async *frames({ signal: own, sample = {} } = {}) {
      frameSampler(sample);
      if (read) throw new PhizError('disposed', `${job.called} was read or closed already; open it again`);
      read = true;
      try {
        ask({ kind: 'start', sample, ahead });
        for (;;) {
          const answer = await heeding([signal, own], next);
          if (answer.kind === 'failed' || answer.kind === 'ended') account = answer.account;
          if (answer.kind === 'failed') throw new PhizError(answer.code, answer.message);
          if (answer.kind !== 'frame') return;
          ask({ kind: 'taken' });
          yield frameOf(answer);
        }
      } finally {
        await dispose();
      }
    },
    [Symbol.asyncDispose]() {
      read = true;
      return dispose();
    },
  };
}

function stuck(called: string, seconds: number): PhizError {
  return new PhizError('invalid-data', `${called} gave no image for ${seconds} s; it is damaged`);
}
