/**
 * Has the teacher (scrfd.ts) look at every labelled photo of a detection data set, at several sizes, and writes what it sees in the style
 * of the label files, scores included: boxes and points to learn from, and what is surely no face.
 *
 *     node build/scripts/teach-faces.js DATA/train TEACHER.onnx OUT.txt [--limit N]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scaleTo } from '#dist/apps/evaluate/logits.js';
import { sideOf } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { suppress } from '#dist/detect/nms.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { readTextIfAny } from '#dist/node/files/read-files.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { readImage } from '#dist/node/images/read-image.js';
import { faceLine, imageLine, parseFaceLabels, scaleFace } from '#dist/train/data/wider.js';
import { createScrfd } from './scrfd.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { limit: { type: 'string' } } });
const [dir, teacher, out] = positionals;
if (!dir || !teacher || !out) throw new Error('usage: teach-faces DATA/train TEACHER.onnx OUT.txt [--limit N]');

/** Longest sides at which the teacher sees a photo. Photos of 400 px are enlarged for their small faces, reduced for faces that fill them. */
const LOOKS = [640, 320, 160];
const LEAST = 0.1;

const detector = await createScrfd(await createNodeEngine({ threads: 1 }), await readFile(teacher));
const records = parseFaceLabels((await readTextIfAny(join(dir, 'labels.txt'))) ?? '', dir);
const lines: string[] = [];
for (const [i, { path, width, height }] of records.slice(0, Number(values.limit ?? records.length)).entries()) {
  const image = await readImage(join(dir, 'images', path));
  const found = [];
  for (const side of LOOKS) {
    const large: Image = side > Math.max(image.width, image.height) ? scaleTo(image, side) : image;
    const ratio = image.width / large.width;
    for (const { box, landmarks, score } of await detector.detect(large, { detectSize: side, scoreThreshold: LEAST })) {
      const size = sideOf(box) * (side / Math.max(large.width, large.height));
      // A look only counts for the sizes it is good at: in a reduced photo small faces are blurs.
      if (side < LOOKS[0]! && size < 32) continue;
      found.push({ ...scaleFace({ box, landmarks: landmarks!, ignore: false }, ratio), score });
    }
  }
  lines.push(imageLine({ path, width, height }));
  const [sx, sy] = [width / image.width, height / image.height];
  for (const face of suppress(found, 0.45)) lines.push(faceLine(scaleFace(face, sx, sy)));
  if (i % 500 === 0) console.error(`${i} of ${records.length}`);
}
await writeAtomic(out, `${lines.join('\n')}\n`);
await detector.dispose();
