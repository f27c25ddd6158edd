/**
 * Milliseconds per face of several models, measured in turns within one run, so that whatever else the machine does hits all alike.
 * Counted is what using a model costs: from pixels in memory to logits, cutting and scaling included.
 */
import type { Classifier, Crop } from '../../classify/classifier.js';
import type { Image } from '../../core/image.js';
import { boxToAffine } from '../../core/resample.js';
import type { Timing } from '../../report/sums/comparison.js';
import { quantile } from '../../statistics/quantile.js';
import { viewBox } from '../../train/augment.js';

/** Faces in a batch. */
export const BATCH = 32;

/** Faces classified alone in each round. */
const SINGLES = 4;

export interface SpeedOptions {
  /** Measurements of a batch; four times as many of a single face. */
  readonly rounds?: number | undefined;
  /** Called before each round; may throw to stop. */
  readonly onRound?: ((done: number, total: number) => void) | undefined;
}

/** Times each model on the same images (repeated where they are fewer than a batch); results in the order of the models. */
export async function measureSpeed(
  classifiers: readonly Classifier[],
  images: readonly Image[],
  { rounds = 20, onRound }: SpeedOptions = {},
): Promise<readonly { readonly single: Timing; readonly batch: Timing }[]> {
  const batches = classifiers.map(({ card: { direct, input } }) =>
    Array.from({ length: BATCH }, (_, i): Crop => {
      const image = images[i % images.length]!;
      return { image, map: boxToAffine(viewBox(image, direct), input.width!, input.height!) };
    }),
  );
  const times = classifiers.map(() => ({ single: [] as number[], batch: [] as number[] }));
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    onRound?.(round, rounds + 1);
    for (let turn = 0; turn < classifiers.length; turn++) {
      // Nobody always goes first.
      const m = (turn + round) % classifiers.length;
      const [classifier, crops, own] = [classifiers[m]!, batches[m]!, times[m]!];
      for (let s = 0; s < SINGLES; s++) {
        const at = (round * SINGLES + s) % BATCH;
        const ms = await millisecondsOf(classifier, crops.slice(at, at + 1));
        if (round > 0) own.single.push(ms);
      }
      const ms = await millisecondsOf(classifier, crops);
      if (round > 0) own.batch.push(ms);
    }
  }
  return times.map(({ single, batch }) => ({ single: timing(single), batch: timing(batch) }));
}

/** A face's share of one run. */
async function millisecondsOf(classifier: Classifier, crops: readonly Crop[]): Promise<number> {
  const start = performance.now();
  await classifier.logits(crops);
  return (performance.now() - start) / crops.length;
}

function timing(values: readonly number[]): Timing {
  const at = (q: number) => quantile(values, q);
  return { median: at(0.5), quartiles: [at(0.25), at(0.75)], runs: values.length };
}
