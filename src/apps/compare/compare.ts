/**
 * Compares models that tell the same classes apart side by side on the same images, in the same clips and in one timing run, with tests of whether they
 * differ. Changes nothing on disk: write.ts writes the page, report/tables/comparison-text.ts puts it into words.
 */
import { availableParallelism, cpus } from 'node:os';
import { argmax } from '../../classify/softmax.js';
import { PhizError } from '../../core/error.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { phizVersion } from '../../node/files/manifest.js';
import { openDetector } from '../../node/models/open-detector.js';
import {
  COMPARISON_SCHEMA_VERSION,
  type ComparedModel,
  type Comparison,
  type PairTest,
  type PartReport,
} from '../../report/sums/comparison.js';
import type { Timeline } from '../../report/sums/timeline-series.js';
import { holm } from '../../statistics/holm.js';
import { classificationReport } from '../../train/evaluate/evaluation.js';
import { mcnemar } from '../../train/evaluate/mcnemar.js';
import { directLogits } from '../evaluate/logits.js';
import { type ClipOutcome, commonClasses, compareOnClip, planClips } from './clip.js';
import { type ComparisonData, openComparisonData } from './data.js';
import { type Contestant, closeContestants, openContestants } from './models.js';
import { shareClasses } from './shared.js';
import { measureSpeed } from './speed.js';

/** Which models are compared, and on what. */
export interface CompareOptions {
  /** Models of emotions or other classes: committed names, or paths of an .onnx with its card beside it. */
  readonly models: readonly string[];
  /** Folder of FER-2013 (or its CSV), or of class folders named like the models' labels. */
  readonly data: string;
  /**
   * FER-2013: 'public', 'private' or 'all' (default). Class folders: 'all', 'val', 'test' or 'train'; default: all of a folder without
   * splits, else the first of val, test and train.
   */
  readonly split?: string | undefined;
  /** Clips that all models are to see. */
  readonly clips?: readonly string[] | undefined;
  /** What the clips are known to show (CSV: start, end, label), in their order; default: `<clip>.truth.csv` beside each. */
  readonly truths?: readonly string[] | undefined;
  /** The detector for clips; default 'detector'. */
  readonly detector?: string | undefined;
  /** Time constant in seconds over which answers in clips are smoothed; default 0: as measured. */
  readonly smoothing?: number | undefined;
  /** At most so many images of each part, classes in proportion. */
  readonly limit?: number | undefined;
  /** Timings of a batch that the medians are of; default 20. */
  readonly rounds?: number | undefined;
  /** Threads of the runtime. */
  readonly threads?: number | undefined;
  /** Stops; the promise rejects with PhizError `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Is told what a user should know of how the data were taken. */
  readonly onNote?: ((text: string) => void) | undefined;
  readonly onProgress?: ((doing: string, done: number, total: number | undefined) => void) | undefined;
}

/** What came of a comparison. */
export interface ComparisonOutcome {
  readonly comparison: Comparison;
  /** By clip, then by model: the courses to draw. */
  readonly timelines: readonly (readonly Timeline[])[];
}

/**
 * Compares. Throws PhizError `invalid-option`, `model-not-found`, `model-damaged`, `model-mismatch` where models and data share fewer than two classes,
 * `file-not-found`, `no-input`, `invalid-data` naming a class without images, `aborted`.
 *
 * @example
 * const { comparison } = await compare({ models: ['emotion', 'runs/small/small.onnx'], data: 'data/fer2013' });
 */
export async function compare(options: CompareOptions): Promise<ComparisonOutcome> {
  const { models, clips = [], truths = [], smoothing = 0, signal, onProgress } = options;
  for (const name of ['limit', 'threads', 'rounds'] as const) {
    const value = options[name];
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new PhizError('invalid-option', `${name} must be a whole number from 1; got ${value}`);
  }
  const engine = await createNodeEngine({ threads: options.threads });
  const contestants = await openContestants(models, engine);
  try {
    const attribute = clips.length > 0 ? commonClasses(contestants) : undefined;
    const plans = attribute ? await planClips(clips, truths, attribute.classes.labels) : [];
    const detector = plans.length > 0 ? await openDetector(options.detector ?? 'detector', engine) : undefined;
    try {
      const whole = await openComparisonData({
        dir: options.data,
        split: options.split,
        grey: contestants.every(({ classifier }) => classifier.card.input.channels === 1),
        limit: options.limit,
        signal,
        onNote: options.onNote,
        onProgress: (done: number, total: number) => onProgress?.('reading', done, total),
      });
      const { data, shared } = shareClasses(whole, contestants);
      const measured = await measure(contestants, data, options);
      const outcomes: ClipOutcome[] = [];
      for (const plan of plans)
        outcomes.push(
          await compareOnClip(plan, contestants, {
            detector: detector!,
            attribute: attribute!,
            smoothing,
            signal,
            onFrame: (done: number, total: number | undefined) => onProgress?.(plan.path, done, total),
          }),
        );
      const { name, split, labels, unreadable, parts } = data;
      const comparison: Comparison = {
        schemaVersion: COMPARISON_SCHEMA_VERSION,
        phiz: phizVersion(),
        date: new Date().toISOString(),
        machine: {
          cpu: cpus()[0]?.model.trim() ?? 'unknown',
          cores: availableParallelism(),
          node: process.version,
          threads: options.threads ?? null,
        },
        data: { source: options.data, name, split, labels, shared, limit: options.limit ?? null, unreadable },
        parts: parts.map(({ key, name: called, indices }) => ({ key, name: called, samples: indices.length })),
        main: parts[0]!.key,
        ...measured,
        clips: outcomes.map(({ clip }) => clip),
      };
      return { comparison, timelines: outcomes.map(({ timelines }) => timelines) };
    } finally {
      await detector?.dispose();
    }
  } finally {
    await closeContestants(contestants);
  }
}

/** Classifies all images with each model, times the models in turns, and tests the pairs on the main part. */
async function measure(
  contestants: readonly Contestant[],
  data: ComparisonData,
  { rounds, signal, onProgress }: CompareOptions,
): Promise<Pick<Comparison, 'models' | 'pairs'>> {
  const { labels, samples, parts } = data;
  const images = samples.map(({ image }) => image);
  // By name; the classes that only this model knows are not asked of it.
  const orders = contestants.map(({ classifier: { card } }) => labels.map((label) => card.labels.indexOf(label)));
  const rights: (readonly boolean[])[] = [];
  const reports: Readonly<Record<string, PartReport>>[] = [];
  for (const [m, { name, classifier }] of contestants.entries()) {
    const rows = await directLogits(classifier, images, {
      signal,
      onProgress: (_, done, total) => onProgress?.(name, done, total),
    });
    const logits = rows.map((row) => Float32Array.from(orders[m]!, (i) => row[i]!));
    rights.push(logits.map((row, i) => argmax(row) === samples[i]!.label));
    const report = (indices: readonly number[]) =>
      classificationReport(
        indices.map((i) => logits[i]!),
        indices.map((i) => samples[i]!.label),
        labels,
        classifier.card.temperature,
      );
    reports.push(Object.fromEntries(parts.map(({ key, indices }) => [key, report(indices)])));
  }
  const speeds = await measureSpeed(
    contestants.map(({ classifier }) => classifier),
    images,
    {
      rounds,
      onRound(done, total) {
        if (signal?.aborted) throw new PhizError('aborted', 'the comparison was stopped', { cause: signal.reason });
        onProgress?.('timing', done, total);
      },
    },
  );
  const models = contestants.map(({ name, given, classifier: { card }, multiplyAdds, training }, m): ComparedModel => {
    const { version, sha256, summary, parameters, bytes, temperature, input } = card;
    return {
      name,
      given,
      version,
      sha256,
      summary,
      parameters,
      bytes,
      multiplyAdds,
      input: { width: input.width!, height: input.height!, channels: input.channels },
      temperature,
      milliseconds: speeds[m]!,
      parts: reports[m]!,
      training,
    };
  });
  return { models, pairs: testPairs(contestants, rights, parts[0]!.indices) };
}

/** Each pair on the samples that only one of the two has right. */
function testPairs(
  contestants: readonly Contestant[],
  rights: readonly (readonly boolean[])[],
  indices: readonly number[],
): readonly PairTest[] {
  const tests = contestants.flatMap(({ name: first }, a) =>
    contestants.slice(a + 1).map(({ name: second }, offset) => {
      const [one, other] = [rights[a]!, rights[a + 1 + offset]!];
      const count = (only: (i: number) => boolean) => indices.reduce((sum, i) => sum + (only(i) ? 1 : 0), 0);
      return {
        first,
        second,
        ...mcnemar(
          count((i) => one[i]! && !other[i]!),
          count((i) => other[i]! && !one[i]!),
        ),
      };
    }),
  );
  const corrected = holm(tests.map(({ p }) => p));
  return tests.map((test, i) => ({ ...test, corrected: corrected[i]! }));
}
