/** The clips of the video benchmark: mean faces from samples/faces.png that drift over a grainy ground, 640×480 H.264 at 25 frames/s. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { createClipWriter } from '#dist/node/video/write-clip.js';

const [WIDTH, HEIGHT, RATE] = [640, 480, 25];
/** Side of a face's tile where there is one, and where there are several. */
const [ALONE, AMONG] = [230, 150];
/** Grey levels of grain, so that the codec has something to do. */
const GRAIN = 5;

/** Writes a clip of `frames` frames with `faces` faces (1 to 4) that never overlap. */
export async function buildClip(path: string, faces: number, frames: number): Promise<void> {
  const side = faces === 1 ? ALONE : AMONG;
  const tiles = await Promise.all(Array.from({ length: faces }, (_, i) => tile(i + 1, side)));
  const grain = Uint8Array.from({ length: WIDTH * HEIGHT * 3 + 4096 }, () => Math.floor(Math.random() * GRAIN));
  const columns = faces === 1 ? 1 : 2;
  const rows = Math.ceil(faces / columns);
  await using writer = await createClipWriter({ path, facts: { width: WIDTH, height: HEIGHT, frameRate: RATE } });
  for (let f = 0; f < frames; f++) {
    const time = f / RATE;
    const data = new Uint8Array(WIDTH * HEIGHT * 3);
    const shift = Math.floor(Math.random() * 4096);
    for (let i = 0; i < data.length; i++) data[i] = 96 + grain[i + shift]!;
    tiles.forEach((pixels, i) => {
      const [freeX, freeY] = [WIDTH / columns - side, HEIGHT / rows - side];
      const left = Math.round((i % columns) * (WIDTH / columns) + freeX * (0.5 + 0.45 * Math.sin(time / (2 + i))));
      const top = Math.round(Math.floor(i / columns) * (HEIGHT / rows) + freeY * (0.5 + 0.45 * Math.sin(time / (1.5 + i))));
      for (let y = 0; y < side; y++) data.set(pixels.subarray(y * side * 3, (y + 1) * side * 3), ((top + y) * WIDTH + left) * 3);
    });
    const image: Image = { width: WIDTH, height: HEIGHT, channels: 3, data };
    await writer.add(image, time, 1 / RATE);
  }
  await writer.finish();
}

/** One face as raw RGB pixels. */
async function tile(index: number, side: number): Promise<Uint8Array> {
  const { faces } = JSON.parse(await readFile('samples/faces.truth.json', 'utf8')) as {
    readonly faces: readonly { readonly box: BoundingBox }[];
  };
  const { x, y, width, height } = faces[index % faces.length]!.box;
  const [left, top] = [Math.round(x - width * 0.1), Math.round(y - height * 0.05)];
  const region = { left, top, width: Math.round(width * 1.2), height: Math.round(height * 1.1) };
  const cut = sharp('samples/faces.png').extract(region).resize(side, side, { fit: 'fill' });
  return cut.removeAlpha().toColourspace('srgb').raw().toBuffer();
}
