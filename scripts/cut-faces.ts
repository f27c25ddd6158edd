/**
 * Cuts the faces of a data set's images once, aligned as phiz aligns them in use, so that training sees what photos give and an epoch
 * costs gradients alone. Every image is enlarged, a border put round it where that helps, looked at by a detector, and laid onto the
 * template of five points; an image in which it finds nothing is cut by its middle, and counted. File names and lists beside them stay,
 * so the result is read like the data set itself. Squares are wider than a network's view by COVER, for augmentation to move in.
 *
 *     node build/scripts/cut-faces.js DATA OUT --margin M --shift S --name NAME --terms TERMS
 *         [--detector MODEL] [--side 96] [--hold-out]
 *
 * --hold-out: a tenth of train/, chosen by a hash of the name, goes to val/, and test/ is left out.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { scaleTo } from '#dist/apps/evaluate/logits.js';
import { faceMap } from '#dist/classify/crop.js';
import type { Image } from '#dist/core/image.js';
import { hashText } from '#dist/core/random.js';
import { pixelsOf, warp } from '#dist/core/resample.js';
import type { FaceDetector } from '#dist/detect/detector.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { isImageName, listFiles } from '#dist/node/files/read-files.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { readImage } from '#dist/node/images/read-image.js';
import { openDetector } from '#dist/node/models/open-detector.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    margin: { type: 'string' },
    shift: { type: 'string' },
    detector: { type: 'string', default: 'detector' },
    side: { type: 'string', default: '96' },
    name: { type: 'string' },
    terms: { type: 'string' },
    'hold-out': { type: 'boolean', default: false },
  },
});
const [data, out] = positionals;
const margin = Number(values.margin);
const shift = Number(values.shift);
const side = Number(values.side);
if (!data || !out || !(margin > 0) || !Number.isFinite(shift)) throw new Error('usage: cut-faces DATA OUT --margin M --shift S');

/** How much wider a cut square is than the view that networks are trained on: the recipes' `cover` is its inverse. */
const COVER = 1.25;
/** Sides at which an image is looked at, one after the other, until a face is found; the last with a border of a quarter. */
const LOOKS = [
  { side: 192, border: 0 },
  { side: 128, border: 0.25 },
  { side: 320, border: 0.1 },
] as const;
const LEAST_SCORE = 0.3;

const detector = await openDetector(values.detector, await createNodeEngine({ threads: 1 }));
/** Side and downward shift of the view in units of each image's shorter side. */
const covers: number[] = [];
const shifts: number[] = [];
const counts = { cut: 0, byMiddle: 0, copied: 0, left: 0 };
const paths = await listFiles(data);
for (const [i, path] of paths.entries()) {
  const target = join(out, placeOf(path) ?? '');
  if (placeOf(path) === undefined) {
    counts.left++;
    continue;
  }
  await mkdir(dirname(target), { recursive: true });
  if (!isImageName(path)) {
    await copyFile(join(data, path), target);
    counts.copied++;
    continue;
  }
  const image = await readImage(join(data, path));
  const cut = (await cutFace(detector, image)) ?? byMiddle(image);
  const planes = new Float32Array(3 * side * side);
  warp(cut.image, cut.map, { width: side, height: side, channels: 3 }, planes);
  const written = sharp(pixelsOf(planes, side, side).data, { raw: { width: side, height: side, channels: 3 } });
  // The data set's own names, so its own formats; PNG and WebP both without loss.
  await (path.endsWith('.webp') ? written.webp({ lossless: true, effort: 0 }) : written.png({ compressionLevel: 3 })).toFile(
    target,
  );
  if (i % 2000 === 0) console.error(`${i} of ${paths.length}: ${JSON.stringify(counts)}`);
}
await detector.dispose();
const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? 1;
const about = {
  name: values.name,
  terms: values.terms,
  cut: {
    crop: { margin, shift, alignment: 'points' },
    cover: 1 / COVER,
    direct: { cover: median(covers), shift: median(shifts) },
  },
};
await writeAtomic(join(out, 'about.json'), `${JSON.stringify(about, null, 2)}\n`);
console.log(JSON.stringify(counts));

function placeOf(path: string): string | undefined {
  if (!values['hold-out']) return path;
  if (!path.startsWith('train/')) return undefined;
  return hashText(path, 1) / 4294967296 < 0.1 ? path.replace(/^train\//, 'val/') : path;
}

async function cutFace(finder: FaceDetector, image: Image) {
  for (const look of LOOKS) {
    const enlarged = pad(scaleTo(image, look.side), look.border);
    const middle = { x: enlarged.width / 2, y: enlarged.height / 2 };
    const faces = (await finder.detect(enlarged, { scoreThreshold: LEAST_SCORE })).filter(
      ({ box }) => Math.hypot(box.x + box.width / 2 - middle.x, box.y + box.height / 2 - middle.y) < 0.25 * enlarged.width,
    );
    const best = faces.toSorted((a, b) => b.score - a.score)[0];
    if (!best) continue;
    counts.cut++;
    const rule = { margin: margin * COVER, shift, alignment: 'points' } as const;
    const map = faceMap(best, rule, side, side);
    const unit = Math.min(image.width, image.height) * (look.side / Math.max(image.width, image.height));
    covers.push((Math.hypot(map[0], map[3]) * side) / COVER / unit);
    shifts.push((map[3] * (side / 2) + map[4] * (side / 2) + map[5] - middle.y) / unit);
    return { image: enlarged, map };
  }
  return undefined;
}

function byMiddle(image: Image) {
  counts.byMiddle++;
  const unit = Math.min(image.width, image.height);
  // Data sets of faces show them from forehead to chin: about the box that a detector would have found.
  const box = { x: image.width / 2 - 0.37 * unit, y: image.height / 2 - 0.45 * unit, width: 0.74 * unit, height: 0.92 * unit };
  return { image, map: faceMap({ box, landmarks: null }, { margin: margin * COVER, shift, alignment: 'points' }, side, side) };
}

/** The image with a grey border of `share` of its sides. */
function pad(image: Image, share: number): Image {
  if (share === 0) return image;
  const edge = Math.round(share * Math.max(image.width, image.height));
  const [width, height] = [image.width + 2 * edge, image.height + 2 * edge];
  const bytes = new Uint8Array(width * height * image.channels).fill(127);
  for (let y = 0; y < image.height; y++) {
    const from = y * image.width * image.channels;
    bytes.set(image.data.subarray(from, from + image.width * image.channels), ((y + edge) * width + edge) * image.channels);
  }
  return { width, height, channels: image.channels, data: bytes };
}
