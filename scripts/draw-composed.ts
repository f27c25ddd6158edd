/**
 * Draws composed training images of the detector with their boxes, landmarks and points, to be looked at before a long run:
 * green boxes are faces, magenta ones are ignored, circles positive points, dots points left out. The images show real
 * people: keep the result out of the repository.
 *
 *     node build/scripts/draw-composed.js DATA OUT.png [kind] [seed]
 */

import sharp from 'sharp';
import { LANDMARK_ORDER } from '#dist/core/geometry.js';
import { random } from '#dist/core/random.js';
import { pointsOf } from '#dist/detect/points.js';
import { openLabelledImages } from '#dist/node/data/faces.js';
import { assignFaces, createTargets } from '#dist/train/data/assign.js';
import { createComposer, type ImageKind } from '#dist/train/data/compose.js';

const [dir, out, kind, seed = '1'] = process.argv.slice(2);
if (!dir || !out) throw new Error('usage: node build/scripts/draw-composed.js DATA OUT.png [kind] [seed]');

const SIZE = 320;
const COLUMNS = 5;
const ROWS = 4;
const COLOURS = ['red', 'cyan', 'yellow', 'orange', 'blue'];
const shares: Partial<Record<ImageKind, number>> = kind ? { [kind as ImageKind]: 1 } : {};
const pool = await openLabelledImages(dir, 'train', { limit: 700 });
const composer = createComposer(pool, { size: SIZE, ...(kind ? { shares } : {}) });
const points = pointsOf(SIZE, SIZE);
const targets = createTargets(1, points);
const planes = new Float32Array(3 * SIZE * SIZE);
const sheet = new Uint8Array(COLUMNS * ROWS * SIZE * SIZE * 3);
let marks = '';
for (let k = 0; k < COLUMNS * ROWS; k++) {
  const faces = composer.compose(random(Number(seed), k), planes);
  assignFaces(faces, points, targets, 0);
  const left = (k % COLUMNS) * SIZE;
  const top = Math.floor(k / COLUMNS) * SIZE;
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++)
      for (let c = 0; c < 3; c++) sheet[((top + y) * COLUMNS * SIZE + left + x) * 3 + c] = planes[(c * SIZE + y) * SIZE + x]!;
  // An image of its own clips what reaches beyond the frame.
  marks += `<svg x="${left}" y="${top}" width="${SIZE}" height="${SIZE}">`;
  for (const { box, landmarks, ignore } of faces) {
    marks += `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" fill="none" stroke="${ignore ? '#f0f' : '#0f0'}" stroke-width="1.5"/>`;
    for (const [i, name] of LANDMARK_ORDER.entries())
      if (landmarks) marks += `<circle cx="${landmarks[name].x}" cy="${landmarks[name].y}" r="2" fill="${COLOURS[i]}"/>`;
  }
  for (let p = 0; p < points.count; p++) {
    const [x, y, stride] = points.anchors.subarray(3 * p, 3 * p + 3);
    if (targets.cls.data[p]) marks += `<circle cx="${x}" cy="${y}" r="${1 + stride! / 16}" fill="none" stroke="#fff"/>`;
    else if (targets.clsWeight.data[p] === 0) marks += `<rect x="${x! - 1}" y="${y! - 1}" width="2" height="2" fill="#f0f"/>`;
  }
  marks += '</svg>';
}
const [width, height] = [COLUMNS * SIZE, ROWS * SIZE];
await sharp(sheet, { raw: { width, height, channels: 3 } })
  .composite([
    { input: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${marks}</svg>`) },
  ])
  .png()
  .toFile(out);
