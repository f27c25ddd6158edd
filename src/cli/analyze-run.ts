/**
 * One run of `phiz analyze`: photos and clips in, JSON lines, files and tables out. What fails is told and the others go on. Photos are
 * done side by side, a few ahead of the one whose result is told; clips one at a time. Ctrl-C ends the run with what was done so far;
 * a second one ends it at once.
 */
import { join } from 'node:path';
import type { PhotoSettings } from '../apps/analyze/analyze-photo.js';
import { formatsChosen, OUTPUT_ENDINGS } from '../apps/analyze/formats.js';
import { type OutputPlace, outputPlace, sourceName } from '../apps/analyze/output-names.js';
import { openPhotoPool, photoThreads } from '../apps/analyze/photo-pool.js';
import { openRunRecord, settingsHash } from '../apps/analyze/run-record.js';
import type { Attribute } from '../attributes/attribute.js';
import { ATTRIBUTES } from '../attributes/index.js';
import { ownAttribute } from '../attributes/own.js';
import { PhizError } from '../core/error.js';
import { readablePath } from '../node/files/byte-names.js';
import { makeFolder } from '../node/files/make-folder.js';
import { phizVersion } from '../node/files/manifest.js';
import { isDiskProblem } from '../node/files/path-problem.js';
import { modelHashes } from '../node/models/model-hashes.js';
import { loadModel } from '../node/models/models.js';
import { isRemote, openRemoteFiles } from '../node/remote/remote-files.js';
import { isClip } from '../node/video/clip-kind.js';
import { FACE_LIMITS, FOLLOW_OPTIONS } from '../results/analysis-options.js';
import type { PhotoResult } from '../results/result.js';
import { chosenModels, chosenOptions } from './analysis-options.js';
import { type AnalyzeFlags, checkFlags } from './analyze-flags.js';
import { printFailure, say } from './failure.js';
import { findMedia, type Medium, namedLikeClip } from './inputs.js';
import { type OpenInput, openInput } from './open-input.js';
import { openOutFolder } from './out-folder.js';
import { OwnAnalyzer } from './own-analyzer.js';
import { plainText } from './plain-text.js';
import { createProgress, SILENT } from './progress.js';
import { remoteOptions } from './remote-options.js';
import { resultWords } from './result-words.js';
import { openRunResults, type RunResult } from './run-results.js';
import { stopOnSignals } from './signals.js';

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
export async function runAnalyze(inputs: readonly string[], options: AnalyzeFlags): Promise<RunOutcome> {
  const { resume = false, blur = false, csv, table, csvSeparator, quiet = false } = options;
  const { annotated = true, bars = true, thumbnails, sound = true } = options;
  const { device = 'cpu', threads, detectSize, turn = true } = options;
  const { pretty = false, json = pretty } = options;
  const words = process.stdout.isTTY && !json;
  const formats = formatsChosen(options);
  checkFlags(options);

  await using remote = openRemoteFiles(remoteOptions(options));
  const { media, bad, pipes } = await findMedia(inputs, remote);
  const limits = chosenOptions(options, FACE_LIMITS);
  const follow = chosenOptions(options, FOLLOW_OPTIONS);
  const models = chosenModels(options);
  const photoSettings: PhotoSettings = { ...limits, turn, blur, maxPixels: options.maxPixels };
  const clipSettings = { ...limits, ...follow, annotated, bars, blur, thumbnails, sound, formats, csvSeparator };
  const common = { ...models, device, detectSize };
  const clips = media.some(namedLikeClip);
  const size = device === 'cpu' ? photoThreads(media.filter((medium) => !namedLikeClip(medium)).length, threads) : 1;
  // In clips networks and decoding run side by side instead of each on several cores: faster by a third on two.
  const runtimeThreads = size > 1 ? 1 : (threads ?? (clips ? 1 : undefined));
  await using own = new OwnAnalyzer({ ...common, threads: runtimeThreads });
  const forPhotos = () => (clips ? own.forClips() : own.forPhotos());
  const opening =
    media.length === 0 ? undefined : openPhotoPool({ size, own: forPhotos, analyzer: common, settings: photoSettings });
  opening?.catch(() => {}); // awaited below, after the outputs are ready

  await using target = options.out === undefined ? undefined : await openOutFolder(options.out, remote);
  const out = target?.folder;
  if (out !== undefined) await makeFolder(out, { mode: 0o700 });
  await using record = out === undefined ? undefined : await openRunRecord(out);
  const attributes = [...ATTRIBUTES, ...(await ownAttributes(models.models))];
  // Hashing the models takes a moment, and nothing asks for it where no folder remembers the run.
  const hash = !record
    ? ''
    : settingsHash([
        { ...photoSettings, maxPixels: undefined },
        clipSettings,
        device,
        detectSize ?? null,
        await modelHashes(models),
        phizVersion(),
      ]);
  const results = await openRunResults(hash, {
    csv,
    table,
    csvSeparator,
    out,
    record,
    resume,
    attributes,
    print: (result) => print(result),
  });
  await using photos = await opening;
  using stop = stopOnSignals();
  const { signal } = stop;
  const terminal = quiet ? SILENT : process.stderr;
  const progress = createProgress({ total: media.length, label: 'analyze', stream: media.length > 1 ? terminal : SILENT });
  const print = async (result: RunResult): Promise<void> => {
    const text = words ? resultWords(result, attributes) : JSON.stringify(result, undefined, pretty ? 2 : undefined);
    if (text !== undefined) progress.around(() => process.stdout.write(`${plainText(text)}\n`));
    // A slow reader of standard output is waited for.
    if (process.stdout.writableNeedDrain) await new Promise((resolve) => process.stdout.once('drain', resolve));
  };
  const count = { done: 0, skipped: 0, failed: 0 };
  const sayFailed = (input: Pick<Medium, 'path'>, error: unknown): void => {
    count.failed++;
    progress.around(() => printFailure(error, nameOf(input)));
  };
  // A mistyped name is told at once, not after hours; its result has its place among the others.
  for (const { input, error } of bad) sayFailed({ path: input }, error);
  let badTold = 0;
  const tellBad = async (before: number): Promise<void> => {
    while (badTold < bad.length && bad[badTold]!.before <= before) {
      const { input, error } = bad[badTold++]!;
      await results.failure({ path: input, source: sourceName(input) }, error);
    }
  };
  for (const pipe of pipes) say(`${readablePath(pipe)}: a pipe, which is passed over in a folder; to read it, give it itself`);

  const placeOf = async (medium: Medium): Promise<OutputPlace | undefined> => {
    if (out === undefined) return undefined;
    // What goes elsewhere goes one by one, each from a folder of its own.
    const home = target!.remote ? join(out, String(media.indexOf(medium))) : out;
    if (target!.remote) await makeFolder(home, { mode: 0o700 });
    const place = await outputPlace(home, medium.name, OUTPUT_ENDINGS);
    await record!.begin(medium);
    return place;
  };
  const publish = async (medium: Medium): Promise<void> => target?.publish(`${medium.name}.json`, String(media.indexOf(medium)));
  /** Does a photo; a clip is only recognised. Never rejects, so that what runs ahead does not end the run of the one before. */
  const start = async (medium: Medium): Promise<Started> => {
    let input: OpenInput | undefined;
    try {
      if (resume && (await record!.isDone(medium, hash))) return { kind: 'earlier' };
      input = await openInput(medium.path, signal, remote);
      if (await isClip(input.from, medium.source)) {
        const opened = input;
        input = undefined;
        return { kind: 'clip', input: opened };
      }
      const task = { from: input.from, called: nameOf(medium), source: medium.source, place: await placeOf(medium) };
      return { kind: 'photo', result: await photos!.analyze(task) };
    } catch (error) {
      return { kind: 'failed', error };
    } finally {
      await input?.[Symbol.asyncDispose]();
    }
  };
  /** Gives what ended the clip early. */
  const doClip = async (medium: Medium, from: string | Uint8Array, label: string): Promise<PhizError | undefined> => {
    progress.end();
    const place = await placeOf(medium);
    const { runClip } = await import('./video-run.js');
    const { summary, problem, warnings } = await runClip(medium, from, {
      annotated,
      bars,
      blur,
      thumbnails,
      sound,
      formats,
      csvSeparator,
      signal,
      label,
      terminal,
      analyzer: await own.forClips(),
      out: place?.folder,
      name: place?.name ?? 'clip',
      stream: { ...follow, ...limits },
      settings: { detectSize, device },
      onResult: (frame) => results.frame(medium, frame),
    });
    await publish(medium);
    for (const warning of warnings) say(`${nameOf(medium)}: ${warning}`);
    await results.add(medium, summary, problem === undefined);
    return problem;
  };

  const ahead: Promise<Started>[] = [];
  let begun = 0;
  let full = false;
  for (const [i, medium] of media.entries()) {
    while (!signal.aborted && begun < media.length && begun < i + (photos?.ahead ?? 1)) ahead.push(start(media[begun++]!));
    const running = ahead.shift();
    if (!running) break;
    progress.update(i, medium.source);
    const started = await running;
    try {
      await tellBad(i);
      if (started.kind === 'failed') throw started.error;
      if (started.kind === 'photo') {
        await publish(medium);
        await results.add(medium, started.result);
      }
      if (started.kind === 'earlier') await results.takeOver(medium);
      if (started.kind === 'clip') {
        await using input = started.input;
        if (signal.aborted) break;
        const label = media.length > 1 ? `${i + 1}/${media.length} ${medium.name}` : medium.name;
        const problem = await doClip(medium, input.from, label);
        if (problem && signal.aborted && problem.code === 'aborted') break;
        // Its summary says what is wrong, so there is no other record of it.
        if (problem) {
          count.failed++;
          printFailure(problem, nameOf(medium));
          continue;
        }
      }
      count[started.kind === 'earlier' ? 'skipped' : 'done']++;
    } catch (error) {
      if (signal.aborted && error instanceof PhizError && error.code === 'aborted') break;
      if (isDiskProblem(error)) {
        // Nothing is wrong with the input, and those after it would be analysed for nothing.
        sayFailed(medium, error);
        full = true;
        break;
      }
      sayFailed(medium, error);
      await results.failure(medium, error);
    }
  }
  await Promise.all(ahead);
  if (!full && !signal.aborted) await tellBad(media.length);
  progress.end();
  if (full && media.length > 1) say(`stopped, since nothing more can be written${out === undefined ? '' : '; --resume goes on'}`);
  await results.finish();
  if (!quiet && media.length + bad.length > 1) say(`${count.done} done, ${count.skipped} skipped, ${count.failed} failed`);
  if (stop.signalled) process.stderr.write('phiz: stopped; what was done so far is written\n');
  return { failed: count.failed, stoppedBy: stop.signalled };
}

/** What messages call an input. */
function nameOf({ path }: Pick<Medium, 'path'>): string {
  return path === '-' ? 'standard input' : isRemote(path) ? sourceName(path) : readablePath(path);
}

type Started =
  | { readonly kind: 'photo'; readonly result: PhotoResult }
  | { readonly kind: 'clip'; readonly input: OpenInput }
  | { readonly kind: 'earlier' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What a user's own models read. Throws PhizError as `loadModel` and `ownAttribute`. */
async function ownAttributes(models: readonly string[] = []): Promise<readonly Attribute[]> {
  const cards = await Promise.all(models.map(async (model) => (await loadModel(model)).card));
  return cards.map((card) => ownAttribute(card));
}
