/** One run of `phiz submit`: hands in clips, photos in batches, or studies, and where asked to waits for them (submit-lines.ts). */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { PhizError } from '../core/error.js';
import { sweepOrphans } from '../node/files/temporary.js';
import { modelsHash } from '../node/models/model-hashes.js';
import { QueueFull } from '../node/queue/bullmq-queue.js';
import { openRemoteFiles } from '../node/remote/remote-files.js';
import { FACE_LIMITS, FOLLOW_OPTIONS } from '../results/analysis-options.js';
import type { JobKind } from '../results/job-kinds.js';
import { chosenModels, chosenOptions } from './analysis-options.js';
import { say } from './failure.js';
import { openOutFolder } from './out-folder.js';
import { remoteOptions } from './remote-options.js';
import { openSharedOptions } from './shared-options.js';
import { stopOnSignals } from './signals.js';
import type { Submission, SubmitRunOptions } from './submission.js';
import { tableOf, waitForAll } from './submit-lines.js';
import { foldersOf } from './submit-results.js';

/** What a job of each kind is called, one and more of them. */
const NOUNS: Readonly<Record<JobKind, readonly [one: string, more: string]>> = {
  clip: ['clip', 'clips'],
  'photo-batch': ['photos', 'batches of photos'],
  study: ['study', 'studies'],
};

/** Throws as `openSharedOptions`. Exit code 1 where something could not be handed in or failed. */
export async function runSubmit(inputs: readonly string[], options: SubmitRunOptions): Promise<void> {
  const { kind = 'clip', annotated = true, bars = false, blur = false, quiet = false, out, wait = out !== undefined } = options;
  const listed = inputs.includes('-') ? (await text(process.stdin)).split(/\r?\n/).filter((line) => line !== '') : [];
  const named = [...inputs.filter((input) => input !== '-'), ...listed];
  if (kind === 'study' && named.length > 1 && out !== undefined)
    throw new PhizError(
      'invalid-option',
      'the results of several studies would have the same names; give each an --out of its own',
    );
  await using remote = openRemoteFiles(remoteOptions(options));
  using stop = stopOnSignals();
  const { signal } = stop;
  await using shared = await openSharedOptions(options);
  await using target = out === undefined ? undefined : await openOutFolder(out, remote);
  const models = await modelsHash(chosenModels(options));
  const limits = { ...chosenOptions(options, FACE_LIMITS), ...chosenOptions(options, FOLLOW_OPTIONS) };
  const settings = { ...limits, annotated, bars, blur };
  const patiently = <T>(work: () => Promise<T>): Promise<T> => untilRoom(work, signal);
  const submission: Submission = { shared, remote, options, settings, models, signal, patiently };
  const handIn = kind === 'study' ? await import('./submit-studies.js') : await import('./submit-media.js');
  const { lines, counts, failed } = await handIn.submit(named, submission);

  const known = counts.known > 0 ? `, ${counts.known} were there already` : '';
  const before = counts.done > 0 ? `, ${counts.done} were done before` : '';
  process.stdout.write(`${counts.new} ${NOUNS[kind][1]} handed in${known}${before}\n`);
  let wrong = failed;
  if (wait && lines.length > 0) {
    const folders = target && !target.remote ? lines.flatMap(({ wanted }) => foldersOf(wanted)) : [];
    for (const folder of new Set(folders)) await sweepOrphans(join(target!.folder, folder));
    await waitForAll(lines, shared, target, { signal, quiet });
    process.stdout.write(tableOf(lines, NOUNS[kind][0]));
    const left = lines.filter(({ state }) => state === 'waiting').length;
    if (left > 0) say(`${left} are not done yet; the same command waits for them again`);
    wrong ||= lines.some(({ state, problem }) => state !== 'done' || (kind !== 'clip' && problem !== ''));
  }
  if (wrong) process.exitCode = 1;
}

async function untilRoom<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof QueueFull) || signal.aborted) throw error;
      await sleep(1000, undefined, { signal }).catch(() => {});
    }
  }
}
