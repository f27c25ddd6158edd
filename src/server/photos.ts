/**
 * Photos: taken in, handed to a process that decodes and analyses them (photo-worker.ts), forgotten. A place in the queue is taken before
 * the first byte of a body is read, so what waits is bounded; all bytes that wait are bounded together. Nothing is parsed here.
 */
import { PhizError } from '../core/error.js';
import type { PhotoResult } from '../results/result.js';
import { Gate } from './gate.js';
import type { Metrics } from './metrics.js';
import type { ServeSettings } from './options.js';
import type { PhotoLimits, PhotoPool } from './photo-messages.js';
import { HttpProblem } from './problem.js';
import { openUpload } from './upload.js';

type PhotoSettings = Pick<ServeSettings, 'concurrency' | 'queue' | 'maxUpload' | 'uploadTimeout'>;

/** Bytes that all uploads waiting may have together, or those of one where that is more. */
const MOST_HELD = 256_000_000;

export class Photos {
  readonly #pool: PhotoPool;
  readonly #settings: PhotoSettings;
  readonly #metrics: Metrics;
  readonly #gate: Gate;
  #held = 0;
  #broken = false;

  constructor(pool: PhotoPool, settings: PhotoSettings, metrics: Metrics) {
    this.#pool = pool;
    this.#settings = settings;
    this.#metrics = metrics;
    this.#gate = new Gate(settings);
  }

  get load(): Gate['load'] {
    return this.#gate.load;
  }

  /** Whether the engine failed the last time it was asked. */
  get broken(): boolean {
    return this.#broken || this.#pool.broken;
  }

  /**
   * Answers a request whose body is a photo; places are shared fairly among callers. Throws HttpProblem `busy` and what `openUpload` throws, PhizError as `readImage` and
   * `Analyzer.analyze` do, HttpProblem `too-costly`, `engine-failed`.
   */
  async analyze(request: Request, limits: PhotoLimits, caller = ''): Promise<PhotoResult> {
    const { signal } = request;
    using place = this.#gate.enter(caller);
    const { name, chunks } = await openUpload(request, { ...this.#settings, signal: place.signal });
    const held: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of chunks) {
        held.push(chunk);
        size += chunk.length;
        this.#held += chunk.length;
        if (this.#held > Math.max(MOST_HELD, this.#settings.maxUpload))
          throw new HttpProblem('busy', 'the uploads that wait take too much memory; try again later', {
            headers: { 'Retry-After': String(this.#gate.retryAfter) },
          });
      }
      await place.turn(signal);
      const begun = performance.now();
      const result = await this.#pool.call({ name, limits }, held.splice(0), signal);
      this.#broken = false;
      this.#metrics.photoDone(result.faces.length, (performance.now() - begun) / 1000);
      return result;
    } catch (error) {
      if (error instanceof PhizError && error.code === 'engine-failed') this.#broken = true;
      throw error;
    } finally {
      this.#held -= size;
    }
  }
}
