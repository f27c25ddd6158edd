/**
 * The analyzers of the program's own thread, made when they are first asked for. In clips the detector works on the next frame while this
 * one's faces are read; a photo has nothing to overlap, and a thread takes time to start.
 */
import type { Analyzer } from '../analyze/analyzer.js';
import { type CreateAnalyzerOptions, createAnalyzer, createOneThreadAnalyzer } from '../node/create-analyzer.js';

export class OwnAnalyzer implements AsyncDisposable {
  readonly #options: CreateAnalyzerOptions;
  #photos: Promise<Analyzer> | undefined;
  #clips: Promise<Analyzer> | undefined;

  constructor(options: CreateAnalyzerOptions) {
    this.#options = options;
  }

  forPhotos(): Promise<Analyzer> {
    this.#photos ??= createOneThreadAnalyzer(this.#options);
    return this.#photos;
  }

  forClips(): Promise<Analyzer> {
    this.#clips ??= createAnalyzer(this.#options);
    return this.#clips;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await Promise.allSettled([this.#photos, this.#clips]);
    await Promise.all(opened.map((analyzer) => analyzer.status === 'fulfilled' && analyzer.value?.dispose()));
  }
}
