/**
 * The analyzer bound to the browser: a worker of its own does the work (analyzer-worker.ts), so that the page stays fluid. Nothing
 * comes from anywhere but the address given, and no image leaves the machine.
 */

import type { Analyzer, NamesOf } from '../analyze/analyzer.js';
import type { Frame } from '../analyze/frame.js';
import { type AnalyzeOptions, checkOptions, DEFAULT_NAMES, type FindOptions } from '../analyze/options.js';
import type { StreamOptions } from '../analyze/people.js';
import { resultsOf } from '../analyze/stream.js';
import { ATTRIBUTES, type AttributeName, NETWORK_ATTRIBUTES, type NetworkName } from '../attributes/index.js';
import { ownAttribute } from '../attributes/own.js';
import type { FaceRegion } from '../classify/crop.js';
import type { Model } from '../core/card.js';
import { checkNames } from '../core/check.js';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import type { FrameResult } from '../results/video-result.js';
import type { EngineFacts, WorkerAnswers } from './analyzer-messages.js';
import { type BitmapFrame, type FollowOptions, type Step, type StreamSource, streamThrough } from './analyzer-stream.js';
import { AnalyzerThread } from './analyzer-thread.js';
import { type ImageSource, pack } from './image-source.js';

/**
 * Each model, by the name of what it reads: a name in `models/`, the address of a card or of an .onnx with its card beside it, a model
 * in memory, or null to leave the network out, and what it reads out of the results.
 */
export type AttributeModels = { readonly [Name in NetworkName]?: string | URL | Model | null | undefined };

/** The models, where they come from and run, and the defaults of every call. */
export interface CreateAnalyzerOptions extends AttributeModels, Omit<AnalyzeOptions, 'signal'> {
  /**
   * Address of the folder that holds `models/` (cards and networks) and `ort/` (the files of ONNX Runtime); relative ones count from
   * the page. Default: beside the bundle's worker script.
   */
  readonly base?: string | URL | undefined;
  /** As the other models; it cannot be left out. */
  readonly detector?: string | URL | Model | undefined;
  /**
   * Classifiers of one's own, read beside the others: each under the name of its card, with the card's labels. Names, addresses or
   * models in memory (`readModel`).
   */
  readonly models?: readonly (string | URL | Model)[] | undefined;
  /** Default 'auto': WebGPU where there is a real adapter, else 'cpu', which is WebAssembly. */
  readonly device?: Device | 'auto' | undefined;
  /**
   * Threads of WebAssembly that find faces, where the page is isolated; default: all cores but one, at most four. One more reads
   * them.
   */
  readonly threads?: number | undefined;
}

/** An analyzer that also takes the browser's own images and frames. */
export interface BrowserAnalyzer<Name extends AttributeName = AttributeName> extends Analyzer<Name> {
  readonly engine: EngineFacts;
  analyze(image: ImageSource, options?: AnalyzeOptions): ReturnType<Analyzer<Name>['analyze']>;
  detect(image: ImageSource, options?: FindOptions): ReturnType<Analyzer<Name>['detect']>;
  classify(
    image: ImageSource,
    faces: readonly FaceRegion[],
    options?: Pick<AnalyzeOptions, 'signal'>,
  ): ReturnType<Analyzer<Name>['classify']>;
  stream(source: StreamSource<Frame | BitmapFrame>, options?: StreamOptions): AsyncIterable<FrameResult<Name>>;
  /**
   * As `stream`, with each frame given back, analysed or not, for drawing: with the people in it (`faces`) and every face found
   * (`seen`). The frame is the reader's to release.
   */
  follow<F extends Frame | BitmapFrame>(
    source: StreamSource<F>,
    options?: FollowOptions,
  ): AsyncGenerator<Step<F>, void, undefined>;
}

/**
 * Starts a worker and loads ONNX Runtime and the models in it. Options of `analyze` given here are its defaults.
 * Throws PhizError `invalid-option`, `model-not-found`, `model-damaged`, `model-mismatch`, `engine-unavailable`, `engine-failed`.
 *
 * @example
 * const analyzer = await createAnalyzer({ base: '/phiz/' });
 * const { faces } = await analyzer.analyze(document.querySelector('img'));
 */
export async function createAnalyzer<const Options extends CreateAnalyzerOptions = CreateAnalyzerOptions>(
  options: Options = {} as Options,
): Promise<BrowserAnalyzer<NamesOf<Options>>> {
  checkNames(options, ['detector', 'models', 'device', 'threads', 'base', ...NETWORKS, ...DEFAULT_NAMES]);
  const { base, detector = 'detector', models = [], device = 'auto', threads, ...others } = options;
  const chosen: AttributeModels = others;
  const defaults = Object.fromEntries(Object.entries(others).filter(([name]) => !NETWORKS.some((network) => network === name)));
  checkOptions(defaults);
  if (typeof Worker === 'undefined')
    throw new PhizError(
      'engine-unavailable',
      'this is no browser page: there are no workers here; Node takes another build of phiz',
    );
  const worker = new Worker(new URL('./analyzer-worker.js', import.meta.url), { type: 'module', name: 'phiz' });
  const link = new AnalyzerThread(worker);
  const given = (model: string | URL | Model): string | Model => (model instanceof URL ? model.href : model);
  try {
    const facts = await link.ask({
      kind: 'open',
      base: base === undefined ? undefined : new URL(base, document.baseURI).href,
      detector: given(detector),
      networks: Object.fromEntries(
        NETWORKS.map((name) => [name, chosen[name] === null ? null : given(chosen[name] ?? name)]),
      ) as Record<NetworkName, string | Model | null>,
      own: models.map(given),
      device,
      threads,
      defaults,
    });
    return overLink(link, facts) as BrowserAnalyzer as unknown as BrowserAnalyzer<NamesOf<Options>>;
  } catch (error) {
    link.end();
    throw error;
  }
}

const NETWORKS = NETWORK_ATTRIBUTES.map(({ name }) => name);

function overLink(link: AnalyzerThread, { models, defaults, own, engine }: WorkerAnswers['open']): BrowserAnalyzer {
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
    attributes: [...ATTRIBUTES, ...own.map((card) => ownAttribute(card))],
    async analyze(image, { signal, ...options } = {}) {
      open();
      const { bitmap, transfer } = await pack(image);
      return link.ask({ kind: 'analyze', bitmap, options }, { transfer, signal });
    },
    async detect(image, { signal, ...options } = {}) {
      open();
      const { bitmap, transfer } = await pack(image);
      return link.ask({ kind: 'detect', bitmap, options }, { transfer, signal });
    },
    async classify(image, faces, { signal } = {}) {
      open();
      const { bitmap, transfer } = await pack(image);
      return link.ask({ kind: 'classify', bitmap, faces }, { transfer, signal });
    },
    stream: (source, options) => resultsOf(follow(source, options)),
    follow,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
