/**
 * One clip seen by several models of the same classes: faces are found and followed once, and each measured face is given to every model, so
 * that all see the same faces in the same frames.
 */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { assembleAnalyzer, type OwnPart } from '../../analyze/analyzer.js';
import { streamFrames } from '../../analyze/stream.js';
import type { NetworkAttribute } from '../../attributes/attribute.js';
import type { ClassesAttribute } from '../../attributes/classes/index.js';
import type { ClassesResult } from '../../attributes/classes/schema.js';
import { classesOf } from '../../attributes/own.js';
import { PhizError } from '../../core/error.js';
import type { FaceDetector } from '../../detect/detector.js';
import { readError } from '../../node/files/read-error.js';
import { isFile, readText } from '../../node/files/read-files.js';
import { openClip } from '../../node/video/open-clip.js';
import type { ComparedClip } from '../../report/sums/comparison.js';
import { createTruthScore } from '../../report/sums/comparison-truth.js';
import { createTotals } from '../../report/sums/summary.js';
import { createTimeline, type Timeline } from '../../report/sums/timeline-series.js';
import type { TruthSegment } from '../../report/sums/truth-segment.js';
import { parseTruthCsv } from '../../report/tables/truth-csv.js';
import type { FrameResult } from '../../results/video-result.js';
import type { Contestant } from './models.js';
import { labelsOf, sharedLabels } from './shared.js';

/** A clip and what it is known to show. */
export interface ClipPlan {
  readonly path: string;
  readonly truth: { readonly file: string; readonly segments: readonly TruthSegment[] } | null;
}

/**
 * Pairs clips with their truth: the files given, one a clip in the same order, or else `<clip>.truth.csv` beside a clip where it
 * is there; they name some of the `labels`. Throws PhizError `invalid-option` where the numbers differ, `file-not-found`, `invalid-data`
 * naming the line.
 */
export async function planClips(
  clips: readonly string[],
  truths: readonly string[],
  labels: readonly string[],
): Promise<readonly ClipPlan[]> {
  if (truths.length > 0 && truths.length !== clips.length)
    throw new PhizError(
      'invalid-option',
      `truth goes with clips, one file each in the same order; got ${clips.length} clips and ${truths.length} truth files`,
    );
  const plans: ClipPlan[] = [];
  for (const [i, path] of clips.entries()) {
    await stat(path).catch((cause) => {
      throw readError(`the clip ${path}`, cause);
    });
    const beside = `${path.slice(0, path.length - extname(path).length)}.truth.csv`;
    const file = truths[i] ?? ((await isFile(beside)) ? beside : undefined);
    plans.push({
      path,
      truth: file === undefined ? null : { file, segments: parseTruthCsv(await readText(file), labels, file) },
    });
  }
  return plans;
}

/** What all models tell apart. Throws PhizError `model-mismatch` where they share fewer than two classes. */
export function commonClasses(contestants: readonly Contestant[]): ClassesAttribute {
  return classesOf(sharedLabels(labelsOf(contestants)));
}

/** How a model's probabilities become a result in the classes of `attribute` alone, which it shares with others. */
function sharedReader({ classes: { labels }, read }: ClassesAttribute, listed: readonly string[]) {
  if (listed.length === labels.length) return read(listed);
  const reader = read(labels);
  const places = labels.map((label) => listed.indexOf(label));
  return (probabilities: ArrayLike<number>): ClassesResult => {
    const own = places.map((place) => probabilities[place]!);
    const sum = own.reduce((all, value) => all + value, 0);
    return reader(own.map((value) => (sum > 0 ? value / sum : 1 / own.length)));
  };
}

export interface ClipOptions {
  readonly detector: FaceDetector;
  /** What all the models tell apart. */
  readonly attribute: ClassesAttribute;
  /** Time constant in seconds over which their answers are smoothed; 0: none. */
  readonly smoothing: number;
  readonly signal?: AbortSignal | undefined;
  readonly onFrame?: ((done: number, total: number | undefined) => void) | undefined;
}

/** A clip's metrics, and the course of each model's classes for drawing. */
export interface ClipOutcome {
  readonly clip: ComparedClip;
  /** In the order of the models. */
  readonly timelines: readonly Timeline[];
}

/** Shows a clip to every model. Throws PhizError as the stream and openClip do, `no-input` where no face is found in it. */
export async function compareOnClip(
  { path, truth }: ClipPlan,
  contestants: readonly Contestant[],
  { detector, attribute, smoothing, signal, onFrame }: ClipOptions,
): Promise<ClipOutcome> {
  const analyzer = assembleAnalyzer({ detector: borrowed(detector), own: partsOf(contestants, attribute) });
  const views = contestants.map((_, m) => createView(m, attribute, truth?.segments ?? []));
  const people = new Set<number>();
  let [analysedFrames, faces, end] = [0, 0, 0];
  await using clip = await openClip(path, { signal });
  const { frameCount } = clip.facts;
  for await (const { frame, result } of streamFrames(analyzer, clip, { smoothing, signal })) {
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

/** Each model as a reader of its own, beside each other, so that all see the same faces. It stays its owner's. */
function partsOf(contestants: readonly Contestant[], attribute: ClassesAttribute): readonly OwnPart[] {
  return contestants.map(({ classifier }, m) => {
    const { card, facePixels } = classifier;
    const reader = sharedReader(attribute, card.labels);
    return {
      attribute: { ...attribute, name: keyOf(m) } as unknown as NetworkAttribute,
      classifier: {
        name: card.name,
        version: card.version,
        facePixels,
        async classify(image, faces) {
          return (await classifier.classify(faces.map((face) => classifier.crop(image, face)))).map(reader);
        },
        async dispose() {},
      },
    };
  });
}

/** Where the answers of model `m` stand in a face. */
function keyOf(m: number): string {
  return `model ${m}`;
}

/** The detector without the right to dispose it: it serves further clips. */
function borrowed(detector: FaceDetector): FaceDetector {
  return { ...detector, async dispose() {} };
}

/** The clip as model `m` sees it. */
function createView(m: number, attribute: ClassesAttribute, truth: readonly TruthSegment[]) {
  const { name, classes } = attribute;
  const totals = createTotals([attribute]);
  const timeline = createTimeline({ subject: attribute });
  const score = createTruthScore(truth, attribute);
  const said = (face: object) => (face as Readonly<Record<string, ClassesResult | null>>)[keyOf(m)] ?? null;
  return {
    add(frame: FrameResult<'quality'>): void {
      const faces = frame.faces.map((face) => ({
        ...face,
        [name]: said(face),
        raw: face.raw && { ...face.raw, [name]: said(face.raw) },
      }));
      for (const each of [totals, timeline, score]) each.add({ ...frame, faces });
    },
    finish() {
      return { overall: classes.summaryOf(totals.finish().overall)!, timeline: timeline.finish(), truth: score.finish() };
    },
  };
}
