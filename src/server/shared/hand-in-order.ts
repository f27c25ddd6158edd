/** Hands in what a request names by addresses: fetches each file, checks it, and hands it in as `phiz submit` does. */
import { stat } from 'node:fs/promises';
import { hashFile } from '../../node/files/hash-file.js';
import { type LocalCopy, remoteName } from '../../node/remote/remote-files.js';
import { HttpProblem } from '../problem.js';
import type { RemoteInputs } from '../remote-inputs.js';
import type { RemoteOrder } from '../remote-order.js';
import { handInPhotos, type PhotoFile } from './hand-in-photos.js';
import { handInStudy } from './hand-in-study.js';
import type { HandedIn, HandInOther } from './shared-work.js';

export interface OrderPlace extends Pick<HandInOther, 'queue' | 'storage' | 'owner'> {
  /** Hash of the models. */
  readonly models: string;
  readonly remote: RemoteInputs;
  readonly isClip: (path: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** Throws HttpProblem as `RemoteInputs.copy`, before anything is fetched where an address may not be, `invalid-data`; and QueueFull. */
export async function handInOrder(order: RemoteOrder, { remote, isClip, signal, ...place }: OrderPlace): Promise<HandedIn> {
  if (order.kind === 'study') {
    const { kind: _, addresses, ...about } = order;
    for (const address of addresses) remote.check(address);
    const copy = async (address: string): Promise<LocalCopy> => {
      const here = await remote.copy(address, signal);
      if (await isClip(here.path)) return here;
      await here[Symbol.asyncDispose]();
      throw new HttpProblem('invalid-data', `${remoteName(address)} is not a video that phiz reads`);
    };
    const patiently = <T>(work: () => Promise<T>): Promise<T> => work();
    return handInStudy({ ...place, ...about, designEnding: '.json', placeOf: (_, i) => addresses[i]!, copy, patiently });
  }
  const { inputs, settings } = order;
  for (const address of inputs) remote.check(address);
  const copies: LocalCopy[] = [];
  try {
    const photos: PhotoFile[] = [];
    let bytes = 0;
    for (const address of inputs) {
      const copy = await remote.copy(address, signal);
      copies.push(copy);
      bytes += (await stat(copy.path)).size;
      if (bytes > remote.maxUpload)
        throw new HttpProblem(
          'upload-too-large',
          `the photos have more than ${remote.maxUpload} bytes together; send fewer at a time`,
        );
      const source = remoteName(address);
      if (await isClip(copy.path))
        throw new HttpProblem('invalid-data', `${source} is a clip; hand it in as one, with "kind": "clip"`);
      photos.push({ source, path: copy.path, sha256: await hashFile(copy.path) });
    }
    return await handInPhotos({ ...place, settings, photos });
  } finally {
    for (const copy of copies) await copy[Symbol.asyncDispose]();
  }
}
