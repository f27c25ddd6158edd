/**
 * One clip, whole: follows its people and writes its files, also where the clip is damaged or the run is stopped: then what was done
 * so far, marked incomplete. The command line and the HTTP service both call this; how far it is, they show in their own way.
 */
import { basename, extname, join } from 'node:path';
import type { Analyzer } from '../../analyze/analyzer.js';
import { lookClosely } from '../../analyze/close-look.js';
import type { ClipFacts } from '../../analyze/frame.js';
import { isPast } from '../../analyze/frame-choice.js';
import { checkOptions } from '../../analyze/options.js';
import { streamFrames } from '../../analyze/stream.js';
import { checkNames } from '../../core/check.js';
import { PhizError } from '../../core/error.js';
import { createAnalyzer } from '../../node/create-analyzer.js';
import { drawClip } from '../../node/video/annotated-clip.js';
import { openAnnotatedFormats } from '../../node/video/annotated-formats.js';
import { type ClipSource, type OpenClipOptions, openClip, pathOrBytes } from '../../node/video/open-clip.js';
import { createSummary } from '../../report/sums/summary.js';
import type { CsvSeparator } from '../../report/tables/csv-spelling.js';
import type { FaceLimits, FollowOptions } from '../../results/analysis-options.js';
import type { FrameResult, VideoSummary } from '../../results/video-result.js';
import { type ClipFormatName, checkFormats } from './formats.js';
import { openOutputs } from './outputs.js';

/** How a clip is analysed, and what is written of it. */
export interface AnalyzeClipOptions {
  /** Default: one with the models of this package, for this clip alone. */
  readonly analyzer?: Analyzer | undefined;
  /** What the results name the clip. Default: its path, or "clip" for bytes. */
  readonly source?: string | undefined;
  /** What the names of its files begin with. Default: the file's own name without its ending, or "clip". */
  readonly name?: string | undefined;
  /** Folder of the files. Default: none, there is only the summary. */
  readonly out?: string | undefined;
  /** Also write the annotated clip, `<name>.annotated.mp4`. Default: true. */
  readonly annotated?: boolean | undefined;
  /** Bars of each emotion's probability in it. Default: false. */
  readonly bars?: boolean | undefined;
  /**
   * Hide every face in the images written: each frame is looked at as closely as it can be, whatever `stream` says. Default: false.
   */
  readonly blur?: boolean | undefined;
  /** Small images of the clip in its report. Default: where faces are not hidden. */
  readonly thumbnails?: boolean | undefined;
  /** Take the clip's sound into the annotated one. Default: true. */
  readonly sound?: boolean | undefined;
  /** Formats written besides those of every run, such as `parquet`. Default: none. */
  readonly formats?: readonly ClipFormatName[] | undefined;
  /** Between the cells of its table; ';' also writes decimal commas and a byte order mark, as Excel wants it in many countries. Default: ','. */
  readonly csvSeparator?: CsvSeparator | undefined;
  /** Which frames are analysed, which faces are kept, and how they are followed. */
  readonly stream?: (FaceLimits & FollowOptions) | undefined;
  /** Other settings that the summary names. */
  readonly settings?: Readonly<Record<string, string | number | undefined>> | undefined;
  /** How the clip is opened: its limits, and what messages call it. */
  readonly open?: Pick<OpenClipOptions, 'maxPixels' | 'maxDuration' | 'name'> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of the clip before anything is written or analysed; what it throws is thrown on. */
  readonly onOpen?: ((facts: ClipFacts) => void) | undefined;
  /** Given each analysed frame's result, in order; waited for. What it throws is thrown on. */
  readonly onResult?: ((result: FrameResult) => Promise<void>) | undefined;
  /** Told of each frame: how many are done, and of how many where that is known. */
  readonly onFrame?: ((frames: number, total: number | undefined) => void) | undefined;
}

/** What came of a clip, also of one that ended early. */
export interface ClipOutcome {
  readonly summary: VideoSummary;
  /** Why the clip was not done to its end. */
  readonly problem: PhizError | undefined;
  readonly warnings: readonly string[];
}

const OPTIONS = [
  ...['analyzer', 'source', 'name', 'out', 'annotated', 'bars', 'blur', 'thumbnails', 'sound', 'formats', 'csvSeparator'],
  ...['stream', 'settings', 'open', 'signal', 'onOpen', 'onFrame', 'onResult'],
];

/**
 * Analyses a clip: whatever `openClip` takes. Throws PhizError where nothing comes of it: no clip, not one frame to be decoded,
 * files that cannot be written, an option that is none. What goes wrong later ends the clip early and is the outcome's `problem`.
 *
 * @example const { summary } = await analyzeClip('clip.mp4', { out: 'out' });
 */
export async function analyzeClip(from: ClipSource, options: AnalyzeClipOptions = {}): Promise<ClipOutcome> {
  checkNames(options, OPTIONS);
  const clip = await pathOrBytes(from);
  if (options.analyzer) return followClip(clip, options.analyzer, options);
  const analyzer = await createAnalyzer({ threads: 1 });
  try {
    return await followClip(clip, analyzer, options);
  } finally {
    await analyzer.dispose();
  }
}

async function followClip(from: string | Uint8Array, analyzer: Analyzer, options: AnalyzeClipOptions): Promise<ClipOutcome> {
  const path = typeof from === 'string' ? from : 'clip';
  const { source = path, name = basename(path, extname(path)), out, annotated = true, bars = false, blur = false } = options;
  const {
    thumbnails = !blur,
    sound = true,
    formats = [],
    csvSeparator,
    stream = {},
    signal,
    onOpen,
    onFrame,
    onResult,
  } = options;
  checkFormats(formats);
  checkOptions(stream);
  await using clip = await openClip(from, { signal, frameRate: stream.fps, ...options.open });
  const { facts } = clip;
  const { from: begin = 0, to: end = Number.POSITIVE_INFINITY } = stream;
  if (begin > 0 && facts.duration > 0 && begin >= facts.duration)
    throw new PhizError(
      'invalid-option',
      `${source} lasts ${facts.duration.toFixed(2)} s: nothing of it lies after from, ${begin}`,
    );
  onOpen?.(facts);
  const about = {
    source,
    facts,
    settings: recorded({ ...stream, ...options.settings }),
    models: analyzer.models,
    attributes: analyzer.attributes,
  };
  await using outputs =
    out === undefined ? undefined : await openOutputs({ ...about, out, name, formats, csvSeparator, blur, thumbnails });
  await using drawn =
    out === undefined || !annotated
      ? undefined
      : await drawClip({ facts, bars, blur, attributes: analyzer.attributes }, () =>
          openAnnotatedFormats(formats, (ending) => join(out, `${name}.${ending}`), {
            facts,
            audioFrom: facts.audio && sound ? from : undefined,
          }),
        );
  const results = outputs ?? createSummary(about);
  const all = facts.frameCount ?? (facts.duration > 0 ? Math.round(facts.duration * facts.frameRate) : undefined);
  const total = all !== undefined && !drawn && end < facts.duration ? Math.round(end * facts.frameRate) : all;

  const hiding = blur && out !== undefined && (annotated || thumbnails);

  let frames = 0;
  /** Seconds at which the last frame ends, where it was read. */
  let ending: number | undefined;
  let problem: PhizError | undefined;
  const steps = streamFrames(analyzer, clip, { signal, ...stream })[Symbol.asyncIterator]();
  try {
    for (;;) {
      // What goes wrong in reading and analysing ends the clip early; what goes wrong in writing ends it altogether.
      const step = await steps.next().catch((error: unknown) => {
        if (!(error instanceof PhizError)) throw error;
        problem = error;
        return { done: true } as const;
      });
      if (step.done) break;
      const { frame, result, faces, seen } = step.value;
      // Frames behind the stretch are wanted in the annotated clip alone.
      if (!drawn && isPast(frame.timestamp, end)) {
        frame.release?.();
        ending = undefined;
        break;
      }
      ending = frame.timestamp + frame.duration;
      onFrame?.(frames, total);
      frames++;
      const hide = hiding ? [...seen, ...(await lookClosely(analyzer, frame.image, { turn: false }))] : [];
      if (result) await onResult?.(result);
      if (result) await results.add(result, frame.image, hide);
      await drawn?.add(frame, faces, { analysed: hiding || result !== undefined, seen: hide });
      frame.release?.();
    }
  } finally {
    await steps.return?.();
  }
  if (frames === 0 && problem) throw problem;

  await drawn?.finish({ partial: problem !== undefined });
  const summary = await results.finish({
    complete: !problem,
    problem: problem?.message ?? null,
    frames,
    end: problem ? undefined : ending,
    account: clip.account,
  });
  return { summary, problem, warnings: [...(drawn?.warning === undefined ? [] : [drawn.warning]), ...(summary.notes ?? [])] };
}

/** Settings as the summary has them: what was not given is null. */
function recorded(settings: Readonly<Record<string, string | number | undefined>>): VideoSummary['settings'] {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, value ?? null]));
}
