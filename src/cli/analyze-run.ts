/**
 * One run of `phiz analyze`: photos and clips in, JSON lines, files and a table out. What fails is told and the others go on. The
 * models load while the first photo is decoded, and the next photo is decoded while one is analysed. Ctrl-C ends the run with
 * what was done so far; a second one ends it at once.
 */
import { buffer } from 'node:stream/consumers';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { createAnalyzer } from '../node/create-analyzer.js';
import { formatsChosen } from '../node/files/frame-formats.js';
import { makeFolder } from '../node/files/make-folder.js';
import { isClip } from '../node/video/clip-kind.js';
import {
  FACE_LIMITS,
  type FaceLimits,
  FOLLOW_OPTIONS,
  type FollowOptions,
  type LookOptions,
  type TurnOption,
} from '../results/analysis-options.js';
import { chosenModels, chosenOptions } from './analysis-options.js';
import { printFailure } from './failure.js';
import { findMedia, type Medium, namedLikeClip } from './inputs.js';
import { openTable, type Photo, readPhoto, runPhoto } from './photo-run.js';
import { createProgress } from './progress.js';
import { stopOnSignals } from './signals.js';

/** The options of `phiz analyze`, as its help describes them. */
export interface AnalyzeRunOptions extends FaceLimits, LookOptions, TurnOption, FollowOptions {
  readonly out?: string | undefined;
  readonly blur?: boolean | undefined;
  readonly csv?: string | undefined;
  readonly annotated?: boolean | undefined;
  readonly bars?: boolean | undefined;
  readonly thumbnails?: boolean | undefined;
  readonly sound?: boolean | undefined;
  readonly detector?: string | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  readonly pretty?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** How a run ended. */
export interface RunOutcome {
  /** Inputs that failed, each told on standard error. */
  readonly failed: number;
  /** The signal that ended the run early. */
  readonly stoppedBy: NodeJS.Signals | undefined;
}

/**
 * Analyses everything the inputs lead to. Throws PhizError where nothing can be analysed: wrong options, models that do not load,
 * an output that cannot be written to.
 */
export async function runAnalyze(inputs: readonly string[], options: AnalyzeRunOptions): Promise<RunOutcome> {
  const { out, blur = false, csv, pretty = false, quiet = false, fps, every } = options;
  const { annotated = true, bars = true, thumbnails, sound = true } = options;
  const { device, threads, detectSize, turn = true } = options;
  if (blur && out === undefined)
    throw new PhizError('invalid-option', '--blur needs --out: only annotated pictures and reports are blurred');
  const formats = formatsChosen(options);
  if (formats.length > 0 && out === undefined)
    throw new PhizError('invalid-option', `--${formats[0]} needs --out: the folder it is written to`);
  if (fps !== undefined && every !== undefined)
    throw new PhizError('invalid-option', '--fps and --every both say which frames are analysed; give one of them');

  const { media, bad } = await findMedia(inputs);
  for (const { input, error } of bad) printFailure(error, input);
  let failed = bad.length;
  if (media.length === 0) return { failed, stoppedBy: undefined };

  const limits = chosenOptions(options, FACE_LIMITS);
  const opening = createAnalyzer({
    ...chosenModels(options),
    device,
    detectSize,
    // In clips networks and decoding run side by side instead of each on several cores: faster by a third on two.
    threads: threads ?? (media.some(namedLikeClip) ? 1 : undefined),
  });
  opening.catch(() => {}); // awaited below, after the outputs are ready
  let next: Promise<Opened> | undefined = open(media[0]!);
  if (out !== undefined) await makeFolder(out, { mode: 0o700 });
  await using analyzer = await opening;
  const table = csv === undefined ? undefined : await openTable(csv, analyzer.attributes);
  using stop = stopOnSignals();
  const { signal } = stop;
  const terminal = quiet ? SILENT : process.stderr;
  const progress = createProgress({
    total: media.length,
    label: 'analyze',
    stream: media.length > 1 ? terminal : SILENT,
  });

  for (const [i, medium] of media.entries()) {
    if (signal.aborted) break;
    progress.update(i, medium.source);
    const opened = next;
    const following = media[i + 1];
    next = following && open(following);
    const name = nameOf(medium);
    try {
      const read = await opened!;
      if ('error' in read) throw read.error;
      if ('image' in read) {
        const result = await runPhoto(medium, read, { analyzer, out, blur, limits, turn, signal });
        progress.around(() => print(result, pretty));
        await drained();
        table?.add(result);
      } else {
        progress.end();
        const label = media.length > 1 ? `${i + 1}/${media.length} ${medium.name}` : medium.name;
        const { runClip } = await import('./video-run.js');
        const { summary, problem, warnings } = await runClip(medium, read.clip, {
          analyzer,
          out,
          annotated,
          bars,
          blur,
          thumbnails,
          sound,
          formats,
          signal,
          label,
          terminal,
          stream: { ...chosenOptions(options, FOLLOW_OPTIONS), ...limits },
          settings: { detectSize, device: device ?? 'cpu' },
        });
        for (const warning of warnings) process.stderr.write(`phiz: ${name}: ${warning}\n`);
        print(summary, pretty);
        await drained();
        if (problem) throw problem;
      }
    } catch (error) {
      if (signal.aborted && error instanceof PhizError && error.code === 'aborted') break;
      failed++;
      progress.around(() => printFailure(error, name));
    }
  }
  progress.end();
  await table?.write();
  if (stop.signalled) process.stderr.write('phiz: stopped; what was done so far is written\n');
  return { failed, stoppedBy: stop.signalled };
}

const SILENT = { write: () => {} };

/** What messages call an input. */
function nameOf({ source }: Medium): string {
  return source === '-' ? 'standard input' : source;
}

type Opened = Photo | { readonly clip: string | Uint8Array } | { readonly error: unknown };

/** Decodes a photo; a clip is only recognised. Never rejects, so that what is read ahead does not end the run of the one before. */
async function open(medium: Medium): Promise<Opened> {
  try {
    const from = medium.source === '-' ? await buffer(process.stdin) : medium.source;
    return (await isClip(from)) ? { clip: from } : await readPhoto(from, nameOf(medium));
  } catch (error) {
    return { error };
  }
}

/** One JSON object on standard output. */
function print(result: unknown, pretty: boolean): void {
  process.stdout.write(`${JSON.stringify(result, undefined, pretty ? 2 : undefined)}\n`);
}

/** Waits for a slow reader of standard output. */
async function drained(): Promise<void> {
  if (process.stdout.writableNeedDrain) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
