/**
 * Photos: taken in, decoded, analysed, forgotten. A place in the queue is taken before the first byte of a body is read, so what
 * waits is bounded; all bytes that wait are bounded together.
 */

import type { Analyzer } from '../analyze/analyzer.js';
import { photoResult } from '../analyze/photo-result.js';
import { PhizError } from '../core/error.js';
import type { Image } from '../core/image.js';
import { readImage } from '../node/images/read-image.js';
import type { FaceLimits, LookOptions, TurnOption } from '../results/analysis-options.js';
import type { PhotoResult } from '../results/result.js';
import { Gate } from './gate.js';
import { checkLook } from './look-limit.js';
import type { Metrics } from './metrics.js';
import type { ServeSettings } from './options.js';
import { HttpProblem } from './problem.js';
import { openUpload } from './upload.js';

export interface PhotoLimits extends FaceLimits, LookOptions, TurnOption {}

type PhotoSettings = Pick<ServeSettings, 'concurrency' | 'queue' | 'maxUpload' | 'maxPixels' | 'uploadTimeout'>;

/** Bytes that all uploads waiting may have together, or those of one where that is more. */
const MOST_HELD = 256_000_000;

export class Photos {
  readonly #analyzer: Analyzer;
  readonly #settings: PhotoSettings;
  readonly #metrics: Metrics;
  readonly #gate: Gate;
  #held = 0;
  #broken = false;

  constructor(analyzer: Analyzer, settings: PhotoSettings, metrics: Metrics) {
    this.#analyzer = analyzer;
    this.#settings = settings;
    this.#metrics = metrics;
    this.#gate = new Gate(settings);
  }

  get load(): Gate['load'] {
    return this.#gate.load;
  }

  /** Whether the engine failed the last time it was asked. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Answers a request whose body is a photo. Throws HttpProblem `busy` and what `openUpload` throws, PhizError as `readImage` and
   * `Analyzer.analyze` do.
   */
  async analyze(request: Request, limits: PhotoLimits): Promise<PhotoResult> {
    const { signal } = request;
    using place = this.#gate.enter();
    const { name, chunks } = await openUpload(request, this.#settings);
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
      const image = await this.#decode(held);
      checkLook(image, limits);
      const analysis = await this.#analyzer.analyze(image, { ...limits, signal });
      this.#broken = false;
      this.#metrics.photoDone(analysis.faces.length, (performance.now() - begun) / 1000);
      return photoResult(name, analysis);
    } catch (error) {
      if (error instanceof PhizError && error.code === 'engine-failed') this.#broken = true;
      throw error;
    } finally {
      this.#held -= size;
    }
  }

  #decode(chunks: Uint8Array[]): Promise<Image> {
    const { maxPixels, maxUpload } = this.#settings;
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    chunks.length = 0;
    return readImage(bytes, { maxPixels, maxBytes: maxUpload, name: 'the upload' });
  }
}
