/** The analyzer bound to Node: ONNX Runtime and the models on disk. */
import { type AnalyzeOptions, type Analyzer, checkOptions } from '../analyze/analyzer.js';
import { checkRole, openAnalyzer } from '../analyze/open-analyzer.js';
import { createAgeClassifier } from '../classify/age.js';
import { createEmotionClassifier } from '../classify/emotion.js';
import type { Model } from '../core/card.js';
import { checkCount } from '../core/check.js';
import type { Device, Engine } from '../core/engine.js';
import { createNodeEngine } from './engine/engine.js';
import { createThreadEngine } from './engine/engine-thread.js';
import { loadModel } from './models/models.js';
import { openDetector } from './models/open-detector.js';

export interface CreateAnalyzerOptions extends Omit<AnalyzeOptions, 'signal'> {
  /**
   * Each model: a committed name, the path of an .onnx with its card beside it, or a model in memory. The detector may also be one
   * of other people's that was pulled (`yunet`, `opencv-ssd`, `haar`, `mtcnn`), or the path of YuNet's .onnx.
   */
  readonly detector?: string | Model | undefined;
  readonly emotion?: string | Model | undefined;
  readonly age?: string | Model | undefined;
  /** Where the networks run; default 'cpu'. */
  readonly device?: Device | undefined;
  /**
   * Threads of the runtime; default: one a core, at most eight, best for one photo. In clips the detector, the classifiers and the
   * decoder already work side by side, and 1 is faster.
   */
  readonly threads?: number | undefined;
}

/**
 * Loads the three models, in parallel, and gives an analyzer over them. Options of `analyze` given here are its defaults.
 * Throws PhizError `invalid-option`, `model-not-found`, `model-damaged`, `model-mismatch`, `engine-unavailable`.
 *
 * @example
 * await using analyzer = await createAnalyzer();
 * const { faces } = await analyzer.analyze(await readImage('photo.jpg'));
 */
export async function createAnalyzer({
  detector = 'detector',
  emotion = 'emotion',
  age = 'age',
  device = 'cpu',
  threads,
  ...defaults
}: CreateAnalyzerOptions = {}): Promise<Analyzer> {
  checkOptions(defaults);
  if (threads !== undefined) checkCount('threads', threads);
  const options = threads === undefined ? { device } : { device, threads };
  // The detector has a thread of its own, so that the next frame's faces are found while this one's are read.
  const finding = createThreadEngine(options);
  const reading = createNodeEngine(options);

  const start = async <Part>(
    role: 'emotion' | 'age',
    given: string | Model,
    create: (options: { engine: Engine; model: Model }) => Promise<Part>,
  ): Promise<Part> => {
    const [engine, model] = await Promise.all([reading, typeof given === 'string' ? loadModel(given) : given]);
    checkRole(role, model);
    return create({ engine, model });
  };
  return openAnalyzer(
    {
      detector: openDetector(detector, finding),
      emotion: start('emotion', emotion, createEmotionClassifier),
      age: start('age', age, createAgeClassifier),
    },
    defaults,
  );
}
