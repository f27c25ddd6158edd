/**
 * How detectors hold up on everyday photos: recall by size of the face on a 640 px input, in darkness, turned; false positives where nobody is
 * and where somebody is; how well points turn with the head, against a teacher's labels. All looks that an analysis takes are taken.
 *
 *     node build/scripts/stress-detector.js DATA TEACHER-VAL.txt MODEL… [--count 100]
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { detectAtScales } from '#dist/analyze/detect-scales.js';
import { iou, LANDMARK_ORDER, type Landmarks, sideOf } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { Detection, FaceDetector } from '#dist/detect/detector.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { readImage } from '#dist/node/images/read-image.js';
import { openDetector } from '#dist/node/models/open-detector.js';
import { draw, transform, type View } from '#dist/train/data/view.js';
import { type LabelledFace, parseFaceLabels } from '#dist/train/data/wider.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '100' }, threshold: { type: 'string' } },
});
const [data, teacherFile, ...models] = positionals;
if (!data || !teacherFile || models.length === 0) throw new Error('usage: stress-detector DATA TEACHER-VAL.txt MODEL…');
const count = Number(values.count);
const records = parseFaceLabels(await readFile(join(data, 'val/labels.txt'), 'utf8'));
const taught = new Map(parseFaceLabels(await readFile(teacherFile, 'utf8')).map((record) => [record.path, record.faces]));
const engine = await createNodeEngine({ threads: 1 });
const rotated = [0, 15, -15, 30, -30, 45, -45];

/** Single faces to scale and turn: one clear face, of which the teacher is sure, spread over the data. */
const clear = records
  .flatMap((record) => {
    const [face, more] = (taught.get(record.path) ?? []).filter(({ score }) => (score ?? 0) > 0.3);
    return face && !more && face.score! > 0.6 && face.box.width > 40 ? [{ record, face }] : [];
  })
  .filter((_, i, all) => i % Math.max(1, Math.floor(all.length / count)) === 0)
  .slice(0, count);

for (const name of models) {
  const detector = await openDetector(name, engine);
  const threshold = values.threshold === undefined ? detector.scoreThreshold! : Number(values.threshold);
  const look = (image: Image) => detectAtScales(detector, image, { minFace: 10, detectSize: 640, scoreThreshold: threshold });
  console.log(`\n${name} at ${threshold}`);
  await wherePeopleAre(detector, look);
  for (const size of [20, 50, 100, 200, 300, 400, 500, 600]) await report(`size ${size}`, look, ({ face }) => scaled(face, size));
  for (const light of [0.5, 0.25, 0.1, 0.06]) await report(`light ${light}`, look, ({ face }) => scaled(face, 90), { light });
  for (const degrees of rotated) await report(`turned ${degrees}`, look, ({ face }) => ({ ...scaled(face, 90), degrees }));
  await detector.dispose();
}

async function wherePeopleAre(_: FaceDetector, look: (image: Image) => Promise<readonly Detection[]>) {
  let [negatives, falseInNegatives, photos, falseInPhotos, faces, found] = [0, 0, 0, 0, 0, 0];
  for (const { path, faces: labels, width } of records) {
    const image = await readImage(join(data!, 'val/images', path));
    const ratio = image.width / width;
    const detections = await look(image);
    const known = [...labels, ...(taught.get(path) ?? []).filter(({ score }) => (score ?? 0) > 0.25)].map(({ box }) => box);
    const free = detections.filter(({ box }) => {
      const own = { x: box.x / ratio, y: box.y / ratio, width: box.width / ratio, height: box.height / ratio };
      return !known.some((other) => iou(other, own) > 0.15);
    });
    if (path.startsWith('neg/')) {
      negatives++;
      falseInNegatives += free.length;
      continue;
    }
    photos++;
    falseInPhotos += free.length;
    for (const { box, ignore } of labels) {
      if (ignore || sideOf(box) < 12) continue;
      faces++;
      const here = { x: box.x * ratio, y: box.y * ratio, width: box.width * ratio, height: box.height * ratio };
      found += Number(detections.some((one) => iou(one.box, here) > 0.4));
    }
  }
  console.log(
    `false faces: ${falseInNegatives} on ${negatives} faceless, ${falseInPhotos} on ${photos} photos; recall ${(found / faces).toFixed(4)} of ${faces}`,
  );
}

function scaled(face: LabelledFace, size: number) {
  return { scale: size / sideOf(face.box), degrees: 0 };
}

async function report(
  what: string,
  look: (image: Image) => Promise<readonly Detection[]>,
  how: (one: (typeof clear)[number]) => { readonly scale: number; readonly degrees: number },
  { light = 1 } = {},
) {
  let found = 0;
  let wrong = 0;
  const angles: number[] = [];
  const points: number[] = [];
  for (const one of clear) {
    const { record, face } = one;
    const image = await readImage(join(data!, 'val/images', record.path));
    const ratio = image.width / record.width;
    const { scale, degrees } = how(one);
    const middle = { x: (face.box.x + face.box.width / 2) * ratio, y: (face.box.y + face.box.height / 2) * ratio };
    const view: View = {
      image,
      faces: [],
      from: middle,
      to: { x: 320, y: 320 },
      scale: scale / ratio,
      aspect: 1,
      angle: (degrees * Math.PI) / 180,
      mirrored: false,
      fill: [127.5, 127.5, 127.5],
    };
    const photo = photograph(view, light);
    const truth = transform({ ...face, box: enlarge(face, ratio).box, landmarks: enlarge(face, ratio).landmarks! }, view);
    const detections = await look(photo);
    const best = detections.toSorted((a, b) => iou(b.box, truth.box) - iou(a.box, truth.box))[0];
    const others = (taught.get(record.path) ?? []).map((other) => transform({ ...other, box: enlarge(other, ratio).box }, view));
    wrong += detections.filter(({ box }) => iou(box, truth.box) < 0.2 && !others.some((o) => iou(o.box, box) > 0.1)).length;
    if (!best || iou(best.box, truth.box) < 0.4) continue;
    found++;
    if (best.landmarks && truth.landmarks) {
      angles.push(Math.abs(eyeAngle(best.landmarks) - eyeAngle(truth.landmarks)));
      const eyes = Math.hypot(
        truth.landmarks.leftEye.x - truth.landmarks.rightEye.x,
        truth.landmarks.leftEye.y - truth.landmarks.rightEye.y,
      );
      const off = LANDMARK_ORDER.map((k) =>
        Math.hypot(best.landmarks![k].x - truth.landmarks![k].x, best.landmarks![k].y - truth.landmarks![k].y),
      );
      points.push(off.reduce((a, b) => a + b, 0) / 5 / eyes);
    }
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
  console.log(
    `${what.padEnd(12)} found ${found} of ${clear.length}, false ${wrong}, eye line off ${median(angles).toFixed(1)}°, points off ${(100 * median(points)).toFixed(1)} %`,
  );
}

function enlarge({ box, landmarks }: LabelledFace, ratio: number) {
  const whole = { x: box.x * ratio, y: box.y * ratio, width: box.width * ratio, height: box.height * ratio };
  const at = ({ x, y }: { x: number; y: number }) => ({ x: x * ratio, y: y * ratio });
  const marks = landmarks && (Object.fromEntries(LANDMARK_ORDER.map((k) => [k, at(landmarks[k])])) as unknown as Landmarks);
  return { box: whole, landmarks: marks };
}

function eyeAngle({ leftEye, rightEye }: Landmarks): number {
  return (Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x) * 180) / Math.PI;
}

function photograph(view: View, light: number): Image {
  const planes = new Float32Array(3 * 640 * 640);
  draw(view, 640, 640, planes, 0);
  const bytes = new Uint8Array(3 * 640 * 640);
  for (let i = 0; i < 640 * 640; i++)
    for (let c = 0; c < 3; c++) bytes[3 * i + c] = Math.round(planes[c * 640 * 640 + i]! * light);
  return { width: 640, height: 640, channels: 3, data: bytes };
}
