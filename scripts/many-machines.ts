/**
 * Runs the drill of many machines (drill.ts) with clips of faces and phiz's own models, and prints what came of it. Ends with 1 where a
 * clip has no result or two, a table differs from that of one machine, or something was left over. Needs redis-server; Linux only.
 *
 *     npx tsc -b && node build/scripts/many-machines.js [--clips 500] [--dir folder-for-all-of-it]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { drill } from './drill.js';

const { values } = parseArgs({
  options: { clips: { type: 'string', default: '500' }, dir: { type: 'string', default: tmpdir() } },
});
const CLIPS = Number(values.clips);
if (!(Number.isInteger(CLIPS) && CLIPS >= 10))
  throw new Error(`--clips must be a whole number of 10 or more, not ${values.clips}`);
/** Frames of a clip, and its size. */
const FRAMES = 3;
const [WIDTH, HEIGHT] = [320, 240];

const folder = await mkdtemp(join(values.dir, 'phiz-drill-'));
try {
  const say = (text: string): void => console.error(`${new Date().toISOString()} ${text}`);
  const result = await drill({ folder, clips: CLIPS, writeClip, main: 'dist/cli/main.js', say });
  const { codes, results, summaries, inputs, scratch, tables, different, printed } = result;
  const lines = printed.match(/^\S+ +[0-9a-f]{32} +done /gm)?.length ?? 0;
  const { printed: _, ...rest } = result;
  console.log(JSON.stringify({ clips: CLIPS, lines, ...rest }, undefined, 2));
  const good =
    codes.every((code) => code === 0) &&
    [lines, results, summaries, tables].every((count) => count === CLIPS) &&
    inputs + scratch.length + different.length === 0;
  if (!good) console.error(printed);
  if (!good) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** A part of samples/faces.png, another for each number, moved a little from frame to frame. */
async function writeClip(path: string, number: number): Promise<void> {
  const { width, height } = await sharp('samples/faces.png').metadata();
  const [freeX, freeY] = [width - WIDTH - FRAMES * 2, height - HEIGHT];
  const left = (number * 37) % freeX;
  const top = (Math.floor((number * 37) / freeX) * 31 + number) % freeY;
  const frames: Buffer[] = [];
  for (let i = 0; i < FRAMES; i++) {
    const region = { left: left + 2 * i, top, width: WIDTH, height: HEIGHT };
    frames.push(await sharp('samples/faces.png').extract(region).removeAlpha().toColourspace('srgb').raw().toBuffer());
  }
  await sharp(Buffer.concat(frames), { raw: { width: WIDTH, height: HEIGHT * FRAMES, channels: 3, pageHeight: HEIGHT } })
    .gif({ delay: Array.from({ length: FRAMES }, () => 100), keepDuplicateFrames: true })
    .toFile(path);
}
