/** Animated PNG as clips, and what of PNG is a photo. Files are made here, so that every flag of the format is there. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readImage } from '#dist/node/images/read-image.js';
import { isClip } from '#dist/node/video/clip-kind.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { framesOfTorn } from './fixtures/torn-clip.js';

const [WIDTH, HEIGHT] = [8, 4];
const [R, G, B, CLEAR] = ['#ff0000ff', '#00ff00ff', '#0000ffff', '#00000000'];
const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

function chunk(name: string, data: Buffer): Buffer {
  const all = Buffer.concat([Buffer.alloc(4), Buffer.from(name, 'latin1'), data, Buffer.alloc(4)]);
  all.writeUInt32BE(data.length, 0);
  all.writeUInt32BE(crc32(all.subarray(4, -4)), all.length - 4);
  return all;
}

function chunks(file: Buffer): { readonly name: string; readonly data: Buffer }[] {
  const found = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    found.push({ name: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, at + 8 + file.readUInt32BE(at)) });
  return found;
}

interface Part {
  readonly colour: string;
  readonly width?: number;
  readonly left?: number;
  readonly delay?: readonly [number, number];
  readonly dispose?: number;
  readonly over?: boolean;
}

const flat = (width: number, colour: string, palette: boolean): Promise<Buffer> => {
  const [r, g, b, alpha] = Buffer.from(colour.slice(1), 'hex') as unknown as number[];
  const background = { r: r!, g: g!, b: b!, alpha: alpha! / 255 };
  return sharp({ create: { width, height: HEIGHT, channels: 4, background } })
    .png({ palette })
    .toBuffer();
};

/** An animation; `poster`: a first image that is no part of it. */
async function animate(
  parts: readonly Part[],
  { poster, palette = false }: { poster?: string; palette?: boolean } = {},
): Promise<Buffer> {
  const header = chunks(await flat(WIDTH, parts[0]!.colour, palette)).filter(({ name }) => !['IDAT', 'IEND'].includes(name));
  const counted = Buffer.alloc(8);
  counted.writeUInt32BE(parts.length, 0);
  const out = [SIGNATURE, chunk('IHDR', header[0]!.data), chunk('acTL', counted)];
  out.push(...header.slice(1).map(({ name, data }) => chunk(name, data)));
  const dataOf = async (width: number, colour: string) =>
    chunks(await flat(width, colour, palette))
      .filter(({ name }) => name === 'IDAT')
      .map(({ data }) => data);
  if (poster) out.push(...(await dataOf(WIDTH, poster)).map((data) => chunk('IDAT', data)));
  let number = 0;
  for (const [i, { colour, width = WIDTH, left = 0, delay = [1, 10], dispose = 0, over = false }] of parts.entries()) {
    const control = Buffer.alloc(26);
    for (const [j, value] of [number++, width, HEIGHT, left, 0].entries()) control.writeUInt32BE(value, 4 * j);
    control.writeUInt16BE(delay[0], 20);
    control.writeUInt16BE(delay[1], 22);
    control.set([dispose, over ? 1 : 0], 24);
    out.push(chunk('fcTL', control));
    for (const data of await dataOf(width, colour)) {
      const sequence = Buffer.alloc(4);
      if (i > 0 || poster) sequence.writeUInt32BE(number++, 0);
      out.push(i > 0 || poster ? chunk('fdAT', Buffer.concat([sequence, data])) : chunk('IDAT', data));
    }
  }
  return Buffer.concat([...out, chunk('IEND', Buffer.alloc(0))]);
}

/** The first row of each frame, a letter a pixel. */
async function rowsOf(file: Uint8Array) {
  await using clip = await openClip(file, { name: 'it' });
  const [rows, durations]: [string[], number[]] = [[], []];
  for await (const { image, duration } of clip.frames()) {
    const letter = (x: number) =>
      'rgbw'[
        'ff0000 00ff00 0000ff ffffff'.split(' ').indexOf(Buffer.from(image!.data.subarray(3 * x, 3 * x + 3)).toString('hex'))
      ];
    rows.push(Array.from({ length: WIDTH }, (_, x) => letter(x)).join(''));
    durations.push(duration);
  }
  return { rows, durations, facts: clip.facts };
}

describe('an animated PNG', () => {
  it('lays, clears and restores images, over what is below or in its place', async () => {
    const file = await animate([
      { colour: R },
      { colour: G, width: 4, left: 2, dispose: 2 },
      { colour: B, width: 2, left: 6, dispose: 1 },
      { colour: CLEAR, width: 2, left: 0, over: true },
      { colour: CLEAR, width: 2, left: 0 },
      { colour: G, width: 4, left: 6 },
    ]);
    expect(await isClip(file)).toBe(true);
    const { rows, durations, facts } = await rowsOf(file);
    expect(rows).toEqual(['rrrrrrrr', 'rrggggrr', 'rrrrrrbb', 'rrrrrrww', 'wwrrrrww', 'wwrrrrgg']);
    expect(durations).toEqual(rows.map(() => expect.closeTo(0.1)));
    expect(facts).toMatchObject({ width: WIDTH, height: HEIGHT, frameCount: 6, container: 'apng', codec: 'apng' });
  });

  it('may have a palette, and delays of any denominator; without one they are hundredths', async () => {
    const parts = [
      { colour: R, delay: [1, 4] },
      { colour: R, delay: [30, 0] },
      { colour: R, delay: [0, 10] },
      { colour: R, delay: [1001, 30000] },
    ] as const;
    const { rows, durations } = await rowsOf(await animate(parts, { palette: true }));
    expect(rows).toEqual(Array(4).fill('rrrrrrrr'));
    expect(durations).toEqual([0.25, 0.3, 0.1, 1.001 / 30].map((seconds) => expect.closeTo(seconds)));
  });

  it('shows its first image to photos, and leaves out one that is not part of it as a clip', async () => {
    const file = await animate([{ colour: G }, { colour: B }], { poster: R });
    expect((await rowsOf(file)).rows).toEqual(['gggggggg', 'bbbbbbbb']);
    expect([...(await readImage(file)).data.subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  it('restores nothing where there was nothing', async () => {
    const { rows } = await rowsOf(
      await animate([
        { colour: R, dispose: 2 },
        { colour: G, width: 2 },
      ]),
    );
    expect(rows).toEqual(['rrrrrrrr', 'ggwwwwww']);
  });

  it('is a photo where it holds one image', async () => {
    expect(await isClip(await animate([{ colour: R }]))).toBe(false);
    expect(await isClip(await flat(WIDTH, R, false))).toBe(false);
    await expect(openClip(await animate([{ colour: R }]))).rejects.toMatchObject({
      message: 'the clip is a single image, not a video',
    });
  });

  it('is cut off: what is there, then an error that says so', async () => {
    const file = await animate(Array.from({ length: 10 }, (_, i) => ({ colour: i % 2 ? R : G })));
    const torn = file.subarray(0, Math.floor(0.6 * file.length));
    const frames = await framesOfTorn(torn);
    expect(frames).toBeGreaterThan(2);
    await expect(rowsOf(file.subarray(0, file.length - 12))).rejects.toMatchObject({
      message: expect.stringContaining('it is cut off'),
    });
  });

  it('of too many pixels, in the whole or in one image, or too long, is refused', async () => {
    const file = await animate([
      { colour: R, delay: [5, 1] },
      { colour: G, delay: [5, 1] },
    ]);
    await expect(openClip(file, { maxPixels: 31 })).rejects.toMatchObject({ code: 'image-too-large' });
    await expect(openClip(file, { maxDuration: 9 })).rejects.toMatchObject({ code: 'invalid-data' });
    const vast = Buffer.from(file);
    vast.writeUInt32BE(0x7fff_ffff, vast.lastIndexOf('fcTL') + 8);
    await expect(openClip(vast, { name: 'vast' })).rejects.toMatchObject({
      code: 'image-too-large',
      message: expect.stringContaining('vast'),
    });
  });
});
