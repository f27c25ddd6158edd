/** The analyzer bound to Node: ONNX Runtime and the models on disk. */

import type { Analyzer, AnalyzerParts, NamesOf, OwnPart } from '../analyze/analyzer.js';
import { checkRole, openAnalyzer } from '../analyze/open-analyzer.js';
import { type AnalyzeOptions, checkOptions, DEFAULT_NAMES } from '../analyze/options.js';
import { createAttributeClassifier, type NetworkAttribute } from '../attributes/attribute.js';
import { NETWORK_ATTRIBUTES, type NetworkName } from '../attributes/index.js';
import { ownAttribute } from '../attributes/own.js';
import type { Model } from '../core/card.js';
import { checkCount, checkNames } from '../core/check.js';
import type { Device } from '../core/engine.js';
import { createNodeEngine } from './engine/engine.js';
import { createThreadEngine } from './engine/engine-thread.js';
import { loadModel } from './models/models.js';
import { openDetector } from './models/open-detector.js';

/**
 * Each model, by the name of what it reads: a committed name, the path of an .onnx with its card beside it, a model in memory, or
 * null to leave the network out, and what it reads out of the results.
 */
export type AttributeModels = { readonly [Name in NetworkName]?: string | Model | null | undefined };

/** The models, where they run, and the defaults of every call. */
export interface CreateAnalyzerOptions extends AttributeModels, Omit<AnalyzeOptions, 'signal'> {
  /**
   * As the other models; also one of other people's that was pulled (`yunet`, `opencv-ssd`, `haar`, `mtcnn`), or the path of YuNet's
   * .onnx.
   */
  readonly detector?: string | Model | undefined;
  /**
   * Classifiers of one's own, read beside the others: each under the name of its card, with the card's labels. Names, paths or
   * models in memory.
   */
  readonly models?: readonly (string | Model)[] | undefined;
  /** Where the networks run; default 'cpu'. */
  readonly device?: Device | undefined;
  /**
   * Threads of the runtime; default: one per core, at most eight, best for one photo. In clips the detector, the classifiers and the
   * decoder already work side by side, and 1 is faster.
   */
  readonly threads?: number | undefined;
}

/**
 * Loads the models, in parallel, and gives an analyzer over them. Options of `analyze` given here are its defaults.
 * Throws PhizError `invalid-option`, `model-not-found`, `model-damaged`, `model-mismatch`, `engine-unavailable`.
 *
 * @example
 * await using analyzer = await createAnalyzer();
 * const { faces } = await analyzer.analyze(await readImage('photo.jpg'));
 */
export async function createAnalyzer<const Options extends CreateAnalyzerOptions = CreateAnalyzerOptions>(
  options: Options = {} as Options,
): Promise<Analyzer<NamesOf<Options>>> {
  // The detector has a thread of its own, so that the next frame's faces are found while this one's are read.
  return openWith(options, createThreadEngine);
}

/**
 * The same on one thread alone, its caller's: for those who do one photo after the other on several threads (photo-worker.ts), where
 * another thread would gain nothing and handing pixels over cost a tenth.
 */
export function createOneThreadAnalyzer(options: CreateAnalyzerOptions): Promise<Analyzer> {
  return openWith(options, undefined) as Promise<Analyzer>;
}

async function openWith<const Options extends CreateAnalyzerOptions>(
  options: Options,
  threadEngine: typeof createThreadEngine | undefined,
): Promise<Analyzer<NamesOf<Options>>> {
  checkNames(options, [
    ...['detector', 'models', 'device', 'threads'],
    ...NETWORK_ATTRIBUTES.map(({ name }) => name),
    ...DEFAULT_NAMES,
  ]);
  const { detector = 'detector', models = [], device = 'cpu', threads, ...others } = options;
  const chosen: AttributeModels = others;
  const defaults = Object.fromEntries(
    Object.entries(others).filter(([name]) => !NETWORK_ATTRIBUTES.some((network) => network.name === name)),
  );
  checkOptions(defaults);
  if (threads !== undefined) checkCount('threads', threads);
  const running = threads === undefined ? { device } : { device, threads };
  const reading = createNodeEngine(running);
  const searching = threadEngine?.(running);
  // Where single faces are looked at once more, calls to a thread would take longer than the looks.
  const finding = reading.then((engine) => openDetector(detector, searching ?? engine, engine));

  const start = async (attribute: (typeof NETWORK_ATTRIBUTES)[number], given: string | Model) => {
    const [engine, model] = await Promise.all([reading, typeof given === 'string' ? loadModel(given) : given]);
    checkRole(attribute.name, model);
    return createAttributeClassifier(attribute as NetworkAttribute, { engine, model });
  };
  const parts = NETWORK_ATTRIBUTES.map((attribute) => {
    const given = chosen[attribute.name];
    return [attribute.name, given === null ? null : start(attribute, given ?? attribute.name)] as const;
  });
  const own = models.map(async (given): Promise<OwnPart> => {
    const [engine, model] = await Promise.all([reading, typeof given === 'string' ? loadModel(given) : given]);
    const attribute = ownAttribute(model.card) as unknown as NetworkAttribute;
    return { attribute, classifier: await createAttributeClassifier(attribute, { engine, model }) };
  });
  const analyzer = await openAnalyzer({ detector: finding, ...(Object.fromEntries(parts) as Loading) }, defaults, own);
  return analyzer as unknown as Analyzer<NamesOf<Options>>;
}

type Loading = { readonly [Name in NetworkName]: Promise<AnalyzerParts[Name]> };
