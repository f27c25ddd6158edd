/**
 * The process in which one detector is measured, so that its peak memory is its own. Started by compare-detectors.ts with a job;
 * answers with progress, then with the metrics or a failure, and ends; ends, too, when its starter does.
 */
import { callFailure } from '../../core/calls.js';
import type { Detection, FaceDetector } from '../../detect/detector.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { loadModel } from '../../node/models/models.js';
import { isCardlessDetector, openDetector } from '../../node/models/open-detector.js';
import type { ComparedDetector, PrecisionRecallPoint } from '../../report/sums/detector-comparison.js';
import { quantile } from '../../statistics/quantile.js';
import type { DetectionReport } from '../../train/evaluate/detection.js';
import { evaluateDetector } from '../evaluate/evaluate-detector.js';
import { type CountingEngine, createCountingEngine } from './counting-engine.js';
import type { MeasureAnswer, Measured, MeasureJob } from './measure-messages.js';
import { openCvCost } from './opencv-cost.js';
import { peakMemory } from './peak-memory.js';

/** Points of a curve that are kept. */
const CURVE_POINTS = 250;

/** A detector that is timed, and what is noted meanwhile. */
interface Stopwatch extends FaceDetector {
  readonly times: number[];
  /** In bytes, after the last image: what the statistics take afterwards does not count. */
  peak(): number;
}

function timed(detector: FaceDetector): Stopwatch {
  const times: number[] = [];
  let peak = 0;
  return {
    ...detector,
    times,
    peak: () => peak,
    async detect(image, options) {
      const start = performance.now();
      const found = await detector.detect(image, options);
      times.push(performance.now() - start);
      peak = peakMemory();
      return found;
    },
  };
}

/** Finds nothing, so that what is measured is the reading of images. */
function createBlind(): FaceDetector {
  const nothing: readonly Detection[] = [];
  return { name: 'reading', version: '1', detect: async () => nothing, dispose: async () => {} };
}

async function measure(job: MeasureJob, open: () => Promise<FaceDetector>, engine?: CountingEngine): Promise<MeasureAnswer> {
  const detector = timed(await open());
  const { data, limit, scoreThreshold } = job;
  try {
    const { ap50, ap30, ...evaluation } = await evaluateDetector(detector, data, {
      scoreThreshold,
      limit,
      resamples: job.detector === undefined ? 0 : undefined,
      onProgress: (done, total) => tell({ kind: 'progress', done, total }),
    });
    const images: Measured = { data: evaluation.data, images: ap50.images, faces: ap50.faces };
    const cost = await costOf(job, detector, engine);
    const figures: ComparedDetector = {
      ...evaluation.model,
      averagePrecision: ap50.averagePrecision,
      interval: ap50.interval,
      averagePrecision30: ap30.averagePrecision,
      recall: ap50.recall,
      recallAt: ap50.recallAt.filter(({ falsePositives }) => falsePositives >= 100),
      milliseconds: {
        median: quantile(detector.times, 0.5),
        low: quantile(detector.times, 0.1),
        high: quantile(detector.times, 0.9),
      },
      peakMemory: detector.peak(),
      ...cost,
      curve: thinned(ap50),
    };
    return { kind: 'measured', images, figures };
  } finally {
    await detector.dispose();
  }
}

/** Counted where ONNX Runtime runs it; our own say in their card how many parameters they have, without normalisation's running means. */
async function costOf(
  { detector: asked }: MeasureJob,
  { name, times }: Stopwatch,
  engine: CountingEngine | undefined,
): Promise<Pick<ComparedDetector, 'parameters' | 'multiplyAdds'>> {
  const counted = engine?.parameters();
  if (asked === undefined || !engine || counted === null || counted === undefined) return openCvCost(name);
  const parameters = (await isCardlessDetector(asked)) ? counted : (await loadModel(asked)).card.parameters;
  const adds = engine.multiplyAdds();
  return { parameters, multiplyAdds: adds === null ? null : adds / times.length };
}

/** Evenly chosen points, the first and the last among them. */
function thinned({ curve }: DetectionReport): PrecisionRecallPoint[] {
  const count = Math.min(curve.length, CURVE_POINTS);
  return Array.from({ length: count }, (_, i) => {
    const { score, precision, recall } = curve[Math.round((i * (curve.length - 1)) / Math.max(count - 1, 1))]!;
    return { score, precision, recall };
  });
}

async function answer(job: MeasureJob): Promise<MeasureAnswer> {
  let opening = true;
  try {
    const name = job.detector;
    if (name === undefined) return await measure(job, async () => createBlind());
    const engine = createCountingEngine(await createNodeEngine({ threads: job.threads }));
    return await measure(
      job,
      async () => {
        const detector = await openDetector(name, engine);
        opening = false;
        return detector;
      },
      engine,
    );
  } catch (error) {
    return { kind: 'failed', opening, ...callFailure(error) };
  }
}

function tell(message: MeasureAnswer, told?: () => void): void {
  process.send?.(message, undefined, undefined, told);
}

// Ctrl-C reaches the whole group; the starter decides what becomes of this process.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.once('message', async (job: MeasureJob) => {
  const result = await answer(job);
  tell(result, () => process.exit());
});
