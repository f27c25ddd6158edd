/**
 * Makes a detection data set to train on out of another's labels and what the teacher saw (teach-faces.ts): boxes and points are the
 * teacher's where both agree, each face has the teacher's score, faces that only one of the two sees are taught softly or left out. With a
 * detector given, what it takes for a face in the training photos and neither labels nor teacher do is written down as mistaken, to be
 * shown again; several detectors may be given, each with the score from which its mistakes count and how many times each is shown. Some
 * images may be painted in which nobody is (painted-images.ts), for more mistakes. Images are linked, not copied.
 *
 *     node build/scripts/teach-labels.js DATA TEACHER.txt OUT [--detector MODEL.onnx [--mistake 0.3] [--times 1] …]
 *         [--most 12] [--painted N]
 */
import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BoundingBox, iou, scaleBox, sideOf } from '#dist/core/geometry.js';
import type { FaceDetector } from '#dist/detect/detector.js';
import { suppress } from '#dist/detect/nms.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { readImage } from '#dist/node/images/read-image.js';
import { openDetector } from '#dist/node/models/open-detector.js';
import {
  type FaceRecord,
  faceLine,
  imageLine,
  type LabelledFace,
  mistakenLine,
  parseFaceLabels,
} from '#dist/train/data/wider.js';
import { paintImages } from './painted-images.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    detector: { type: 'string', multiple: true, default: [] },
    mistake: { type: 'string', multiple: true, default: [] },
    times: { type: 'string', multiple: true, default: [] },
    most: { type: 'string', default: '12' },
    painted: { type: 'string', default: '0' },
  },
});
const [data, teacherFile, out] = positionals;
if (!data || !teacherFile || !out) throw new Error('usage: teach-labels DATA TEACHER.txt OUT [--detector MODEL.onnx]');

/** Overlap from which a label and what the teacher saw are one face. */
const SAME = 0.45;
/** The teacher's scores from which it is sure, and below which it sees nothing. */
const SURE = 0.5;
const NOTHING = 0.2;
/** The most mistakes of a detector kept of a photo. */
const MOST_MISTAKES = Number(values.most);

interface Mistaken {
  readonly detector: FaceDetector;
  /** Its scores from which a mistake is worth writing down, and how many times it is. */
  readonly least: number;
  readonly times: number;
}

const records = [...parseFaceLabels(await readFile(join(data, 'train/labels.txt'), 'utf8'))];
const seen = new Map(parseFaceLabels(await readFile(teacherFile, 'utf8')).map((record) => [record.path, record.faces]));
const engine = await createNodeEngine({ threads: 1 });
const mistaken: readonly Mistaken[] = await Promise.all(
  values.detector.map(async (name, i) => ({
    detector: await openDetector(name, engine),
    least: Number(values.mistake[i] ?? 0.3),
    times: Number(values.times[i] ?? 1),
  })),
);
const images = join(out, 'train/images');
await rm(images, { recursive: true, force: true });
await mkdir(images, { recursive: true });
for (const name of await readdir(join(data, 'train/images')))
  await symlink(resolve(data, 'train/images', name), join(images, name));
records.push(...(await paintImages(images, Number(values.painted))));
const lines: string[] = [];
const counts = { both: 0, labelled: 0, taught: 0, ignored: 0, mistaken: 0 };
for (const [i, record] of records.entries()) {
  lines.push(imageLine(record));
  const faces = merge(record.faces, seen.get(record.path) ?? []);
  lines.push(...faces.map(faceLine));
  if (mistaken.length > 0) lines.push(...(await mistakesIn(record, faces)));
  if (i % 1000 === 0) console.error(`${i} of ${records.length}`);
}
await Promise.all(mistaken.map(({ detector }) => detector.dispose()));
await writeAtomic(join(out, 'train/labels.txt'), `${lines.join('\n')}\n`);
await rm(join(out, 'val'), { recursive: true, force: true });
await symlink(resolve(data, 'val'), join(out, 'val'));
console.log(JSON.stringify(counts));

function merge(labels: readonly LabelledFace[], taught: readonly LabelledFace[]): LabelledFace[] {
  const used = new Set<LabelledFace>();
  const merged = labels.map((label): LabelledFace => {
    const best = taught
      .filter((face) => !used.has(face))
      .reduce<LabelledFace | undefined>(
        (top, face) => (iou(face.box, label.box) > (top ? iou(top.box, label.box) : SAME) ? face : top),
        undefined,
      );
    if (best) used.add(best);
    const score = best?.score ?? 0;
    if (label.ignore) return score >= SURE ? { ...best!, score: soft(score) } : label;
    if (score >= NOTHING) {
      counts.both++;
      return { ...best!, score: soft(score) };
    }
    counts.labelled++;
    // Somebody saw a face that the teacher does not: small ones are doubtful.
    return sideOf(label.box) < 16 ? { ...label, ignore: true } : { ...label, score: 0.6 };
  });
  for (const face of taught) {
    if (used.has(face) || face.score! < NOTHING) continue;
    if (merged.some(({ box }) => iou(box, face.box) > SAME)) continue;
    const sure = face.score! >= SURE && !labels.some(({ ignore, box }) => ignore && iou(box, face.box) > 0.3);
    counts[sure ? 'taught' : 'ignored']++;
    merged.push(sure ? { ...face, score: soft(face.score!) } : { box: face.box, ignore: true });
  }
  return merged;
}

/** The teacher's 0.2–0.75 spread over 0.5–1: what is a face at all should pass the threshold. */
function soft(score: number): number {
  return Math.min(1, 0.5 + (0.5 * (score - NOTHING)) / (0.75 - NOTHING));
}

async function mistakesIn(record: FaceRecord, faces: readonly LabelledFace[]): Promise<string[]> {
  const image = await readImage(join(images, record.path));
  const [sx, sy] = [record.width / image.width, record.height / image.height];
  const known = [...faces.map(({ box }) => box), ...(seen.get(record.path) ?? []).map(({ box }) => box)];
  const noted: string[] = [];
  for (const { detector, least, times } of mistaken) {
    // Both looks, as an analysis takes them: the one at half the size makes the large mistakes.
    const { whole, half } = (await detector.detectWithHalf?.(image, { scoreThreshold: least })) ?? {
      whole: await detector.detect(image, { scoreThreshold: least }),
      half: [],
    };
    const wrong = suppress([...whole, ...half], 0.45)
      .map(({ box }) => scaleBox(box, sx, sy))
      .filter((box) => sideOf(box) >= 8 && !known.some((other) => touches(other, box)))
      .slice(0, MOST_MISTAKES);
    counts.mistaken += wrong.length;
    for (let time = 0; time < times; time++) noted.push(...wrong.map(mistakenLine));
  }
  return noted;
}

/** Whether boxes share so much that the one may stand for the other's face, or a part of it. */
function touches(a: BoundingBox, b: BoundingBox): boolean {
  const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return w > 0 && h > 0 && w * h > 0.15 * Math.min(a.width * a.height, b.width * b.height);
}
