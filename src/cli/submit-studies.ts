/** Hands in studies: each recording as a clip of its own, then the study, which is done when they are. */
import { extname } from 'node:path';
import { ANALYSED } from '../apps/study/follow-recording.js';
import { openDesign, readPlace } from '../apps/study/open-design.js';
import { PhizError } from '../core/error.js';
import { hashFile } from '../node/files/hash-file.js';
import { isRemote, placeIn, remoteName } from '../node/remote/remote-files.js';
import { handIn, handInOther } from '../server/shared/shared-work.js';
import { printFailure } from './failure.js';
import { createProgress } from './progress.js';
import { chosenSums } from './study-options.js';
import type { Submission, Submitted } from './submission.js';
import { type Line, newLine } from './submit-lines.js';

export async function submit(designs: readonly string[], submission: Submission): Promise<Submitted> {
  const lines: Line[] = [];
  const counts = { new: 0, known: 0, done: 0 };
  let failed = false;
  for (const design of designs) {
    if (submission.signal.aborted) break;
    try {
      const { id, state } = await submitStudy(design, submission);
      counts[state]++;
      lines.push(newLine({ source: remoteName(design), id, wanted: { kind: 'study' } }));
    } catch (error) {
      failed = true;
      printFailure(error, remoteName(design));
    }
  }
  return { lines, counts, failed };
}

/** Throws PhizError as `openDesign`, and for recordings that cannot be handed in. */
async function submitStudy(path: string, submission: Submission): ReturnType<typeof handInOther> {
  const { shared, remote, options, models, signal, patiently } = submission;
  const { priority } = options;
  const copy = (address: string) => remote.copy(address, signal);
  const { design, folder, texts } = await openDesign(path, options.moments, { copy });
  const coded = options.coded === undefined ? undefined : await readPlace(options.coded, copy);
  const settings = { ...submission.settings, annotated: false, bars: false, blur: false };
  const sums = chosenSums(options);
  const progress = createProgress({ total: design.recordings.length, label: 'handed in' });
  const recordings: { file: string; job: string }[] = [];
  try {
    for (const [i, { file, place }] of design.recordings.entries()) {
      signal.throwIfAborted();
      progress.update(i, file);
      const from = placeIn(folder, file);
      if (ANALYSED.test(from))
        throw new PhizError('invalid-data', `${place}file: '${file}' was analysed already; phiz study takes such recordings`);
      await using here = isRemote(from) ? await copy(from) : undefined;
      const local = here?.path ?? from;
      const sha256 = await hashFile(local);
      const work = { source: file, settings, models };
      const { id } = await patiently(() => handIn({ ...shared, owner: null, priority, work, path: local, sha256 }));
      recordings.push({ file, job: id });
    }
  } finally {
    progress.end();
  }
  const source = remoteName(path);
  const work = {
    kind: 'study',
    source,
    settings,
    models,
    designEnding: extname(source).toLowerCase() === '.json' ? '.json' : '.csv',
    texts: { ...texts, ...(coded === undefined ? {} : { coded }) },
    options: sums,
    recordings,
  } as const;
  return patiently(() => handInOther({ ...shared, owner: null, priority, work, files: [] }));
}
