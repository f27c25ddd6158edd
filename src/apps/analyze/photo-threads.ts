/**
 * Many photos side by side: some threads, each with an analyzer of its own that computes on one core and does one photo after the other,
 * decoding, analysing, drawing and encoding. So all cores are busy whatever part takes longest, and no more photos are in memory than
 * there are threads. What is not written row by row here is the caller's business, and so is the order of the results.
 */
import { availableParallelism } from 'node:os';
import type { CreateAnalyzerOptions } from '../../node/create-analyzer.js';
import { startThread } from '../../node/threads/thread.js';
import type { Models, PhotoResult } from '../../results/result.js';
import type { PhotoSettings, PhotoTask } from './analyze-photo.js';
import type { PhotoAnswer, PhotoRequest } from './photo-messages.js';

/** Whoever does photos. */
export interface PhotoWorkers extends AsyncDisposable {
  readonly models: Models;
  /** Photos that may be asked for at a time, so that nobody waits for work. */
  readonly ahead: number;
  /** Throws as `analyzePhoto`. */
  analyze(task: PhotoTask): Promise<PhotoResult>;
}

/** A thread takes half a second to start: so many photos make one worth it. */
const WORTH_A_THREAD = 8;

/** More threads than this gain little and take memory. */
const MOST_THREADS = 8;

/** How many threads do so many photos, where nobody says; 1: the program's own thread does them. */
export function photoThreads(photos: number, most: number = Math.min(availableParallelism(), MOST_THREADS)): number {
  return Math.max(1, Math.min(most, Math.floor(photos / WORTH_A_THREAD)));
}

/** Starts the threads and waits for their models. Throws PhizError as `createAnalyzer`. */
export async function startPhotoThreads(
  count: number,
  analyzer: CreateAnalyzerOptions,
  settings: PhotoSettings,
): Promise<PhotoWorkers> {
  const data = { analyzer: { ...analyzer, threads: 1 }, settings };
  const threads = Array.from({ length: count }, () =>
    startThread<PhotoRequest, PhotoAnswer>(new URL('./photo-worker.js', import.meta.url), {
      name: 'a thread for photos',
      data,
      keepsAlive: false,
    }),
  );
  const end = async (): Promise<void> => {
    await Promise.all(threads.map((thread) => thread.end()));
  };
  try {
    const [models] = await Promise.all(threads.map((thread) => thread.call('models')));
    return {
      models: models as Models,
      ahead: 4 * count,
      analyze(task) {
        const [idlest] = threads.filter(({ failure }) => !failure).sort((a, b) => a.pending - b.pending);
        return (idlest ?? threads[0]!).call(task) as Promise<PhotoResult>;
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
