/** One run of `phiz submit`: hands clips in, and where asked to waits for them, fetches their results and prints a table. */
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PhizError } from '../core/error.js';
import { hashFile } from '../node/files/hash-file.js';
import { makeFolder } from '../node/files/make-folder.js';
import { temporaryFor } from '../node/files/temporary.js';
import { modelsHash } from '../node/models/model-hashes.js';
import { QueueFull } from '../node/queue/bullmq-queue.js';
import { isRemote, openRemoteFiles } from '../node/remote/remote-files.js';
import { isClip } from '../node/video/clip-kind.js';
import { isSequence } from '../node/video/image-sequence.js';
import { FACE_LIMITS, FOLLOW_OPTIONS } from '../results/analysis-options.js';
import type { Shared } from '../server/shared/open-shared.js';
import { attemptKey, handIn, readPublished } from '../server/shared/shared-work.js';
import { chosenModels, chosenOptions } from './analysis-options.js';
import { printFailure, say } from './failure.js';
import { findMedia, type Medium } from './inputs.js';
import { type OutFolder, openOutFolder } from './out-folder.js';
import { plainText } from './plain-text.js';
import { createProgress, type Progress } from './progress.js';
import { type RemoteRunOptions, remoteOptions } from './remote-options.js';
import { openSharedOptions, type SharedOptions } from './shared-options.js';
import { stopOnSignals } from './signals.js';

/** The options of `phiz submit`, as its help describes them. */
export interface SubmitRunOptions extends SharedOptions, RemoteRunOptions {
  readonly wait?: boolean | undefined;
  readonly out?: string | undefined;
  readonly priority?: number | undefined;
  readonly annotated?: boolean | undefined;
  readonly bars?: boolean | undefined;
  readonly blur?: boolean | undefined;
}

/** Clips read and handed in at a time. */
const SIDE_BY_SIDE = 8;
/** Milliseconds between two looks at what is not done yet. */
const LOOK = 500;

/** How a clip stands. */
interface Line {
  readonly medium: Medium;
  readonly id: string;
  state: 'waiting' | 'done' | 'failed';
  frames: number;
  problem: string;
}

/** Throws as `openSharedOptions`. Exit code 1 where some clip could not be handed in or failed. */
export async function runSubmit(inputs: readonly string[], options: SubmitRunOptions): Promise<void> {
  const { priority, annotated = true, bars = false, blur = false, out, wait = out !== undefined } = options;
  const listed = inputs.includes('-') ? (await text(process.stdin)).split(/\r?\n/).filter((line) => line !== '') : [];
  using remote = openRemoteFiles(remoteOptions(options));
  const { media, bad } = await findMedia([...inputs.filter((input) => input !== '-'), ...listed], remote);
  for (const { input, error } of bad) printFailure(error, input);
  let failed = bad.length > 0;

  using stop = stopOnSignals();
  await using shared = await openSharedOptions(options);
  await using target = out === undefined ? undefined : await openOutFolder(out, remote);
  const models = await modelsHash(chosenModels(options));
  const limits = { ...chosenOptions(options, FACE_LIMITS), ...chosenOptions(options, FOLLOW_OPTIONS) };
  const settings = { ...limits, annotated, bars, blur };
  const progress = createProgress({ total: media.length, label: 'handed in' });
  const lines: Line[] = [];
  const counts = { new: 0, known: 0, done: 0 };
  let photos = 0;
  let looked = 0;
  const rest = media[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const medium of rest) {
      if (stop.signal.aborted) return;
      const { path, source } = medium;
      try {
        if (!isRemote(path) && isSequence(path))
          throw new PhizError('invalid-data', 'images in sequence are no file to hand in; phiz analyze reads them');
        await using copy = isRemote(path) ? await remote.copy(path, stop.signal) : { path, async [Symbol.asyncDispose]() {} };
        if (!(await isClip(copy.path, source))) {
          photos++;
          continue;
        }
        const work = { source, settings, models };
        const job = { ...shared, owner: null, priority, path: copy.path, sha256: await hashFile(copy.path), work };
        const { id, state } = await patiently(() => handIn(job), stop.signal);
        counts[state]++;
        lines.push({ medium, id, state: 'waiting', frames: 0, problem: '' });
      } catch (error) {
        failed = true;
        progress.around(() => printFailure(error, source));
      } finally {
        progress.update(++looked);
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
  progress.end();
  if (photos > 0) say(`${photos} photos were left out; phiz analyze reads them`);
  if (photos > 0 && lines.length === 0) failed = true;
  const known = counts.known > 0 ? `, ${counts.known} were there already` : '';
  process.stdout.write(`${counts.new} clips handed in${known}${counts.done > 0 ? `, ${counts.done} were done before` : ''}\n`);

  if (wait && lines.length > 0) {
    await waitForAll(lines, shared, target, stop.signal);
    process.stdout.write(tableOf(lines));
    const left = lines.filter(({ state }) => state === 'waiting').length;
    if (left > 0) say(`${left} are not done yet; the same command waits for them again`);
    failed ||= lines.some(({ state }) => state !== 'done');
  }
  if (failed) process.exitCode = 1;
}

/** Waits for room in the queue. */
async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof QueueFull) || signal.aborted) throw error;
      await sleep(1000, undefined, { signal }).catch(() => {});
    }
  }
}

async function waitForAll(lines: Line[], shared: Shared, out: OutFolder | undefined, signal: AbortSignal): Promise<void> {
  const progress = createProgress({ total: lines.length, label: 'done' });
  while (!signal.aborted) {
    const waiting = lines.filter(({ state }) => state === 'waiting');
    progress.update(lines.length - waiting.length);
    if (waiting.length === 0) break;
    const rest = waiting[Symbol.iterator]();
    const lane = async (): Promise<void> => {
      for (const line of rest) if (!signal.aborted) await look(line, shared, out, progress);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
    await sleep(LOOK, undefined, { signal }).catch(() => {});
  }
  progress.end();
}

/** Looks at one job; fetches its results where it is done. */
async function look(line: Line, { queue, storage }: Shared, out: OutFolder | undefined, progress: Progress): Promise<void> {
  const status = await queue.get(line.id);
  if (status && (status.state === 'queued' || status.state === 'running')) return;
  if (status?.state === 'failed') {
    line.state = 'failed';
    line.problem = status.problem?.detail ?? '';
    progress.around(() => printFailure(new PhizError('invalid-data', line.problem), line.medium.path));
    return;
  }
  const published = await readPublished(storage, line.id);
  if (!published) {
    line.state = 'failed';
    line.problem = 'somebody took it out of the queue';
    return;
  }
  const { outcome } = published;
  if (out) {
    // What goes elsewhere goes one by one, each from a folder of its own.
    const below = out.remote ? line.id : '.';
    await fetchResults(storage, attemptKey(line.id, outcome.out), join(out.folder, below, line.medium.name));
    await out.publish(`${line.medium.name}.json`, below);
  }
  line.frames = outcome.progress.frames;
  line.problem = outcome.problem?.detail ?? '';
  line.state = 'done';
}

/** Fetches an attempt's files, whose names begin with `clip`, to `path` and their endings. */
async function fetchResults(storage: Shared['storage'], key: string, path: string): Promise<void> {
  await makeFolder(dirname(path), { mode: 0o700 });
  for await (const { key: file } of storage.list(key)) {
    const target = `${path}${file.slice(`${key}/clip`.length)}`;
    const temporary = temporaryFor(target);
    await pipeline(await storage.get(file), createWriteStream(temporary, { mode: 0o600 }));
    await rename(temporary, target);
  }
}

/** A row per clip, in the order of the inputs' names. */
function tableOf(lines: readonly Line[]): string {
  const rows = [...lines]
    .sort((a, b) => (a.medium.path < b.medium.path ? -1 : 1))
    .map(({ medium, id, state, frames, problem }) => [medium.source, id, state, String(frames), problem]);
  const all = [['clip', 'job', 'state', 'frames', 'problem'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) => `${plainText(row.map((cell, i) => (i < 4 ? cell.padEnd(widths[i]!) : cell)).join('  ')).trimEnd()}\n`)
    .join('');
}
