/** Photos of more pixels than are decoded unless they are asked for: with `--max-pixels` they are analysed in bounded memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runPhiz } from './fixtures/phiz.js';

const faces = fileURLToPath(new URL('../../samples/faces.png', import.meta.url));
const [WIDTH, HEIGHT] = [12_000, 8_400];
/** Where the sample is put, and how many times larger. */
const [LEFT, TOP, SCALE] = [4000, 3000, 4];

/** Says how many kilobytes the process held at most. */
const TELL = `--import=data:text/javascript,${encodeURIComponent('process.on("exit",()=>process.stderr.write("held "+process.resourceUsage().maxRSS+"\\n"))')}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-huge-'));
  const input = await sharp(faces)
    .resize(832 * SCALE)
    .toBuffer();
  await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#62646b' }, limitInputPixels: false })
    .composite([{ input, left: LEFT, top: TOP }])
    .jpeg()
    .toFile(join(folder, 'huge.jpg'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('says which option lets a huge photo in', async () => {
  const { code, err } = await runPhiz(['analyze', 'huge.jpg'], { cwd: folder });
  expect(code).toBe(1);
  expect(err).toContain(
    `huge.jpg has ${WIDTH}×${HEIGHT} pixels, more than the limit of 100000000; raise maxPixels (--max-pixels)`,
  );
});

it('analyses it and writes it with not much more than its pixels in memory', async () => {
  const args = ['analyze', 'huge.jpg', '--max-pixels', '110000000', '--out', 'out', '--quiet'];
  const { code, out, err } = await runPhiz(args, { cwd: folder, env: { NODE_OPTIONS: TELL } });
  expect(code).toBe(0);
  const result = JSON.parse(out);
  expect([result.width, result.height]).toEqual([WIDTH, HEIGHT]);
  expect(result.faces).toHaveLength(7);
  for (const { box } of result.faces) {
    expect(box.x).toBeGreaterThan(LEFT);
    expect(box.x + box.width).toBeLessThan(LEFT + 832 * SCALE);
    expect(box.y).toBeGreaterThan(TOP);
    expect(box.y + box.height).toBeLessThan(TOP + 500 * SCALE);
  }
  const { width, height } = await sharp(join(folder, 'out/huge.jpg.annotated.jpg'), { limitInputPixels: false }).metadata();
  expect([width, height]).toEqual([WIDTH, HEIGHT]);
  // The pixels twice, before and after drawing, and what else is needed; a canvas of them took gigabytes.
  const held = Math.max(...[...err.matchAll(/held (\d+)/g)].map(([, kilobytes]) => Number(kilobytes) * 1024));
  expect(held).toBeGreaterThan(2 * 3 * WIDTH * HEIGHT);
  expect(held).toBeLessThan(2 * 3 * WIDTH * HEIGHT + 900e6);
}, 120_000);
