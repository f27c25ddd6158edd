/**
 * What a data set says of itself in an `about.json` beside its folders: its name and terms, for the cards of what is trained on it, and how
 * its images were cut where they are faces cut and aligned once (scripts/cut-faces.ts), so that what is trained is what is used.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { cropSchema, directSchema } from '../../core/card.js';
import { parsedJson } from '../../core/schema-fault.js';
import { readTextIfAny } from '../files/read-files.js';

const aboutSchema = z
  .object({
    name: z.string().min(1).optional(),
    terms: z.string().min(1).optional(),
    cut: z
      .object({
        /** How a network's view was laid onto the face. */
        crop: cropSchema,
        /** The part of a cut image's side that is this view; around it lies what augmentation moves in. */
        cover: z.number().positive().max(1),
        /** Where the same view lies in the data set's own images, uncut: the median. */
        direct: directSchema,
      })
      .optional(),
  })
  .strict();

export type About = z.output<typeof aboutSchema>;

/** Reads a folder's `about.json`; empty where there is none. Throws PhizError `invalid-data` naming the file and the field at fault. */
export async function readAbout(dir: string): Promise<About> {
  const path = join(dir, 'about.json');
  const text = await readTextIfAny(path).catch(() => undefined); // a CSV for a folder has no files beside it
  if (text === undefined) return {};
  return parsedJson(aboutSchema, text, {
    code: 'invalid-data',
    lead: `${path} is not a description of a data set`,
    whole: 'the whole',
  });
}
