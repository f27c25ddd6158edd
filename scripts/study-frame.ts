/**
 * An image as large as a frame of video, for the detectors' cost: FDDB's photos are 450 pixels at most, and what a detector that
 * slides over the image costs grows with it. samples/faces.png enlarged: seven averaged faces, nobody's. It measures no accuracy.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { BoundingBox } from '#dist/core/geometry.js';

/** In pixels; the height is what the sample's shape makes of the width. */
const WIDTH = 1280;
const HEIGHT = 769;
export const FRAME_SIZE: string = `${WIDTH}×${HEIGHT}`;

/** The same image so many times, so that a median can be taken. */
const COPIES = 15;

/** Writes the image into `dir` as labelled photos (`images/`, `labels.txt`). */
export async function makeFrame(dir: string): Promise<void> {
  const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
  const { width, faces } = JSON.parse(await readFile(sample('faces.truth.json'), 'utf8')) as {
    readonly width: number;
    readonly faces: readonly { readonly box: BoundingBox }[];
  };
  const scale = WIDTH / width;
  const image = await sharp(sample('faces.png')).resize({ width: WIDTH }).png().toBuffer();
  const boxes = faces.map(({ box: { x, y, width, height } }) =>
    [x, y, x + width, y + height].map((edge) => (edge * scale).toFixed(1)).join(' '),
  );
  const lines = boxes.map((box) => `${box} ${'-1 '.repeat(10)}1`).join('\n');
  await mkdir(join(dir, 'images'), { recursive: true });
  let labels = '';
  for (let i = 0; i < COPIES; i++) {
    await writeFile(join(dir, `images/${i}.png`), image);
    labels += `# ${i}.png ${WIDTH} ${HEIGHT}\n${lines}\n`;
  }
  await writeFile(join(dir, 'labels.txt'), labels);
}
