/** The pictures inside a clip's report, so that a report made again from saved frames need not do without them. */
import type { Thumbnail } from './video-report.js';

export interface ReportPictures {
  readonly thumbnails: readonly Thumbnail[];
  readonly portraits: ReadonlyMap<number, string>;
}

/** Only what phiz itself writes is taken: small bitmaps as data URIs, followed by the time or the person. */
const PICTURE = /<img src="(data:image\/(?:webp|png|jpeg);base64,[A-Za-z0-9+/]+={0,2})"[^<>]*? data-(time|person)="([\d.]+)">/g;

/** Finds the thumbnails and portraits in a report that `videoReport` made; none in any other text. */
export function picturesOf(report: string): ReportPictures {
  const thumbnails: Thumbnail[] = [];
  const portraits = new Map<number, string>();
  for (const [, uri, kind, number] of report.matchAll(PICTURE)) {
    const value = Number(number);
    if (!Number.isFinite(value)) continue;
    if (kind === 'time') thumbnails.push({ time: value, uri: uri! });
    else portraits.set(value, uri!);
  }
  return { thumbnails, portraits };
}
