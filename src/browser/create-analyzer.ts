/**
 * The analyzer bound to the browser: a worker of its own does the work (analyzer-worker.ts), so that the page stays fluid. Nothing
 * comes from anywhere but the address given, and no picture leaves the machine.
 */
import { type AnalyzeOptions, type Analyzer, checkOptions } from '../analyze/analyzer.js';
import type { Frame } from '../analyze/frame.js';
import { resultsOf, type StreamOptions } from '../analyze/stream.js';
import type { FaceRegion } from '../classify/crop.js';
import type { Model } from '../core/card.js';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import type { FrameResult } from '../core/video-result.js';
import type { EngineFacts } from './messages.js';
import { type Picture, pack } from './picture.js';
import { WorkerLink } from './worker-link.js';
import { type FollowOptions, type PictureFrame, type Step, type StreamSource, streamThrough } from './worker-stream.js';

export interface CreateAnalyzerOptions extends Omit<AnalyzeOptions, 'signal'> {
  /**
   * Address of the folder that holds `models/` (cards and networks) and `ort/` (the files of ONNX Runtime); relative ones count from
   * the page. Default: beside the bundle's worker script.
   */
  readonly base?: string | URL | undefined;
  /** Each model: a name in `models/`, the address of a card or of an .onnx with its card beside it, or a model in memory. */
  readonly detector?: string | URL | Model | undefined;
  readonly emotion?: string | URL | Model | undefined;
  readonly age?: string | URL | Model | undefined;
  /** Default 'auto': WebGPU where there is a real adapter, else 'cpu', which is WebAssembly. */
  readonly device?: Device | 'auto' | undefined;
  /**
   * Threads of WebAssembly that find faces, where the page is isolated; default: all cores but one, at most four. One more reads
   * them.
   */
  readonly threads?: number | undefined;
}

/** An analyzer that also takes the browser's own pictures and frames. */
export interface BrowserAnalyzer extends Analyzer {
  readonly engine: EngineFacts;
  analyze(image: Picture, options?: AnalyzeOptions): ReturnType<Analyzer['analyze']>;
  detect(image: Picture, options?: AnalyzeOptions): ReturnType<Analyzer['detect']>;
  classify(
    image: Picture,
    faces: readonly FaceRegion[],
    options?: Pick<AnalyzeOptions, 'signal'>,
  ): ReturnType<Analyzer['classify']>;
  stream(source: StreamSource<Frame | PictureFrame>, options?: StreamOptions): AsyncIterable<FrameResult>;
  /**
   * As `stream`, with each frame given back, analysed or not, for drawing: with the people in it (`faces`) and every face found
   * (`seen`). The frame is the reader's to release.
   */
  follow<F extends Frame | PictureFrame>(
    source: StreamSource<F>,
    options?: FollowOptions,
  ): AsyncGenerator<Step<F>, void, undefined>;
}

/**
 * Starts a worker and loads ONNX Runtime and the three models in it. Options of `analyze` given here are its defaults.
 * Throws PhizError `invalid-option`, `model-not-found`, `model-damaged`, `model-mismatch`, `engine-unavailable`, `engine-failed`.
 *
 * @example
 * const analyzer = await createAnalyzer({ base: '/phiz/' });
 * const { faces } = await analyzer.analyze(document.querySelector('img'));
 */
export async function createAnalyzer({
  base,
  detector = 'detector',
  emotion = 'emotion',
  age = 'age',
  device = 'auto',
  threads,
  ...defaults
}: CreateAnalyzerOptions = {}): Promise<BrowserAnalyzer> {
  checkOptions(defaults);
  if (typeof Worker === 'undefined')
    throw new PhizError(
      'engine-unavailable',
      'this is no browser page: there are no workers here; Node takes another build of phiz',
    );
  const worker = new Worker(new URL('./analyzer-worker.js', import.meta.url), { type: 'module', name: 'phiz' });
  const link = new WorkerLink(worker);
  const given = (model: string | URL | Model): string | Model => (model instanceof URL ? model.href : model);
  try {
    const facts = await link.ask({
      kind: 'open',
      base: base === undefined ? undefined : new URL(base, document.baseURI).href,
      detector: given(detector),
      emotion: given(emotion),
      age: given(age),
      device,
      threads,
      defaults,
    });
    return overLink(link, facts);
  } catch (error) {
    link.end();
    throw error;
  }
}

function overLink(
  link: WorkerLink,
  { models, defaults, engine }: Pick<BrowserAnalyzer, 'models' | 'defaults' | 'engine'>,
): BrowserAnalyzer {
  let streams = 0;
  let disposed: Promise<void> | undefined;
  const open = (): void => {
    if (disposed) throw new PhizError('disposed', 'this analyzer was disposed; create another');
  };
  const dispose = (): Promise<void> => {
    disposed ??= link.ask({ kind: 'dispose' }).then(
      () => link.end(),
      () => link.end(),
    );
    return disposed;
  };
  const follow: BrowserAnalyzer['follow'] = (source, options = {}) => {
    open();
    return streamThrough(link, streams++, source, options);
  };
  return {
    models,
    defaults,
    engine,
    async analyze(image, { signal, ...options } = {}) {
      open();
      const { picture, transfer } = await pack(image);
      return link.ask({ kind: 'analyze', picture, options }, { transfer, signal });
    },
    async detect(image, { signal, ...options } = {}) {
      open();
      const { picture, transfer } = await pack(image);
      return link.ask({ kind: 'detect', picture, options }, { transfer, signal });
    },
    async classify(image, faces, { signal } = {}) {
      open();
      const { picture, transfer } = await pack(image);
      return link.ask({ kind: 'classify', picture, faces }, { transfer, signal });
    },
    stream: (source, options) => resultsOf(follow(source, options)),
    follow,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
