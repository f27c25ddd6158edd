/**
 * Measures a model on a data set: loads it, tells by its card and the folder's files what is to be measured, and hands back
 * figures with their intervals. Changes nothing on disk; write-card.ts takes figures over into a card.
 */
import { join } from 'node:path';
import { networkAttribute } from '../../attributes/index.js';
import { createClassifier } from '../../classify/classifier.js';
import type { Model } from '../../core/card.js';
import type { Engine } from '../../core/engine.js';
import { PhizError } from '../../core/error.js';
import { dataFor, recogniseData } from '../../node/data/recognise.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { isFile } from '../../node/files/read-files.js';
import { loadModel } from '../../node/models/models.js';
import { isCardlessDetector, openDetector } from '../../node/models/open-detector.js';
import type { DetectorEvaluation } from '../../train/evaluate/detection.js';
import type { ClassesEvaluation, EmotionEvaluation, NumbersEvaluation } from '../../train/evaluate/evaluation.js';
import { evaluateClasses, evaluateEmotion } from './classes.js';
import { evaluateDetector } from './evaluate-detector.js';
import type { EvaluationPhase } from './logits.js';
import { evaluateNumbers } from './numbers.js';
import type { ClassifierRun, EvaluateOptions } from './run.js';
import { stressDetector } from './stress/stress-detector.js';

export type { EvaluateOptions } from './run.js';

/** What an evaluation says; `task` tells which kind it is. */
export type Evaluation = EmotionEvaluation | NumbersEvaluation | ClassesEvaluation | DetectorEvaluation;

/**
 * Evaluates `options.model` on `options.data`. Throws PhizError `invalid-option`, what loading the model and the data throws,
 * `model-mismatch` where model and data do not fit, `aborted`.
 *
 * @example
 * const evaluation = await evaluate({ model: 'emotion', data: 'data/fer2013', split: 'public' });
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  for (const name of ['limit', 'threads'] as const) {
    const value = options[name];
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new PhizError('invalid-option', `${name} must be a whole number from 1; got ${value}`);
  }
  if (options.stress && options.throughDetector)
    throw new PhizError('invalid-option', 'stress is measured on what a classifier is shown directly: leave out throughDetector');
  const engine = await createNodeEngine({ threads: options.threads });
  const classifying = await loadClassifier(options.model);
  return classifying ? evaluateClassifier(options, engine, classifying) : evaluateDetecting(options, engine);
}

/** The model, unless it is a detector (of which other people's come without a card). */
async function loadClassifier(name: string): Promise<Model | undefined> {
  if (await isCardlessDetector(name)) return undefined;
  const model = await loadModel(name);
  if (model.card.task === 'refiner')
    throw new PhizError(
      'model-mismatch',
      `'${name}' looks at a detector's candidates once more and is measured with it: evaluate the detector whose card names it`,
    );
  return model.card.task === 'detector' ? undefined : model;
}

async function evaluateClassifier(options: EvaluateOptions, engine: Engine, model: Model) {
  const kind = await recogniseData(options.data);
  const { name, task } = model.card;
  const attribute = networkAttribute(task);
  const wanted = dataFor(attribute);
  if (!wanted.includes(kind))
    throw new PhizError(
      'model-mismatch',
      `model '${name}' (${task}) is evaluated on ${wanted.join(' or ')}; ${options.data} holds ${kind}`,
    );
  const classifier = await createClassifier({ engine, model });
  try {
    const detector = options.throughDetector ? await openDetector(options.detector ?? 'detector', engine) : undefined;
    try {
      const run: ClassifierRun = { classifier, options, detector };
      if (attribute?.figures.of === 'numbers') return await evaluateNumbers(run, attribute, attribute.figures);
      return await (kind === 'fer2013' ? evaluateEmotion(run) : evaluateClasses(run));
    } finally {
      await detector?.dispose();
    }
  } finally {
    await classifier.dispose();
  }
}

async function evaluateDetecting(options: EvaluateOptions, engine: Engine): Promise<DetectorEvaluation> {
  const { model, data, split, limit, signal, onProgress } = options;
  for (const name of ['throughDetector', 'fitTemperature'] as const)
    if (options[name]) throw new PhizError('invalid-option', `${name} is for classifiers; '${model}' is a detector`);
  if (split !== undefined && !(await isFile(join(data, 'val', 'labels.txt'))))
    throw new PhizError('invalid-option', `split '${split}': ${data} has no splits val and train to choose from`);
  const detector = await openDetector(model, engine);
  try {
    const dir = split === undefined ? data : join(data, split);
    const told = (phase: EvaluationPhase) => ({
      limit,
      signal,
      onProgress: (done: number, total: number) => onProgress?.(phase, done, total),
    });
    const evaluation = await evaluateDetector(detector, dir, told('detecting'));
    return options.stress ? { ...evaluation, stress: await stressDetector(detector, dir, told('stressing')) } : evaluation;
  } finally {
    await detector.dispose();
  }
}
