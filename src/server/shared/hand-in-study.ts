/** Hands a study in: each recording as a clip of its own, then the study, which is done when they are. As `phiz submit` and the service do. */
import { ANALYSED } from '../../apps/study/follow-recording.js';
import { PhizError } from '../../core/error.js';
import { hashFile } from '../../node/files/hash-file.js';
import { isRemote, type LocalCopy } from '../../node/remote/remote-files.js';
import type { Design, Recording } from '../../study/design.js';
import { type HandedIn, type HandInOther, handIn, handInOther, type StudyWork } from './shared-work.js';

export interface HandInStudy
  extends Pick<HandInOther, 'queue' | 'storage' | 'owner' | 'priority'>,
    Pick<StudyWork, 'source' | 'settings' | 'models' | 'designEnding' | 'texts' | 'options'> {
  readonly design: Pick<Design, 'recordings'>;
  /** Where the file of a recording lies. */
  readonly placeOf: (recording: Recording, i: number) => string;
  /** Copies here what lies elsewhere. */
  readonly copy: (address: string) => Promise<LocalCopy>;
  /** Makes a call, again where there is no room in the queue. */
  readonly patiently: <T>(work: () => Promise<T>) => Promise<T>;
  /** Told of each recording before it is read. */
  readonly onRecording?: ((i: number, file: string) => void) | undefined;
}

/** Throws as `handIn` and `copy`, and PhizError `invalid-data` for recordings that were analysed already. */
export async function handInStudy({
  design,
  placeOf,
  copy,
  patiently,
  onRecording,
  queue,
  storage,
  owner,
  priority,
  source,
  models,
  designEnding,
  texts,
  options,
  ...given
}: HandInStudy): Promise<HandedIn> {
  const settings = { ...given.settings, annotated: false, bars: false, blur: false };
  const place = { queue, storage, owner, priority };
  const recordings: { file: string; job: string }[] = [];
  for (const [i, recording] of design.recordings.entries()) {
    const { file } = recording;
    onRecording?.(i, file);
    const from = placeOf(recording, i);
    if (ANALYSED.test(from))
      throw new PhizError(
        'invalid-data',
        `${recording.place}file: '${file}' was analysed already; phiz study takes such recordings`,
      );
    await using here = isRemote(from) ? await copy(from) : undefined;
    const path = here?.path ?? from;
    const sha256 = await hashFile(path);
    const work = { source: file, settings, models };
    const { id } = await patiently(() => handIn({ ...place, work, path, sha256 }));
    recordings.push({ file, job: id });
  }
  const work = { kind: 'study', source, settings, models, designEnding, texts, options, recordings } as const;
  return patiently(() => handInOther({ ...place, work, files: [] }));
}
