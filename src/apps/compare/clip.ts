/**
 * One clip seen by several emotion models: faces are found and followed once, and each measured face is given to every model, so
 * that all see the same faces in the same frames.
 */
import { existsSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { assembleAnalyzer } from '../../analyze/analyzer.js';
import { streamFrames, TICK } from '../../analyze/stream.js';
import type { Course } from '../../attributes/attribute.js';
import { checkSmoothing } from '../../attributes/classes/smoothing.js';
import { emotion } from '../../attributes/emotion/index.js';
import type { Classifier, FaceClassifier } from '../../classify/classifier.js';
import { PhizError } from '../../core/error.js';
import type { FaceDetector } from '../../detect/detector.js';
import { isFile, readTextIfAny } from '../../node/files/read-files.js';
import { openClip } from '../../node/video/open-clip.js';
import type { ComparedClip } from '../../report/sums/comparison.js';
import { createTruthScore } from '../../report/sums/comparison-truth.js';
import { createTotals } from '../../report/sums/summary.js';
import { createTimeline, type Timeline } from '../../report/sums/timeline-series.js';
import type { TruthSegment } from '../../report/sums/truth-segment.js';
import { parseTruthCsv } from '../../report/tables/truth-csv.js';
import type { EmotionResult } from '../../results/result.js';
import type { FrameResult } from '../../results/video-result.js';
import type { Contestant } from './models.js';

/** A clip and what it is known to show. */
export interface ClipPlan {
  readonly path: string;
  readonly truth: { readonly file: string; readonly segments: readonly TruthSegment[] } | null;
}

/**
 * Pairs clips with their truth: the files given, one a clip in the same order, or else `<clip>.truth.csv` beside a clip where it
 * is there. Throws PhizError `invalid-option` where the numbers differ, `file-not-found`, `invalid-data` naming the line.
 */
export async function planClips(clips: readonly string[], truths: readonly string[]): Promise<readonly ClipPlan[]> {
  if (truths.length > 0 && truths.length !== clips.length)
    throw new PhizError(
      'invalid-option',
      `truth goes with clips, one file each in the same order; got ${clips.length} clips and ${truths.length} truth files`,
    );
  const plans: ClipPlan[] = [];
  for (const [i, path] of clips.entries()) {
    if (!existsSync(path)) throw new PhizError('file-not-found', `the clip ${path} does not exist`);
    const beside = `${path.slice(0, path.length - extname(path).length)}.truth.csv`;
    const file = truths[i] ?? ((await isFile(beside)) ? beside : undefined);
    const text = file === undefined ? undefined : await readTextIfAny(file);
    if (file !== undefined && text === undefined) throw new PhizError('file-not-found', `the truth file ${file} does not exist`);
    plans.push({ path, truth: file === undefined ? null : { file, segments: parseTruthCsv(text!, file) } });
  }
  return plans;
}

/** Checks that a model's labels are the seven emotions. Throws PhizError `model-mismatch`. */
export function checkEmotions({ classifier: { card } }: Contestant): void {
  emotion.read(card.labels, card.name);
}

export interface ClipOptions {
  readonly detector: FaceDetector;
  /** Time constant in seconds over which emotions are smoothed; 0: none. */
  readonly smoothing: number;
  readonly signal?: AbortSignal | undefined;
  readonly onFrame?: ((done: number, total: number | undefined) => void) | undefined;
}

/** A clip's metrics, and the course of each model's emotions for drawing. */
export interface ClipOutcome {
  readonly clip: ComparedClip;
  /** In the order of the models. */
  readonly timelines: readonly Timeline[];
}

/** Shows a clip to every model. Throws PhizError as the stream and openClip do, `no-input` where no face is found in it. */
export async function compareOnClip(
  { path, truth }: ClipPlan,
  contestants: readonly Contestant[],
  { detector, smoothing, signal, onFrame }: ClipOptions,
): Promise<ClipOutcome> {
  checkSmoothing(smoothing);
  const panel = emotionPanel(contestants.map(({ classifier }) => classifier));
  const analyzer = assembleAnalyzer({ detector: borrowed(detector), emotion: panel.first });
  const views = contestants.map((_, m) => createView(panel, m, smoothing, truth?.segments ?? []));
  const people = new Set<number>();
  let [analysedFrames, faces, end] = [0, 0, 0];
  await using clip = await openClip(path, { signal });
  const { frameCount } = clip.facts;
  for await (const { frame, result } of streamFrames(analyzer, clip, { signal })) {
    frame.release?.();
    if (!result) continue;
    analysedFrames++;
    end = result.timestamp + result.duration;
    for (const face of result.faces)
      if (face.measured) {
        faces++;
        people.add(face.person);
      }
    for (const view of views) view.add(result);
    onFrame?.(analysedFrames, frameCount);
  }
  if (faces === 0) throw new PhizError('no-input', `${path}: no face was found in ${analysedFrames} frames`);
  const read = views.map((view) => view.finish());
  return {
    clip: {
      source: basename(path),
      duration: Math.max(end, clip.facts.duration),
      analysedFrames,
      faces,
      people: people.size,
      detector: { name: detector.name, version: detector.version },
      smoothing,
      truth,
      models: read.map(({ overall, truth: scored }, m) => ({ name: contestants[m]!.name, overall, truth: scored })),
    },
    timelines: read.map(({ timeline }) => timeline),
  };
}

/** Several models behind the analyzer's one place for emotions. */
interface EmotionPanel {
  /** Gives the first model's answers; what the others say of the same faces is kept with them. */
  readonly first: FaceClassifier<EmotionResult>;
  /** What model `m` says of the face of which the first one said `first`. */
  of(first: EmotionResult, m: number): EmotionResult;
}

function emotionPanel(classifiers: readonly Classifier[]): EmotionPanel {
  const answers = new WeakMap<EmotionResult, readonly EmotionResult[]>();
  const readers = classifiers.map(({ card }) => emotion.read(card.labels, card.name));
  const { card } = classifiers[0]!;
  return {
    first: {
      name: card.name,
      version: card.version,
      facePixels: Math.max(...classifiers.map(({ facePixels }) => facePixels)),
      async classify(image, faces) {
        const rows: (readonly EmotionResult[])[] = [];
        for (const [m, classifier] of classifiers.entries()) {
          const probabilities = await classifier.classify(faces.map((face) => classifier.crop(image, face)));
          rows.push(probabilities.map(readers[m]!));
        }
        const [first] = rows;
        for (const [i, answer] of first!.entries())
          answers.set(
            answer,
            rows.map((row) => row[i]!),
          );
        return first!;
      },
      async dispose() {},
    },
    of: (first, m) => answers.get(first)![m]!,
  };
}

/** The detector without the right to dispose it: it serves further clips. */
function borrowed(detector: FaceDetector): FaceDetector {
  return { ...detector, async dispose() {} };
}

/** The clip as model `m` sees it. */
function createView(panel: EmotionPanel, m: number, smoothing: number, truth: readonly TruthSegment[]) {
  const totals = createTotals();
  const timeline = createTimeline();
  const score = createTruthScore(truth);
  const people = new Map<number, { readonly course: Course<EmotionResult>; emotion: EmotionResult | null }>();
  let clock = Number.NEGATIVE_INFINITY;
  return {
    add(frame: FrameResult<'emotion' | 'quality'>): void {
      clock = Math.max(frame.timestamp, clock + TICK);
      const faces = frame.faces.map((face) => {
        const person = people.get(face.person) ?? { course: emotion.overTime.start({ smoothing }), emotion: null };
        people.set(face.person, person);
        const measured = face.raw && panel.of(face.raw.emotion, m);
        if (measured) person.emotion = person.course.add(clock, measured, face.raw!);
        return { ...face, emotion: person.emotion, raw: face.raw && measured && { ...face.raw, emotion: measured } };
      });
      for (const each of [totals, timeline, score]) each.add({ ...frame, faces });
    },
    finish() {
      return { overall: totals.finish().overall, timeline: timeline.finish(), truth: score.finish() };
    },
  };
}
