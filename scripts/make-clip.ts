/**
 * Builds samples/expressions.mp4: one face that is neutral, happy, sad, disgusted, angry, surprised and afraid in turn, two seconds
 * each with short cross-fades, while it drifts and comes nearer and goes; and samples/expressions.truth.csv, which says when. The
 * faces are the anonymous mean faces of samples/faces.png, so make-samples.ts comes first.
 *
 *     npx tsc -b && node build/scripts/make-clip.js [--samples samples] [--out samples]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Emotion } from '#dist/attributes/emotion/labels.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { readImage } from '#dist/node/images/read-image.js';
import { createClipWriter } from '#dist/node/video/write-clip.js';

const { values } = parseArgs({
  options: { samples: { type: 'string', default: 'samples' }, out: { type: 'string', default: 'samples' } },
});

/** The sequence of the original report's own video. */
const SEQUENCE: readonly Emotion[] = ['neutral', 'happy', 'sad', 'disgust', 'angry', 'surprise', 'fear'];
const [WIDTH, HEIGHT, RATE] = [640, 480, 25];
/** Seconds of each emotion, and of the fade from one to the next, which lies evenly on both sides of the change. */
const [SECONDS, FADE] = [2, 0.4];
/** Where in its tile make-samples.ts puts a face. */
const PART = { x: 0.1, y: 0.05, width: 0.8, height: 0.92 };
/** Part of a tile, from its edge inwards, over which it fades into the ground. */
const SOFT = 0.2;

const image = await readImage(join(values.samples, 'faces.png'));
const { faces } = JSON.parse(await readFile(join(values.samples, 'faces.truth.json'), 'utf8')) as {
  faces: readonly { readonly emotion: Emotion; readonly box: BoundingBox }[];
};
const tiles = SEQUENCE.map((emotion) => tileOf(faces.find((face) => face.emotion === emotion)!.box));
const ground = drawGround();

const path = join(values.out, 'expressions.mp4');
const writer = await createClipWriter({ path, facts: { width: WIDTH, height: HEIGHT, frameRate: RATE } });
const count = SEQUENCE.length * SECONDS * RATE;
for (let i = 0; i < count; i++) await writer.add(frameAt(i / RATE), i / RATE, 1 / RATE);
await writer.finish();
const rows = SEQUENCE.map((emotion, i) => `${i * SECONDS},${(i + 1) * SECONDS},${emotion}\n`);
await writeAtomic(join(values.out, 'expressions.truth.csv'), `start,end,label\n${rows.join('')}`);
console.log(`${path}: ${count} frames, ${(await readFile(path)).length} bytes`);

/** The tile in the image of faces, from the box of its face. */
function tileOf(box: BoundingBox): BoundingBox {
  const [width, height] = [box.width / PART.width, box.height / PART.height];
  return { x: box.x - PART.x * width, y: box.y - PART.y * height, width, height };
}

/** A plain ground, lighter in the middle. */
function drawGround(): Uint8Array {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const off = Math.hypot((x - WIDTH / 2) / WIDTH, (y - HEIGHT / 2) / HEIGHT);
      const level = 118 - 60 * off;
      data.set([level * 0.92, level, level * 1.06], (y * WIDTH + x) * 3);
    }
  return data;
}

/** The frame at a time: the face of that time, or two faces mixed. */
function frameAt(time: number): Image {
  const step = Math.min(Math.floor(time / SECONDS), SEQUENCE.length - 1);
  const within = time - step * SECONDS;
  // Up to half of the mix belongs to the neighbour before or after.
  const near = within < SECONDS / 2 ? step - 1 : step + 1;
  const distance = within < SECONDS / 2 ? within : SECONDS - within;
  const share = tiles[near] ? Math.max(0.5 - distance / FADE, 0) : 0;

  const side = HEIGHT * (0.48 + 0.05 * Math.sin((2 * Math.PI * time) / 9));
  const left = WIDTH / 2 - side / 2 + 90 * Math.sin((2 * Math.PI * time) / 11);
  const top = HEIGHT / 2 - side / 2 + 24 * Math.sin((2 * Math.PI * time) / 5);
  const data = new Uint8Array(ground);
  for (let y = Math.max(Math.ceil(top), 0); y < Math.min(top + side, HEIGHT); y++)
    for (let x = Math.max(Math.ceil(left), 0); x < Math.min(left + side, WIDTH); x++) {
      const u = (x - left) / side;
      const v = (y - top) / side;
      const cover = coverAt(u, v);
      if (cover === 0) continue;
      const level = (1 - share) * sample(tiles[step]!, u, v) + (share ? share * sample(tiles[near]!, u, v) : 0);
      const at = (y * WIDTH + x) * 3;
      for (let c = 0; c < 3; c++) data[at + c] = Math.round(data[at + c]! + (level - data[at + c]!) * cover);
    }
  return { width: WIDTH, height: HEIGHT, channels: 3, data };
}

/** How much of a tile covers the ground at a place given in parts of its side: a rounded square with soft edges. */
function coverAt(u: number, v: number): number {
  const out = ((2 * u - 1) ** 4 + (2 * v - 1) ** 4) ** 0.25;
  const inside = Math.min(Math.max((1 - out) / SOFT, 0), 1);
  return inside * inside * (3 - 2 * inside);
}

/** The tile's grey at a place given in parts of its side, between the four nearest pixels. */
function sample(tile: BoundingBox, u: number, v: number): number {
  const x = tile.x + 1 + u * (tile.width - 3);
  const y = tile.y + 1 + v * (tile.height - 3);
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const at = (dx: number, dy: number) => image.data[((j + dy) * image.width + i + dx) * image.channels]!;
  const mix = (a: number, b: number, t: number) => a + (b - a) * t;
  return mix(mix(at(0, 0), at(1, 0), x - i), mix(at(0, 1), at(1, 1), x - i), y - j);
}
