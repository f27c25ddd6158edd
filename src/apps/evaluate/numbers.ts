/** Evaluates a network that reads numbers, as ages are, on UTKFace; near-duplicates with contradictory numbers are left out. */

import type { AnyNetworkAttribute, NumberFigures } from '../../attributes/attribute.js';
import type { NumberName } from '../../attributes/index.js';
import { softmax } from '../../classify/softmax.js';
import { PhizError } from '../../core/error.js';
import type { FaceDetector } from '../../detect/detector.js';
import type { DataSample } from '../../node/data/data-set.js';
import { openUtkFace, type UtkFaceMeta } from '../../node/data/utkface.js';
import { contradictory, findNearDuplicates } from '../../train/data/near-duplicates.js';
import { fitTemperature } from '../../train/evaluate/calibration.js';
import type { NumbersChain, NumbersEvaluation } from '../../train/evaluate/evaluation.js';
import { errorByGroup, UTKFACE_GENDERS, UTKFACE_RACES } from '../../train/evaluate/groups.js';
import { mean, share } from '../../train/evaluate/interval.js';
import { numberMetricNames, numbersReport } from '../../train/evaluate/numbers.js';
import { CHAIN_SIDE, detectedLogits, directLogits } from './logits.js';
import { type ClassifierRun, chooseSplit, common, loadOptions } from './run.js';
import { stressClassifier } from './stress/stress-classifier.js';

type UtkFaceSample = DataSample<UtkFaceMeta>;

/** Evaluates on UTKFace. Throws PhizError as the opener does, `invalid-option`, `model-mismatch`. */
export async function evaluateNumbers(
  run: ClassifierRun,
  attribute: AnyNetworkAttribute,
  figures: NumberFigures<unknown>,
): Promise<NumbersEvaluation> {
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
  const truth = samples.map(truthOf);
  const logits = await directLogits(
    classifier,
    samples.map(({ image }) => image),
    options,
  );
  const bins = truth.map((number) => Math.max(labels.indexOf(String(number)), labels.indexOf(figures.rangeOf(number))));
  const fitted = options.fitTemperature ? fitTemperature(logits, bins) : undefined;
  const read = attribute.read(labels, name);
  const toValue = (row: Float32Array): unknown => read(softmax(row, fitted ?? classifier.card.temperature));
  const values = logits.map(toValue);
  const errors = values.map((value, i) => Math.abs(figures.estimate(value) - truth[i]!));
  const reportOf = (rows: readonly unknown[]) => numbersReport(figures, rows, truth);
  const groupsOf = (names: readonly string[], group: (meta: UtkFaceMeta) => number) =>
    errorByGroup(
      errors,
      samples.map(({ meta }) => group(meta)),
      names,
    );
  const stress = () =>
    stressClassifier(
      run,
      `UTKFace ${split}`,
      samples.map(({ image }) => image),
      logits,
      (rows) => {
        const { mae, coverage } = reportOf(rows.map(toValue));
        const names = numberMetricNames(figures);
        return [
          { name: names.error, value: mae.value, interval: mae.interval },
          { name: names.coverage, value: coverage.value, interval: coverage.interval },
        ];
      },
    );
  return {
    task: attribute.name as NumberName,
    ...common(run, data.skipped, fitted),
    split,
    leftOut: all.length - samples.length,
    ...reportOf(values),
    groups: {
      gender: groupsOf(UTKFACE_GENDERS, ({ gender }) => gender),
      race: groupsOf(UTKFACE_RACES, ({ race }) => race),
    },
    throughDetector: detector && (await chain(run, detector, samples, errors, (row) => figures.estimate(toValue(row)))),
    stress: options.stress ? await stress() : undefined,
  };
}

/** The number that UTKFace knows of a face. */
function truthOf({ meta }: UtkFaceSample): number {
  return meta.age;
}

/** The samples without those that nearly repeat one of another number. */
function trustworthy(samples: readonly UtkFaceSample[]): readonly UtkFaceSample[] {
  const groups = findNearDuplicates(samples.map(({ image }) => image));
  const doubtful = contradictory(groups, samples.map(truthOf));
  return samples.filter((_, i) => !doubtful.has(i));
}

async function chain(
  { classifier, options }: ClassifierRun,
  detector: FaceDetector,
  samples: readonly UtkFaceSample[],
  errors: readonly number[],
  estimate: (row: Float32Array) => number,
): Promise<NumbersChain> {
  const rows = await detectedLogits(
    classifier,
    detector,
    samples.map(({ image }) => image),
    options,
  );
  const through = rows.flatMap((row, i) => (row ? [Math.abs(estimate(row) - truthOf(samples[i]!))] : []));
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
