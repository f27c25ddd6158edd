/** The images of the photo benchmark: sample faces set into 640-pixel frames, one of 17 faces and one of a single face. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import { readImage } from '#dist/node/images/read-image.js';

export interface Scene {
  readonly name: string;
  readonly faces: number;
  readonly image: Image;
}

const [WIDTH, HEIGHT] = [640, 480];

/** One face about 190 px high, and 17 of about 85 px in rows of six. */
export async function buildScenes(): Promise<readonly Scene[]> {
  const tile = await openTiles();
  const one = [{ input: await tile(3, 190), left: 240, top: 130 }];
  const many = await Promise.all(
    Array.from({ length: 17 }, async (_, i) => ({
      input: await tile(i, 85),
      left: 18 + (i % 6) * 105,
      top: 35 + Math.floor(i / 6) * 150,
    })),
  );
  return [
    { name: 'one face', faces: 1, image: await frame(one) },
    { name: '17 faces', faces: 17, image: await frame(many) },
  ];
}

/** A photo of 3840×2160 pixels with 200 faces of 130 px, as a JPEG. */
export async function buildCrowd(): Promise<Buffer> {
  const tile = await openTiles();
  const faces = Array.from({ length: 200 }, async (_, i) => ({
    input: await tile(i, 130),
    left: 20 + (i % 20) * 190,
    top: 20 + Math.floor(i / 20) * 212,
  }));
  return sharp({ create: { width: 3840, height: 2160, channels: 3, background: '#6d747e' } })
    .composite(await Promise.all(faces))
    .jpeg()
    .toBuffer();
}

/** Cuts faces out of the sample sheet: by number, and how high they are to be. */
async function openTiles(): Promise<(index: number, side: number) => Promise<Buffer>> {
  const sheet = await readFile('samples/faces.png');
  const { faces } = JSON.parse(await readFile('samples/faces.truth.json', 'utf8')) as {
    readonly faces: readonly { readonly box: BoundingBox }[];
  };
  return (index, side) => {
    const { x, y, width, height } = faces[index % faces.length]!.box;
    const region = { left: Math.round(x), top: Math.round(y), width: Math.round(width), height: Math.round(height) };
    return sharp(sheet)
      .extract(region)
      .resize(Math.round((side * width) / height), side)
      .png()
      .toBuffer();
  };
}

async function frame(tiles: readonly { readonly input: Buffer; readonly left: number; readonly top: number }[]): Promise<Image> {
  const ground = Buffer.from(
    `<svg width="${WIDTH}" height="${HEIGHT}"><defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="#7d8794"/><stop offset="1" stop-color="#4d545e"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/></svg>`,
  );
  return readImage(
    await sharp(ground)
      .composite([...tiles])
      .png()
      .toBuffer(),
  );
}
