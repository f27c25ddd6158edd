/** A classifier's metrics on images of faces, as they are and under each condition. */
import type { Image } from '../../../core/image.js';
import type { StressMetric, StressReport } from '../../../train/evaluate/stress.js';
import { directLogits } from '../logits.js';
import type { ClassifierRun } from '../run.js';
import { faceConditions } from './conditions.js';

/** Images changed and classified at a time: bounds memory. */
const CHUNK = 256;

/**
 * `judge` makes metrics of the images' logits, in their order; `plain` are those of the images as they are. Throws PhizError `aborted`,
 * and what the classifier throws.
 */
export async function stressClassifier(
  { classifier, options: { signal, onProgress } }: ClassifierRun,
  on: string,
  images: readonly Image[],
  plain: readonly Float32Array[],
  judge: (logits: readonly Float32Array[]) => readonly StressMetric[],
): Promise<StressReport> {
  const conditions = faceConditions(classifier.card.input.channels === 1);
  const rows: StressReport['rows'][number][] = [];
  for (const { family, level, apply } of conditions) {
    const logits: Float32Array[] = [];
    for (let start = 0; start < images.length; start += CHUNK) {
      const changed = await Promise.all(images.slice(start, start + CHUNK).map((image, i) => apply(image, start + i)));
      logits.push(...(await directLogits(classifier, changed, { signal })));
      onProgress?.('stressing', rows.length * images.length + logits.length, conditions.length * images.length);
    }
    rows.push({ family, level, metrics: judge(logits) });
  }
  return { on, images: images.length, plain: judge(plain), rows };
}
