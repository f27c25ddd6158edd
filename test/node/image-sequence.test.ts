/** Numbered images as a clip: times from numbers, gaps, what is refused; and the whole command on them. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClip } from '#dist/node/video/clip-kind.js';
import { openClip } from '#dist/node/video/open-clip.js';
import type { VideoSummary } from '#dist/results/video-result.js';
import { runPhiz } from './fixtures/phiz.js';

const faces = fileURLToPath(new URL('../../samples/faces.png', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-images-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const draw = (name: string, value: number, width = 8) =>
  sharp({ create: { width, height: 6, channels: 3, background: { r: value, g: value, b: value } } }).toFile(join(folder, name));

describe('numbered images', () => {
  it('are frames at the times that their numbers say, a missing one a gap', async () => {
    for (const [number, value] of [
      [9, 10],
      [10, 20],
      [12, 40],
    ] as const)
      await draw(`a${number}.png`, value);
    for (const name of ['a07.png', 'ax.png', 'a9.jpg']) await writeFile(join(folder, name), 'not one of them');
    const pattern = join(folder, 'a%d.png');
    expect(await isClip(pattern)).toBe(true);
    await using clip = await openClip(pattern, { frameRate: 4 });
    expect(clip.facts).toMatchObject({ width: 8, height: 6, duration: 1, frameRate: 4, frameCount: 3 });
    const seen: (readonly [number, number, number])[] = [];
    for await (const { timestamp, duration, image } of clip.frames()) seen.push([timestamp, duration, image.data[0]!]);
    expect(seen).toEqual([
      [0, 0.25, 10],
      [0.25, 0.25, 20],
      [0.75, 0.25, 40],
    ]);
  });

  it('are refused without a rate, without an image, and where their sizes differ', async () => {
    await draw('b01.png', 0);
    await draw('b02.png', 0, 9);
    const pattern = join(folder, 'b%02d.png');
    await expect(openClip(pattern)).rejects.toThrow('give their fps');
    await expect(openClip(join(folder, 'c%02d.png'), { frameRate: 1 })).rejects.toMatchObject({ code: 'file-not-found' });
    await using clip = await openClip(pattern, { frameRate: 1 });
    const read = async () => {
      for await (const _ of clip.frames());
    };
    await expect(read()).rejects.toThrow('b02.png has 9×6 pixels, the images before 8×6');
  });

  it('are analysed as a clip', async () => {
    for (const number of ['1', '2', '3']) await copyFile(faces, join(folder, `f0000${number}.png`));
    const args = ['analyze', 'f%05d.png', '--fps', '5', '--out', 'out', '--no-annotated'];
    expect((await runPhiz(args, { cwd: folder })).code).toBe(0);
    const summary = JSON.parse(await readFile(join(folder, 'out/f%05d.png.json'), 'utf8')) as VideoSummary;
    expect(summary).toMatchObject({ complete: true });
    expect([summary.clip.frames, summary.clip.analysedFrames]).toEqual([3, 3]);
    expect(summary.people.length).toBe(7);
  });
});
