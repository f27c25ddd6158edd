/** The processes that read uploads for the service: photos are analysed, clips told from what is none. */
import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import type { PhotoResult } from '../results/result.js';
import type { ModelList } from '../results/service.js';
import type { ServeSettings } from './options.js';
import type { PhotoOrder, PhotoPool, PhotoRequest } from './photo-messages.js';
import { ProcessPool } from './process-pool.js';

export interface Readers {
  readonly photos: PhotoPool;
  /** The models that the photos' processes opened. */
  readonly models: ModelList['inUse'];
  /** Whether the file at a path is a clip. */
  isClip(path: string): Promise<boolean>;
  dispose(): void;
}

/** Seconds for a photo, without waiting; and for telling a clip. */
const PHOTO = 60;
const KIND = 20;
/** Threads of the networks beyond which a photo is done no faster. */
const MOST_THREADS = 8;

/** Starts them. Throws PhizError: what `createAnalyzer` throws. */
export async function openReaders(
  {
    models,
    maxPixels,
    maxUpload,
    maxMemory,
    concurrency,
  }: Pick<ServeSettings, 'models' | 'maxPixels' | 'maxUpload' | 'maxMemory' | 'concurrency'>,
  log: Logger,
): Promise<Readers> {
  // The cores are shared among the photos under way.
  const threads = models.threads ?? Math.ceil(Math.min(availableParallelism(), MOST_THREADS) / concurrency);
  const { pool: photos, ready } = await ProcessPool.open<PhotoOrder, PhotoRequest, ModelList['inUse'], PhotoResult>({
    module: new URL('./photo-worker.js', import.meta.url),
    order: { models: { ...models, threads }, maxPixels, maxUpload },
    size: concurrency,
    patience: PHOTO,
    maxMemory,
    log,
  });
  const kinds = await ProcessPool.open<null, string, null, boolean>({
    module: new URL('./clip-kind-worker.js', import.meta.url),
    order: null,
    size: 1,
    patience: KIND,
    maxMemory,
    log,
  }).catch((error: unknown) => {
    photos.dispose();
    throw error;
  });
  return {
    photos,
    models: ready,
    isClip: (path) => kinds.pool.call(path),
    dispose() {
      photos.dispose();
      kinds.pool.dispose();
    },
  };
}
