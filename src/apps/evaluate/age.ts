/** Evaluates an age network on UTKFace, near-duplicates with contradictory ages left out. */

import { rangeOf } from '../../attributes/age/ranges.js';
import { ageReader } from '../../attributes/age/read.js';
import { softmax } from '../../classify/softmax.js';
import { PhizError } from '../../core/error.js';
import type { FaceDetector } from '../../detect/detector.js';
import type { DataSample } from '../../node/data/data-set.js';
import { openUtkFace, type UtkFaceMeta } from '../../node/data/utkface.js';
import { contradictory, findNearDuplicates } from '../../train/data/near-duplicates.js';
import { type AgeEstimate, ageReport } from '../../train/evaluate/age.js';
import { fitTemperature } from '../../train/evaluate/calibration.js';
import type { AgeChain, AgeEvaluation } from '../../train/evaluate/evaluation.js';
import { errorByGroup, UTKFACE_GENDERS, UTKFACE_RACES } from '../../train/evaluate/groups.js';
import { mean, share } from '../../train/evaluate/interval.js';
import { CHAIN_SIDE, detectedLogits, directLogits } from './logits.js';
import { type ClassifierRun, chooseSplit, common, loadOptions } from './run.js';
import { stressClassifier } from './stress/stress-classifier.js';

type UtkFaceSample = DataSample<UtkFaceMeta>;

/** Evaluates on UTKFace. Throws PhizError as the opener does, `invalid-option`, `model-mismatch`. */
export async function evaluateAge(run: ClassifierRun): Promise<AgeEvaluation> {
  const { classifier, options, detector } = run;
  const { labels, name } = classifier.card;
  const split = chooseSplit(options.split, ['val', 'test', 'train'], detector ? 'val' : 'test');
  if (options.fitTemperature && split !== 'val')
    throw new PhizError('invalid-option', 'a temperature is fitted on the validation images: use split val');
  const part = split === 'val' ? 'validation' : split;
  const data = await openUtkFace({ ...loadOptions(run), splits: [part] });
  const all = data[part]?.samples;
  if (!all) throw new PhizError('no-input', `${options.data} has no ${split} part`);
  const samples = trustworthy(all);
  const ages = samples.map(({ meta }) => meta.age);
  const logits = await directLogits(
    classifier,
    samples.map(({ image }) => image),
    options,
  );
  const truth = ages.map((age) => Math.max(labels.indexOf(String(age)), labels.indexOf(rangeOf(age))));
  const fitted = options.fitTemperature ? fitTemperature(logits, truth) : undefined;
  const read = ageReader(labels, name);
  const estimate = (row: Float32Array) => read(softmax(row, fitted ?? classifier.card.temperature));
  const estimates = logits.map(estimate);
  const errors = estimates.map(({ years }, i) => Math.abs(years - ages[i]!));
  return {
    task: 'age',
    ...common(run, data.skipped, fitted),
    split,
    leftOut: all.length - samples.length,
    ...ageReport(estimates, ages),
    groups: {
      gender: errorByGroup(
        errors,
        samples.map(({ meta }) => meta.gender),
        UTKFACE_GENDERS,
      ),
      race: errorByGroup(
        errors,
        samples.map(({ meta }) => meta.race),
        UTKFACE_RACES,
      ),
    },
    ...(detector ? { throughDetector: await chain(run, detector, samples, errors, (row) => estimate(row).years) } : {}),
    ...(options.stress ? { stress: await stress(run, split, samples, logits, estimate) } : {}),
  };
}

/** Error and coverage of the interval under each condition. */
function stress(
  run: ClassifierRun,
  split: string,
  samples: readonly UtkFaceSample[],
  plain: readonly Float32Array[],
  estimate: (row: Float32Array) => AgeEstimate,
) {
  const images = samples.map(({ image }) => image);
  const ages = samples.map(({ meta }) => meta.age);
  return stressClassifier(run, `UTKFace ${split}`, images, plain, (logits) => {
    const { mae, coverage } = ageReport(logits.map(estimate), ages);
    return [
      { name: 'mean absolute error (years)', value: mae.value, interval: mae.interval },
      { name: 'true age inside the 10-90 interval', value: coverage.value, interval: coverage.interval },
    ];
  });
}

/** The samples without those that nearly repeat one of another age. */
function trustworthy(samples: readonly UtkFaceSample[]): readonly UtkFaceSample[] {
  const groups = findNearDuplicates(samples.map(({ image }) => image));
  const doubtful = contradictory(
    groups,
    samples.map(({ meta }) => meta.age),
  );
  return samples.filter((_, i) => !doubtful.has(i));
}

async function chain(
  { classifier, options }: ClassifierRun,
  detector: FaceDetector,
  samples: readonly UtkFaceSample[],
  errors: readonly number[],
  years: (row: Float32Array) => number,
): Promise<AgeChain> {
  const rows = await detectedLogits(
    classifier,
    detector,
    samples.map(({ image }) => image),
    options,
  );
  const through = rows.flatMap((row, i) => (row ? [Math.abs(years(row) - samples[i]!.meta.age)] : []));
  if (through.length === 0)
    throw new PhizError('model-mismatch', `${detector.name} finds no face in any of ${samples.length} images`);
  return {
    detector: { name: detector.name, version: detector.version },
    side: CHAIN_SIDE,
    found: share(through.length, samples.length),
    mae: mean(through),
    direct: mean(errors.filter((_, i) => rows[i])),
    directAll: mean(errors),
  };
}
