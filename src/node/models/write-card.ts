/** Takes measured figures over into a model's card, the JSON beside its .onnx. Leaves whatever else stands there as it is. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseCard } from '../../core/card.js';
import { PhizError } from '../../core/error.js';
import { mergeMetrics } from '../../train/evaluate/card-metrics.js';
import type { CardMetric } from '../../train/evaluate/evaluation.js';
import { type CardStress, mergeStress } from '../../train/evaluate/stress.js';
import { sweepOrphans } from '../files/temporary.js';
import { writeAtomic } from '../files/write-atomic.js';
import { cardPathOf, type ModelStore } from './models.js';

export interface CardChanges {
  /** Replace those of the same name on the same data, the others stay. */
  readonly metrics: readonly CardMetric[];
  /** Replace those on the same data. */
  readonly stress?: readonly CardStress[] | undefined;
  readonly temperature?: number | undefined;
}

/**
 * Writes figures (and the temperature, if given) into the card of `model`, a name or path as in loadModel, and gives the card's
 * path. The file is replaced as a whole. Throws PhizError `model-not-found`, `model-damaged` for what is not a card, `unwritable-file`.
 */
export async function updateCard(
  model: string,
  { metrics, stress, temperature }: CardChanges,
  store: ModelStore = {},
): Promise<string> {
  const path = cardPathOf(model, store);
  const json = await readJson(path);
  const card = parseCard(json, path);
  const changed = {
    ...(json as object),
    metrics: mergeMetrics(card.metrics, metrics),
    ...(stress === undefined ? {} : { stress: mergeStress(card.stress ?? [], stress) }),
    ...(temperature === undefined ? {} : { temperature }),
  };
  parseCard(changed, path);
  await sweepOrphans(dirname(path));
  await writeAtomic(path, `${JSON.stringify(changed, null, 2)}\n`);
  return path;
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new PhizError('model-not-found', `there is no model card at ${path} to write metrics into`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PhizError('model-damaged', `${path} is not a model card: ${(cause as Error).message}`, { cause });
  }
}
