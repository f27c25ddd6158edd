/**
 * The small images in a clip's report, in a file of their own beside it, so that a report made again from saved frames need not do
 * without them. The report itself holds its own copies and needs no other file.
 */
import { z } from 'zod';
import { PhizError } from '../../core/error.js';
import type { Thumbnail } from './video-report.js';

export interface ReportImages {
  readonly thumbnails: readonly Thumbnail[];
  /** One of each person's face, by the person's number. */
  readonly portraits: ReadonlyMap<number, string>;
}

/** A bitmap within the page: a report made of the file must load nothing from elsewhere. */
const uri = z.string().regex(/^data:image\/(webp|png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$/);

const fileSchema = z.strictObject({
  thumbnails: z.array(z.strictObject({ time: z.number(), uri })),
  portraits: z.array(z.strictObject({ person: z.int().positive(), uri })),
});

/** The text of the file. */
export function writeReportImages({ thumbnails, portraits }: ReportImages): string {
  const file: z.input<typeof fileSchema> = {
    thumbnails: thumbnails.map(({ time, uri }) => ({ time, uri })),
    portraits: [...portraits].map(([person, uri]) => ({ person, uri })),
  };
  return `${JSON.stringify(file)}\n`;
}

/** Reads the text of a file called `path`. Throws PhizError `invalid-data` for anything that `writeReportImages` does not write. */
export function readReportImages(text: string, path: string): ReportImages {
  let file: z.output<typeof fileSchema>;
  try {
    file = fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PhizError('invalid-data', `${path} does not hold a report's images; move it away to do without`, { cause });
  }
  return { thumbnails: file.thumbnails, portraits: new Map(file.portraits.map(({ person, uri }) => [person, uri])) };
}
