/** The models of a comparison: loaded and checked before anything is measured, each under a name of its own, with its training log. */
import { dirname, join } from 'node:path';
import { networkAttribute } from '../../attributes/index.js';
import { type Classifier, createClassifier } from '../../classify/classifier.js';
import type { Model } from '../../core/card.js';
import type { Engine } from '../../core/engine.js';
import { PhizError } from '../../core/error.js';
import { readTextIfAny } from '../../node/files/read-files.js';
import { cardPathOf, loadModel } from '../../node/models/models.js';
import { modelMultiplyAdds } from '../../onnx/model-cost.js';
import type { EpochRecord } from '../../report/plots/learning-curve.js';
import type { EpochAccuracy, TrainingLog } from '../../report/sums/comparison.js';

/** A model ready to be measured. */
export interface Contestant {
  /** Distinct within the comparison. */
  readonly name: string;
  readonly given: string;
  readonly classifier: Classifier;
  readonly multiplyAdds: number | null;
  readonly training: TrainingLog | null;
}

/**
 * Opens the models; `given` are names or paths as in loadModel. Throws PhizError `invalid-option` for none or one given twice,
 * `model-mismatch` for a model of another task, and what loading throws.
 */
export async function openContestants(given: readonly string[], engine: Engine): Promise<readonly Contestant[]> {
  if (given.length === 0) throw new PhizError('invalid-option', 'a comparison needs at least one model');
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined) throw new PhizError('invalid-option', `model '${twice}' is given twice`);
  const models: Model[] = [];
  for (const name of given) {
    const model = await loadModel(name);
    const { task } = model.card;
    if (task === 'detector' || networkAttribute(task)?.figures.of === 'numbers')
      throw new PhizError('model-mismatch', `model '${name}' is for '${task}'; compared are models that tell classes apart`);
    models.push(model);
  }
  const names = nameApart(models.map(({ card }, i) => ({ name: card.name, given: given[i]! })));
  const opened: Contestant[] = [];
  try {
    for (const [i, model] of models.entries()) {
      const training = await readTrainingLog(model, given[i]!);
      const classifier = await createClassifier({ engine, model });
      opened.push({ name: names[i]!, given: given[i]!, classifier, training, multiplyAdds: costOf(model, given[i]!) });
    }
  } catch (error) {
    await closeContestants(opened);
    throw error;
  }
  return opened;
}

export async function closeContestants(contestants: readonly Contestant[]): Promise<void> {
  await Promise.all(contestants.map(({ classifier }) => classifier.dispose()));
}

/** For one face. Counted from the file, so that all are counted alike; what a file does not tell, the card may. */
function costOf({ card, bytes }: Model, where: string): number | null {
  const { width = 0, height = 0 } = card.input;
  const once = modelMultiplyAdds(bytes, { width, height, where }) ?? card.multiplyAdds ?? null;
  return once !== null && card.mirror ? 2 * once : once;
}

/** The models' names; where two are the same, with the folders that tell them apart, or else with numbers. */
export function nameApart(models: readonly { readonly name: string; readonly given: string }[]): readonly string[] {
  const clash = (name: string) => models.filter((other) => other.name === name).length > 1;
  const taken = new Set<string>();
  return models.map(({ name, given }) => {
    const folder = dirname(given).split(/[\\/]/).at(-1);
    const long = clash(name) && folder && folder !== '.' && folder !== name ? `${name} (${folder})` : name;
    let free = long;
    for (let i = 2; taken.has(free); i++) free = `${long} ${i}`;
    taken.add(free);
    return free;
  });
}

/**
 * `<model>.ndjson` beside a model that was trained, or the `log.ndjson` of its run; that of another model's run is none of its
 * business. Throws PhizError `invalid-data` naming the line.
 */
export async function readTrainingLog({ card: { training } }: Model, given: string): Promise<TrainingLog | null> {
  if (!training) return null;
  const card = cardPathOf(given);
  for (const file of [card.replace(/\.json$/i, '.ndjson'), join(dirname(card), 'log.ndjson')]) {
    const text = await readTextIfAny(file);
    if (text === undefined) continue;
    const epochs = text
      .split('\n')
      .flatMap((line, i) => (line.trim() === '' ? [] : [parseEpoch(line, `${file}, line ${i + 1}`)]));
    if (epochs.length === 0) continue;
    const measured = epochs.flatMap(({ epoch, validationAccuracy: accuracy }): readonly EpochAccuracy[] =>
      typeof accuracy === 'number' ? [{ epoch, accuracy }] : [],
    );
    const best = measured.reduce<EpochAccuracy | null>((top, one) => (top && top.accuracy >= one.accuracy ? top : one), null);
    return { file, epochs, best, last: measured.at(-1) ?? null };
  }
  return null;
}

function parseEpoch(line: string, where: string): EpochRecord {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (cause) {
    throw new PhizError('invalid-data', `${where} is not a line of a training log: ${(cause as Error).message}`, { cause });
  }
  if (typeof record !== 'object' || record === null || typeof (record as { epoch?: unknown }).epoch !== 'number')
    throw new PhizError('invalid-data', `${where} is not a line of a training log: it has no epoch`);
  return record as EpochRecord;
}
