/**
 * One picture in, every face with its emotion, age and quality out. Knows no platform: detector and classifiers come in as
 * ports, and two analyzers share nothing. src/node/create-analyzer.ts binds it to ONNX Runtime and the models on disk.
 */
import type { FaceClassifier } from '../classify/classifier.js';
import { faceQuality } from '../classify/quality.js';
import { PhizError } from '../core/error.js';
import { area, clipBox } from '../core/geometry.js';
import { checkImage, type Image } from '../core/image.js';
import type { AgeResult, EmotionResult, FaceResult, PhotoResult } from '../core/result.js';
import type { Detection, FaceDetector } from '../detect/detector.js';
import { detectSizes, LARGEST_DETECT_SIZE, MIN_FACE, mergeScales } from './detect-scales.js';

export interface AnalyzeOptions {
  /**
   * Smallest face kept: side (root of the area) of its box in pixels of the picture; default 20. Where such faces would be
   * smaller than 10 px on the detector's input, the picture is looked at a second time at a size that makes them 10 px, at most
   * its own size. With the default that second look stops at 1920 px; an explicit value goes as far as needed, to 8192 px,
   * which takes time and memory.
   */
  readonly minFace?: number | undefined;
  /** Most faces given, the largest ones; default 200. */
  readonly maxFaces?: number | undefined;
  /** Lowest confidence that something is a face, 0–1; default: the detector's own. */
  readonly minConfidence?: number | undefined;
  /** Longest side in pixels at which the detector first looks at the picture; default 640. Smaller pictures are not enlarged. */
  readonly detectSize?: number | undefined;
  /** Stops between two steps of the analysis. */
  readonly signal?: AbortSignal | undefined;
}

/** The analysis of one picture; {@link photoResult} makes a published result of it. */
export type Analysis = Pick<PhotoResult, 'faces' | 'width' | 'height' | 'models'>;

export interface Analyzer extends AsyncDisposable {
  /** Name and version of each model. */
  readonly models: PhotoResult['models'];
  /**
   * Finds and reads the faces of a picture, largest first; none is `faces: []`. Boxes are clipped to the picture.
   * Throws PhizError `invalid-option`, `invalid-data` (sizes and samples disagree), `aborted`, `disposed`, `engine-failed`.
   */
  analyze(image: Image, options?: AnalyzeOptions): Promise<Analysis>;
  /** Waits for analyses under way, then frees the models. */
  dispose(): Promise<void>;
}

/** What an analyzer is made of. It owns them: `dispose` disposes them. */
export interface AnalyzerParts {
  readonly detector: FaceDetector;
  readonly emotion: FaceClassifier<EmotionResult>;
  readonly age: FaceClassifier<AgeResult>;
}

/** Puts an analyzer together; `defaults` hold where a call of `analyze` gives nothing else. Throws PhizError `invalid-option`. */
export function assembleAnalyzer(
  { detector, emotion, age }: AnalyzerParts,
  defaults: Omit<AnalyzeOptions, 'signal'> = {},
): Analyzer {
  checkOptions(defaults);
  const models = { detector: named(detector), emotion: named(emotion), age: named(age) };
  const facePixels = Math.max(emotion.facePixels, age.facePixels);
  const running = new Set<Promise<unknown>>();
  let disposed: Promise<void> | undefined;

  const run = async (image: Image, options: AnalyzeOptions): Promise<Analysis> => {
    const minFace = options.minFace ?? defaults.minFace;
    const maxFaces = options.maxFaces ?? defaults.maxFaces ?? 200;
    const minConfidence = options.minConfidence ?? defaults.minConfidence;
    const detectSize = options.detectSize ?? defaults.detectSize;
    const { signal } = options;
    const { width, height } = image;

    let found: readonly Detection[] | undefined;
    for (const size of detectSizes(Math.max(width, height), { detectSize, minFace })) {
      stopIfAborted(signal);
      const scoreThreshold = minConfidence === undefined ? {} : { scoreThreshold: minConfidence };
      const seen = await detector.detect(image, { detectSize: size, ...scoreThreshold });
      found = found ? mergeScales(found, seen) : seen;
    }
    const kept = (found ?? [])
      .map((detection) => ({ ...detection, clipped: clipBox(detection.box, width, height) }))
      .filter(({ clipped, score }) => Math.sqrt(area(clipped)) >= (minFace ?? MIN_FACE) && score >= (minConfidence ?? 0))
      .sort((a, b) => area(b.clipped) - area(a.clipped) || b.score - a.score || a.box.y - b.box.y || a.box.x - b.box.x)
      .slice(0, maxFaces);

    stopIfAborted(signal);
    // The classifiers see the detector's own box: at the picture's edge a clipped one would show a face out of place.
    const emotions = kept.length ? await emotion.classify(image, kept) : [];
    stopIfAborted(signal);
    const ages = kept.length ? await age.classify(image, kept) : [];
    const faces = kept.map(
      ({ box, clipped, landmarks, score }, i): FaceResult => ({
        box: clipped,
        landmarks,
        confidence: Math.min(score, 1),
        emotion: emotions[i]!,
        age: ages[i]!,
        quality: faceQuality(image, box, facePixels),
      }),
    );
    return { width, height, faces, models };
  };

  const dispose = (): Promise<void> => {
    disposed ??= Promise.allSettled(running).then(async () => {
      await Promise.all([detector.dispose(), emotion.dispose(), age.dispose()]);
    });
    return disposed;
  };

  return {
    models,
    async analyze(image, options = {}) {
      if (disposed) throw new PhizError('disposed', 'this analyzer was disposed; create another');
      checkOptions(options);
      checkImage(image);
      const analysis = run(image, options);
      running.add(analysis);
      try {
        return await analysis;
      } finally {
        running.delete(analysis);
      }
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function named({ name, version }: { readonly name: string; readonly version: string }) {
  return { name, version };
}

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PhizError('aborted', 'the analysis was stopped', { cause: signal.reason });
}

/** Checks the limits of an analysis. Throws PhizError `invalid-option` naming the first value at fault. */
export function checkOptions({ minFace, maxFaces, minConfidence, detectSize }: AnalyzeOptions): void {
  const whole = (name: string, value: number | undefined, least: number, most = Infinity): void => {
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
      throw new PhizError(
        'invalid-option',
        `${name} must be a whole number ${most < Infinity ? `from ${least} to ${most}` : `of ${least} or more`}; got ${value}`,
      );
  };
  if (minFace !== undefined && !(Number.isFinite(minFace) && minFace > 0))
    throw new PhizError('invalid-option', `minFace must be a number of pixels above 0; got ${minFace}`);
  whole('maxFaces', maxFaces, 1);
  whole('detectSize', detectSize, 32, LARGEST_DETECT_SIZE);
  if (minConfidence !== undefined && !(minConfidence >= 0 && minConfidence <= 1))
    throw new PhizError('invalid-option', `minConfidence must be between 0 and 1; got ${minConfidence}`);
}
