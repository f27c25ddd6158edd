/** Hands photos in as one job: what `phiz submit` and the service do alike. */
import { extname } from 'node:path';
import { type HandedIn, type HandInOther, handInOther, type SharedWork } from './shared-work.js';

/** A photo that lies here. */
export interface PhotoFile {
  /** What results call it. */
  readonly source: string;
  readonly path: string;
  readonly sha256: string;
}

export interface HandInPhotos
  extends Pick<HandInOther, 'queue' | 'storage' | 'owner' | 'priority'>,
    Pick<SharedWork, 'settings' | 'models'> {
  /** In this order. */
  readonly photos: readonly PhotoFile[];
}

/** What a batch is called: its first photo, and how many more. */
export function batchName(photos: readonly Pick<PhotoFile, 'source'>[]): string {
  const [first] = photos;
  return photos.length === 1 ? first!.source : `${first!.source} and ${photos.length - 1} more`;
}

/** Throws as `handInOther`. */
export function handInPhotos({ photos, settings, models, ...place }: HandInPhotos): Promise<HandedIn> {
  const about = photos.map(({ source }) => ({ source, ending: extname(source).replace(/[^\w.]/g, '') }));
  const work = { kind: 'photo-batch', source: batchName(photos), settings, models, photos: about } as const;
  return handInOther({ ...place, work, files: photos });
}
