/** Hands in clips, one job each, or photos, many to a job; what is of the other kind is left out. */
import { PhizError } from '../core/error.js';
import { sideBySide } from '../core/side-by-side.js';
import { hashFile } from '../node/files/hash-file.js';
import { isRemote, type LocalCopy } from '../node/remote/remote-files.js';
import { isClip } from '../node/video/clip-kind.js';
import { isSequence } from '../node/video/image-sequence.js';
import { batchName, handInPhotos } from '../server/shared/hand-in-photos.js';
import { handIn } from '../server/shared/shared-work.js';
import { printFailure, say } from './failure.js';
import { findMedia, type Medium } from './inputs.js';
import { createProgress } from './progress.js';
import { type Submission, type Submitted, tellBad } from './submission.js';
import { type Line, newLine } from './submit-lines.js';

/** Files read and handed in at a time. */
const SIDE_BY_SIDE = 8;
/** Photos of a job, where nothing else is said. */
const BATCH = 50;

/** A photo that waits for the others of its batch. */
interface Photo {
  readonly medium: Medium;
  readonly copy: LocalCopy;
  readonly sha256: string;
}

export async function submit(inputs: readonly string[], submission: Submission): Promise<Submitted> {
  const { shared, remote, options, settings, models, signal, patiently } = submission;
  const { kind = 'clip', batch = BATCH, priority } = options;
  const { media, bad } = await findMedia(inputs, remote);
  tellBad(bad);
  let failed = bad.length > 0;
  const progress = createProgress({ total: media.length, label: 'handed in' });
  const lines: Line[] = [];
  const counts = { new: 0, known: 0, done: 0 };
  let left = 0;
  let looked = 0;
  const photos: Photo[] = [];

  const takePhotos = async (some: readonly Photo[]): Promise<void> => {
    const photos = some.map(({ medium, copy, sha256 }) => ({ source: medium.source, path: copy.path, sha256 }));
    const source = batchName(photos);
    try {
      const { id, state } = await patiently(() => handInPhotos({ ...shared, owner: null, priority, settings, models, photos }));
      counts[state]++;
      lines.push(newLine({ source, id, wanted: { kind: 'photo-batch', names: some.map(({ medium }) => medium.name) } }));
    } catch (error) {
      failed = true;
      progress.around(() => printFailure(error, source));
    } finally {
      for (const { copy } of some) await copy[Symbol.asyncDispose]();
    }
  };
  const take = async (medium: Medium): Promise<void> => {
    const { path, source, name } = medium;
    if (!isRemote(path) && isSequence(path))
      throw new PhizError('invalid-data', 'images in sequence are no file to hand in; phiz analyze reads them');
    const copy = isRemote(path) ? await remote.copy(path, signal) : { path, async [Symbol.asyncDispose]() {} };
    let kept = false;
    try {
      if ((await isClip(copy.path, source)) !== (kind === 'clip')) {
        left++;
        return;
      }
      const sha256 = await hashFile(copy.path);
      if (kind === 'photo-batch') {
        kept = true;
        photos.push({ medium, copy, sha256 });
        return;
      }
      const job = { ...shared, owner: null, priority, path: copy.path, sha256, work: { source, settings, models } };
      const { id, state } = await patiently(() => handIn(job));
      counts[state]++;
      lines.push(newLine({ source, id, wanted: { kind: 'clip', name } }));
    } finally {
      if (!kept) await copy[Symbol.asyncDispose]();
    }
  };
  /** In the order of the inputs, so that the same inputs make the same batches. */
  const takeMany = async (some: readonly Medium[]): Promise<void> => {
    await sideBySide(some, SIDE_BY_SIDE, async (medium) => {
      if (signal.aborted) return;
      await take(medium).catch((error: unknown) => {
        failed = true;
        progress.around(() => printFailure(error, medium.source));
      });
      progress.update(++looked);
    });
    const order = new Map(some.map((medium, i) => [medium, i]));
    photos.sort((a, b) => order.get(a.medium)! - order.get(b.medium)!);
    if (photos.length > 0) await takePhotos(photos.splice(0));
  };
  const step = kind === 'photo-batch' ? batch : media.length;
  for (let i = 0; i < media.length; i += step) await takeMany(media.slice(i, i + step));
  progress.end();
  if (left > 0 && kind === 'clip') say(`${left} photos were left out; --kind photo-batch hands them in`);
  if (left > 0 && kind === 'photo-batch') say(`${left} clips were left out; without --kind they are handed in`);
  if (left > 0 && lines.length === 0) failed = true;
  return { lines, counts, failed };
}
