/**
 * One image in, every face with its emotion, age and quality out; or frames in, the same for each person over time (stream.ts).
 * Knows no platform: detector and classifiers come in as ports, and two analyzers share nothing. src/node/create-analyzer.ts binds
 * it to ONNX Runtime and the models on disk.
 */
import { type Attribute, isRead, type NetworkAttribute } from '../attributes/attribute.js';
import {
  type AnyReading,
  ATTRIBUTES,
  type AttributeName,
  NETWORK_ATTRIBUTES,
  type NetworkName,
  type Reading,
} from '../attributes/index.js';
import type { FaceClassifier } from '../classify/classifier.js';
import type { FaceRegion } from '../classify/crop.js';
import { PhizError } from '../core/error.js';
import { clipBox } from '../core/geometry.js';
import { checkImage, type Image } from '../core/image.js';
import type { Detection, FaceDetector } from '../detect/detector.js';
import type { FaceResult, Models, PhotoResult } from '../results/result.js';
import type { FrameResult } from '../results/video-result.js';
import { stopIfAborted } from './abort.js';
import { missedNote } from './detect-scales.js';
import type { FaceReader, FaceReading } from './face-reader.js';
import { findFaces, MAX_FACES } from './find-faces.js';
import type { Frame, FrameSource } from './frame.js';
import { type AnalyzeOptions, checkOptions, type FindOptions } from './options.js';
import type { StreamOptions } from './people.js';
import { resultsOf, streamFrames } from './stream.js';
import { uprightGroups } from './turned-looks.js';

/** The analysis of one image; {@link photoResult} makes a published result of it. */
export type Analysis<Name extends AttributeName = AttributeName> = Pick<
  PhotoResult<Name>,
  'faces' | 'width' | 'height' | 'models' | 'warnings'
>;

/** `Name`: the attributes that it reads; a network left out is missing from its results, and from their types. */
export interface Analyzer<Name extends AttributeName = AttributeName> extends FaceReader<Name>, AsyncDisposable {
  /**
   * Finds and reads the faces of an image, largest first; none is `faces: []`. Boxes are clipped to the image.
   * Throws PhizError `invalid-option`, `invalid-data` (sizes and samples disagree), `aborted`, `disposed`, `engine-failed`.
   */
  analyze(image: Image, options?: AnalyzeOptions): Promise<Analysis<Name>>;
  /**
   * Follows the people in a clip or a camera: a result for each analysed frame, as it comes. Back-pressure is the reader's: no more than
   * one frame is taken ahead of the result asked for. Throws as `analyze`, and what the source throws.
   *
   * @example for await (const { timestamp, faces } of analyzer.stream(clip, { fps: 10 })) console.log(timestamp, faces.length);
   */
  stream(source: AsyncIterable<Frame> | FrameSource, options?: StreamOptions): AsyncIterable<FrameResult<Name>>;
  /** Waits for analyses under way, then frees the models. */
  dispose(): Promise<void>;
}

/** What an analyzer is made of: the detector, and a classifier for each attribute that a network reads. It owns them. */
export type AnalyzerParts = { readonly detector: FaceDetector } & {
  readonly [Name in NetworkName]: FaceClassifier<Reading[Name]>;
};

/** A user's own model, and what it reads (src/attributes/own.ts). */
export interface OwnPart {
  readonly attribute: NetworkAttribute;
  readonly classifier: FaceClassifier<unknown>;
}

/** Parts of which networks may be left out; `own`: those beside the ones that phiz knows. */
export type SomeParts = Pick<AnalyzerParts, 'detector'> & { readonly own?: readonly OwnPart[] | undefined } & {
  readonly [Name in NetworkName]?: AnalyzerParts[Name] | null | undefined;
};

/** The attributes that are left where networks are `null`; given by name, in parts or options. */
export type NamesOf<Given> = Exclude<
  AttributeName,
  { [Name in NetworkName]: Given extends { readonly [N in Name]: null } ? Name : never }[NetworkName]
>;

/** Those of parts: a network not given is left out. */
type PresentIn<Parts extends SomeParts> = Exclude<
  AttributeName,
  { [Name in NetworkName]: Parts extends { readonly [N in Name]: object } ? never : Name }[NetworkName]
>;

/** Puts an analyzer together; `defaults` hold where a call of `analyze` gives nothing else. Throws PhizError `invalid-option`. */
export function assembleAnalyzer<const Parts extends SomeParts>(
  parts: Parts,
  defaults: Omit<AnalyzeOptions, 'signal'> = {},
): Analyzer<PresentIn<Parts>> {
  return analyzerOf(parts, defaults) as Analyzer as unknown as Analyzer<PresentIn<Parts>>;
}

function analyzerOf({ detector, own = [], ...given }: SomeParts, defaults: Omit<AnalyzeOptions, 'signal'>): Analyzer {
  checkOptions(defaults);
  const classifiers: Readonly<Record<string, FaceClassifier<unknown> | null | undefined>> = given;
  const attributes: readonly Attribute[] = [...ATTRIBUTES, ...own.map(({ attribute }) => attribute)];
  const names = attributes.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new PhizError('invalid-option', `two models read '${twice}'; give one of them another name in its card`);
  const readers: readonly (readonly [string, FaceClassifier<unknown>])[] = [
    ...NETWORK_ATTRIBUTES.flatMap(({ name }) => {
      const classifier = classifiers[name];
      return classifier ? [[name, classifier] as const] : [];
    }),
    ...own.map(({ attribute, classifier }) => [attribute.name, classifier] as const),
  ];
  const models = Object.fromEntries([
    ['detector', named(detector)],
    ...readers.map(([name, part]) => [name, named(part)]),
  ]) as Models;
  const facePixels = Math.max(1, ...readers.map(([, part]) => part.facePixels));
  const resolved = {
    ...defaults,
    maxFaces: defaults.maxFaces ?? MAX_FACES,
    minConfidence: defaults.minConfidence ?? detector.scoreThreshold ?? 0.5,
  };
  const calls = new Set<Promise<unknown>>();
  let disposed: Promise<void> | undefined;

  const detect = (image: Image, options: FindOptions): Promise<readonly Detection[]> =>
    findFaces(detector, image, {
      detectSize: options.detectSize ?? defaults.detectSize,
      minFace: options.minFace ?? defaults.minFace,
      maxFace: options.maxFace,
      maxFaces: options.maxFaces ?? resolved.maxFaces,
      scoreThreshold: options.minConfidence ?? defaults.minConfidence,
      turn: options.turn ?? defaults.turn,
      signal: options.signal,
    });

  const classify = async (
    image: Image,
    faces: readonly FaceRegion[],
    signal: AbortSignal | undefined,
  ): Promise<readonly FaceReading[]> => {
    stopIfAborted(signal);
    if (faces.length === 0) return [];
    const readings: FaceReading[] = [];
    for (const group of uprightGroups(image, faces)) {
      const read = await readUpright(group.image, group.faces);
      for (const [i, place] of group.places.entries()) readings[place] = read[i]!;
    }
    return readings;
  };

  /** Reads faces in an image that shows them upright. */
  const readUpright = async (image: Image, faces: readonly FaceRegion[]): Promise<readonly FaceReading[]> => {
    // The classifiers see the detector's own box: at the image's edge a clipped one would show a face out of place.
    const read = new Map(
      await Promise.all(readers.map(async ([name, part]) => [name, await part.classify(image, faces)] as const)),
    );
    return faces.map((face, i) => {
      const reading: Record<string, unknown> = {};
      for (const attribute of attributes) {
        const { name } = attribute;
        if (!isRead(attribute)) reading[name] = attribute.measure(image, face, facePixels);
        else if (read.has(name)) reading[name] = read.get(name)![i];
      }
      return reading as AnyReading as FaceReading;
    });
  };

  /** Runs one call on the analyzer, so that disposing waits for it. */
  const during = async <T>(image: Image, options: FindOptions, call: () => Promise<T>): Promise<T> => {
    if (disposed) throw new PhizError('disposed', 'this analyzer was disposed; create another');
    checkOptions(options);
    checkImage(image);
    const running = call();
    calls.add(running);
    try {
      return await running;
    } finally {
      calls.delete(running);
    }
  };

  const dispose = (): Promise<void> => {
    disposed ??= Promise.allSettled(calls).then(async () => {
      await Promise.all([detector, ...readers.map(([, part]) => part)].map((part) => part.dispose()));
    });
    return disposed;
  };

  const analyzer: Analyzer = {
    models,
    defaults: resolved,
    attributes,
    analyze: (image, options = {}) =>
      during(image, options, async () => {
        const { width, height } = image;
        const found = await detect(image, options);
        const readings = await classify(image, found, options.signal);
        const faces = found.map(
          ({ box, landmarks, score }, i): FaceResult => ({
            box: clipBox(box, width, height),
            landmarks,
            confidence: Math.min(score, 1),
            ...readings[i]!,
          }),
        );
        const look = { detectSize: options.detectSize ?? defaults.detectSize, minFace: options.minFace ?? defaults.minFace };
        const note = detector.fixedSize ? undefined : missedNote(image, look);
        return { width, height, ...(note === undefined ? {} : { warnings: [note] }), faces, models };
      }),
    detect: (image, options = {}) => during(image, options, () => detect(image, options)),
    classify: (image, faces, { signal } = {}) => during(image, {}, () => classify(image, faces, signal)),
    stream: (source, options) => resultsOf(streamFrames(analyzer, source, options)),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
  return analyzer;
}

function named({ name, version }: { readonly name: string; readonly version: string }) {
  return { name, version };
}
