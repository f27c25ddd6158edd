/** Hands in studies, whose designs are files here or elsewhere. */
import { extname } from 'node:path';
import { openDesign, readPlace } from '../apps/study/open-design.js';
import { placeIn, remoteName } from '../node/remote/remote-files.js';
import { handInStudy } from '../server/shared/hand-in-study.js';
import type { HandedIn } from '../server/shared/shared-work.js';
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

/** Throws PhizError as `openDesign` and `handInStudy`. */
async function submitStudy(path: string, submission: Submission): Promise<HandedIn> {
  const { shared, remote, options, models, signal, patiently } = submission;
  const { priority } = options;
  const copy = (address: string) => remote.copy(address, signal);
  const { design, folder, texts } = await openDesign(path, options.moments, { copy });
  const coded = options.coded === undefined ? undefined : await readPlace(options.coded, copy);
  const progress = createProgress({ total: design.recordings.length, label: 'handed in' });
  const source = remoteName(path);
  try {
    return await handInStudy({
      ...shared,
      owner: null,
      priority,
      design,
      placeOf: ({ file }) => placeIn(folder, file),
      source,
      settings: submission.settings,
      models,
      designEnding: extname(source).toLowerCase() === '.json' ? '.json' : '.csv',
      texts: { ...texts, ...(coded === undefined ? {} : { coded }) },
      options: chosenSums(options),
      copy,
      patiently,
      onRecording: (i, file) => {
        signal.throwIfAborted();
        progress.update(i, file);
      },
    });
  } finally {
    progress.end();
  }
}
