/**
 * Painted images in which nobody is, written as files of a detection data set, so that what a detector takes for a face in them can be
 * noted as in photos. What is painted is src/train/data/lights.ts's business.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from '#dist/core/random.js';
import { pixelsOf } from '#dist/core/resample.js';
import { encodeImage } from '#dist/node/images/encode.js';
import { paint } from '#dist/train/data/lights.js';
import type { FaceRecord } from '#dist/train/data/wider.js';

/** Where they lie below the folder of the images. */
const FOLDER = 'painted';

/** Paints `count` images into the folder `images` and gives their records: no faces. The same count gives the same images. */
export async function paintImages(images: string, count: number): Promise<readonly FaceRecord[]> {
  if (count === 0) return [];
  await mkdir(join(images, FOLDER), { recursive: true });
  const records: FaceRecord[] = [];
  for (let i = 0; i < count; i++) {
    const stream = random(11, i);
    const width = 240 + stream.integer(400);
    const height = 240 + stream.integer(240);
    const planes = new Float32Array(3 * width * height);
    paint(stream, width, height, planes);
    const path = `${FOLDER}/${i}.webp`;
    await writeFile(join(images, path), await encodeImage(pixelsOf(planes, width, height), 'webp', { quality: 90 }));
    records.push({ path, width, height, faces: [] });
  }
  return records;
}
