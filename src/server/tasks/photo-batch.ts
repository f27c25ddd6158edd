/**
 * Photos one after another, as `phiz analyze` does them: `photo-<n>.json` and an annotated image of each, and `photos.json`, which says of
 * each whether it was read. One that cannot be keeps nobody from the others.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { analyzePhoto } from '../../apps/analyze/analyze-photo.js';
import { failureRecord } from '../../apps/analyze/failure.js';
import { createAnalyzer } from '../../node/create-analyzer.js';
import { makeFolder } from '../../node/files/make-folder.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { FACE_LIMITS } from '../../results/analysis-options.js';
import type { OrderOf, Step, TaskEnd } from './task.js';

/** The file that says what came of a batch. */
export const PHOTOS_FILE = 'photos.json';

export const photosSchema = z.object({
  photosVersion: z.literal(1),
  /** In the order of the batch; `error`: why nothing came of one. */
  photos: z
    .array(z.object({ source: z.string(), error: z.object({ code: z.string(), message: z.string() }).nullable() }))
    .readonly(),
});

export async function doPhotoBatch(order: OrderOf<'photo-batch'>, step: Step): Promise<TaskEnd> {
  const { photos, out, settings, models, maxPixels } = order;
  const limits = Object.fromEntries(Object.entries(settings).filter(([name]) => name in FACE_LIMITS));
  await makeFolder(out, { mode: 0o700 });
  await using analyzer = await createAnalyzer({ ...models, threads: models.threads ?? 1 });
  const told: z.input<typeof photosSchema>['photos'][number][] = [];
  for (const [i, { path, source }] of photos.entries()) {
    step(i, photos.length);
    try {
      const task = { from: path, called: source, source, place: { folder: out, name: `photo-${i}` } };
      await analyzePhoto(analyzer, task, { ...limits, turn: true, blur: settings.blur, maxPixels });
      told.push({ source, error: null });
    } catch (error) {
      const { code, message } = failureRecord(source, error).error;
      // A full disk is no fault of the photo.
      if (code === 'unwritable-file' || code === 'unexpected') throw error;
      told.push({ source, error: { code, message } });
    }
  }
  await writeAtomic(join(out, PHOTOS_FILE), `${JSON.stringify({ photosVersion: 1, photos: told }, undefined, 2)}\n`, {
    private: true,
  });
  const warnings = told.flatMap(({ source, error }) => (error ? [`${source}: ${error.message}`] : []));
  return { frames: photos.length, problem: null, warnings };
}
