/**
 * Many photos side by side: the program's own analyzer and some threads, each with an analyzer of its own that computes on one core. Each
 * does a photo whole: decoding, analysing, drawing and encoding, so all cores are busy whatever part takes longest; and each
 * decodes the next one meanwhile, since decoding has threads of its own that a core would wait for. What is not written row by row
 * here is the caller's business, and so is the order of the results.
 */
import { availableParallelism } from 'node:os';
import type { Analyzer } from '../../analyze/analyzer.js';
import type { CreateAnalyzerOptions } from '../../node/create-analyzer.js';
import { muteTelemetry } from '../../node/engine/telemetry.js';
import { loadSharp } from '../../node/images/sharp.js';
import { startThread } from '../../node/threads/thread.js';
import type { Models, PhotoResult } from '../../results/result.js';
import { analyzePhoto, type PhotoSettings, type PhotoTask } from './analyze-photo.js';
import type { PhotoAnswer, PhotoRequest } from './photo-messages.js';

/** Whoever does photos. */
export interface PhotoPool extends AsyncDisposable {
  readonly models: Models;
  /** Photos that may be asked for at a time, so that nobody waits for work. */
  readonly ahead: number;
  /** Throws as `analyzePhoto`. After the pool was disposed, what has not begun is never answered. */
  analyze(task: PhotoTask): Promise<PhotoResult>;
}

export interface PhotoPoolOptions {
  /** Who does photos, the program's own thread among them: at least 1. */
  readonly size: number;
  /** The analyzer of the program's own thread. The caller disposes of it. */
  readonly own: () => Promise<Analyzer>;
  /** The analyzers of the others; each computes on one core. */
  readonly analyzer: CreateAnalyzerOptions;
  readonly settings: PhotoSettings;
}

/** Does one photo at a time. */
interface Place {
  readonly gone: boolean;
  analyze(task: PhotoTask): Promise<PhotoResult>;
}

interface Waiting {
  readonly task: PhotoTask;
  resolve(result: PhotoResult): void;
  reject(error: unknown): void;
}

/** A thread takes half a second to start: so many photos make one worth it. */
const WORTH_A_THREAD = 8;

/** More threads than this gain little and take memory. */
const MOST_THREADS = 8;

/** Photos that an analyzer has at a time: one in its networks, one being decoded, one that is written or waits for its file. */
const AT_ONCE = 3;

/**
 * Photos begun for each that does some: the three above, and more whose files are looked up. These are many short waits, and each is as long
 * as the networks keep the program's thread.
 */
const BEGUN = 8;

/** How many do so many photos, where nobody says; 1: the program's own thread alone. */
export function photoThreads(photos: number, most: number = Math.min(availableParallelism(), MOST_THREADS)): number {
  return Math.max(1, Math.min(most, Math.floor(photos / WORTH_A_THREAD)));
}

/**
 * Opens the own analyzer and starts the threads, which join in when their models are loaded; one that cannot start is done without.
 * Throws PhizError as `createAnalyzer`.
 */
export async function openPhotoPool({ size, own, analyzer, settings }: PhotoPoolOptions): Promise<PhotoPool> {
  void muteTelemetry(); // before the threads copy the environment
  const data = { analyzer: { ...analyzer, threads: 1 }, settings };
  const threads = Array.from({ length: size - 1 }, () =>
    startThread<PhotoRequest, PhotoAnswer>(new URL('./photo-worker.js', import.meta.url), {
      name: 'a thread for photos',
      data,
      keepsAlive: false,
    }),
  );
  const waiting: Waiting[] = [];
  const free: Place[] = [];
  let ended = false;

  const join = (place: Place): void => {
    for (let i = 0; i < AT_ONCE; i++) take(place);
  };
  /** Gives a place its next photo, or keeps it for the one to come. */
  const take = (place: Place): void => {
    if (ended || place.gone) return;
    const next = waiting.shift();
    if (!next) return void free.push(place);
    void place
      .analyze(next.task)
      .then(next.resolve, next.reject)
      .then(() => take(place));
  };
  const end = async (): Promise<void> => {
    ended = true;
    await Promise.all(threads.map((thread) => thread.end()));
  };

  for (const thread of threads) {
    const place: Place = {
      get gone() {
        return thread.failure !== undefined;
      },
      analyze: (task) => thread.call(task) as Promise<PhotoResult>,
    };
    thread.call('models').then(
      () => join(place),
      () => {}, // the own analyzer does all photos, and says what is wrong where its models do not load either
    );
  }
  try {
    const mine = await own();
    // All share the cores; libvips would use all of them for each photo.
    if (size > 1) (await loadSharp()).concurrency(1);
    join({ gone: false, analyze: (task) => analyzePhoto(mine, task, settings) });
    return {
      models: mine.models,
      ahead: size > 1 ? BEGUN * size : AT_ONCE,
      analyze: (task) =>
        new Promise((resolve, reject) => {
          waiting.push({ task, resolve, reject });
          let place = free.shift();
          while (place?.gone) place = free.shift();
          if (place) take(place);
        }),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
