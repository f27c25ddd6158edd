/** Evaluates a classifier of emotions or of own classes: FER-2013 by its official parts, or any folder of class folders. */
import type { Classifier } from '../../classify/classifier.js';
import { argmax } from '../../classify/softmax.js';
import { PhizError } from '../../core/error.js';
import type { FaceDetector } from '../../detect/detector.js';
import { EVALUATION_SPLITS, openClassFolderPart } from '../../node/data/class-folders.js';
import type { DataSample } from '../../node/data/data-set.js';
import { openFer2013 } from '../../node/data/fer2013.js';
import { truestTemperature } from '../../train/evaluate/calibration.js';
import { FER_PARTS } from '../../train/evaluate/card-metrics.js';
import {
  type ClassesChain,
  type ClassesEvaluation,
  classificationReport,
  type EmotionEvaluation,
} from '../../train/evaluate/evaluation.js';
import { share } from '../../train/evaluate/interval.js';
import { CHAIN_SIDE, detectedLogits, directLogits } from './logits.js';
import { type ClassifierRun, chooseSplit, common, loadOptions } from './run.js';
import { stressClassifier } from './stress/stress-classifier.js';

/** Parts of FER-2013 by the names that --split takes. */
const FER_SPLITS = ['public', 'private', 'all'] as const;

/** Evaluates on FER-2013. Throws PhizError as the opener does, `invalid-option`, `model-mismatch`. */
export async function evaluateEmotion(run: ClassifierRun): Promise<EmotionEvaluation> {
  const { classifier, options, detector } = run;
  const { labels } = classifier.card;
  const split = chooseSplit(options.split, FER_SPLITS, detector ? 'public' : 'all');
  if (options.fitTemperature && split === 'private')
    throw new PhizError('invalid-option', 'a temperature is fitted on PublicTest: use split public or all');
  const data = await openFer2013({
    ...loadOptions(run),
    majority: true,
    splits: split === 'all' ? ['validation', 'test'] : split === 'public' ? ['validation'] : ['test'],
  });
  const samples = [...(data.validation?.samples ?? []), ...(data.test?.samples ?? [])];
  if (samples.length === 0) throw new PhizError('no-input', `${options.data} holds no images of FER-2013's ${split} part`);
  const truth = truthOf(samples, data.labels, classifier);
  const logits = await directLogits(
    classifier,
    samples.map(({ image }) => image),
    options,
  );
  const pick = (keep: (sample: (typeof samples)[number]) => boolean) => samples.flatMap((s, i) => (keep(s) ? [i] : []));
  const publicTest = pick(({ meta }) => meta.usage === 'PublicTest');
  const fitted = options.fitTemperature
    ? truestTemperature(
        publicTest.map((i) => logits[i]!),
        publicTest.map((i) => truth[i]!),
      )
    : undefined;
  const temperature = fitted ?? classifier.card.temperature;
  const report = (key: string, indices: readonly number[]) =>
    indices.length === 0
      ? {}
      : {
          [key]: classificationReport(
            indices.map((i) => logits[i]!),
            indices.map((i) => truth[i]!),
            labels,
            temperature,
          ),
        };
  const privateTest = pick(({ meta }) => meta.usage === 'PrivateTest');
  const agreement = (indices: readonly number[]) => {
    const voted = indices.filter((i) => samples[i]!.meta.majority !== undefined);
    const same = voted.filter((i) => argmax(logits[i]!) === labels.indexOf(data.labels[samples[i]!.meta.majority!]!));
    return voted.length ? share(same.length, voted.length) : undefined;
  };
  const [votedPublic, votedPrivate] = [agreement(publicTest), agreement(privateTest)];
  return {
    task: 'emotion',
    ...common(run, data.skipped, fitted),
    split,
    labels,
    ...report('public', publicTest),
    ...report('private', privateTest),
    ...report('both', publicTest.length && privateTest.length ? [...publicTest, ...privateTest] : []),
    ...report(
      'privateDeduplicated',
      privateTest.filter((i) => !samples[i]!.meta.repeatsTraining),
    ),
    ferPlus: votedPublic || votedPrivate ? { public: votedPublic, private: votedPrivate } : undefined,
    throughDetector: detector && (await chain(run, detector, samples, truth, logits)),
    stress: options.stress ? await stress(run, `FER-2013 ${FER_PARTS[split]}`, samples, truth, logits) : undefined,
  };
}

/** Evaluates on a folder of class folders. Throws PhizError as the opener does, `invalid-option`, `model-mismatch`. */
export async function evaluateClasses(run: ClassifierRun): Promise<ClassesEvaluation> {
  const { classifier, options, detector } = run;
  const asked = options.split === undefined ? undefined : chooseSplit(options.split, EVALUATION_SPLITS, 'all');
  if (options.fitTemperature && asked !== undefined && asked !== 'val')
    throw new PhizError('invalid-option', 'a temperature is fitted on the validation images: use split val');
  const data = await openClassFolderPart({ ...loadOptions(run), split: options.fitTemperature ? 'val' : asked });
  const { samples, split } = data;
  const truth = truthOf(samples, data.labels, classifier);
  const logits = await directLogits(
    classifier,
    samples.map(({ image }) => image),
    options,
  );
  const fitted = options.fitTemperature ? truestTemperature(logits, truth) : undefined;
  const { labels } = classifier.card;
  return {
    task: 'classes',
    data: data.name,
    ...common(run, data.skipped, fitted),
    split,
    labels,
    ...classificationReport(logits, truth, labels, fitted ?? classifier.card.temperature),
    throughDetector: detector && (await chain(run, detector, samples, truth, logits)),
    stress: options.stress ? await stress(run, `${data.name} ${split}`, samples, truth, logits) : undefined,
  };
}

/** The accuracy under each condition. */
function stress(
  run: ClassifierRun,
  on: string,
  samples: readonly DataSample<unknown>[],
  truth: readonly number[],
  plain: readonly Float32Array[],
) {
  const images = samples.map(({ image }) => image);
  return stressClassifier(run, on, images, plain, (logits) => {
    const { value, interval } = share(logits.filter((row, i) => argmax(row) === truth[i]).length, logits.length);
    return [{ name: 'accuracy', value, interval }];
  });
}

/** Each sample's class as an index into the card's labels, matched by name. */
function truthOf(samples: readonly DataSample<unknown>[], labels: readonly string[], { card }: Classifier): readonly number[] {
  const index = labels.map((label) => card.labels.indexOf(label));
  return samples.map(({ label }) => {
    const own = index[label]!;
    if (own < 0)
      throw new PhizError(
        'model-mismatch',
        `the data has the class '${labels[label]}', model '${card.name}' tells apart ${card.labels.slice(0, 12).join(', ')}`,
      );
    return own;
  });
}

async function chain(
  { classifier, options }: ClassifierRun,
  detector: FaceDetector,
  samples: readonly DataSample<unknown>[],
  truth: readonly number[],
  logits: readonly Float32Array[],
): Promise<ClassesChain> {
  const rows = await detectedLogits(
    classifier,
    detector,
    samples.map(({ image }) => image),
    options,
  );
  const all = rows.map((_, i) => i);
  const found = all.filter((i) => rows[i]);
  if (found.length === 0)
    throw new PhizError('model-mismatch', `${detector.name} finds no face in any of ${samples.length} images`);
  const right = (given: readonly (Float32Array | undefined)[], indices: readonly number[]) =>
    share(indices.filter((i) => given[i] && argmax(given[i]) === truth[i]).length, indices.length);
  return {
    detector: { name: detector.name, version: detector.version },
    side: CHAIN_SIDE,
    found: share(found.length, samples.length),
    accuracy: right(rows, all),
    direct: right(logits, all),
    accuracyFound: right(rows, found),
    directFound: right(logits, found),
  };
}
