/** Streams that change the size of their images in the middle: proportions are kept, people stay who they are, and it is said. */
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import { analyzeClip } from '#dist/apps/analyze/analyze-clip.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { type ClipMaker, CORNERS, clipMaker, cornersOf, quarters, readAll } from './fixtures/clips.js';
import { needs } from './needs.js';

const ffmpeg = needs.ffmpeg();
const sample = fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url));

describe.skipIf(!ffmpeg)('a size that changes in mid-stream', () => {
  const folder = mkdtempSync(join(tmpdir(), 'phiz-sizes-'));
  let clips: ClipMaker;
  let analyzer: Analyzer;
  beforeAll(async () => {
    clips = clipMaker(ffmpeg!, folder);
    analyzer = await createAnalyzer({ threads: 1 });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await analyzer?.dispose();
  });

  /** One second each, of these arguments, joined as the segments of a stream. */
  const joined = (name: string, ...parts: readonly (readonly string[])[]): string => {
    const path = join(folder, name);
    for (const [i, args] of parts.entries()) {
      const made = clips.make(`${i}-${name}`, ...args, '-c:v', 'libx264', '-bf', '0', '-an', '-output_ts_offset', String(i));
      if (i === 0) copyFileSync(made, path);
      else appendFileSync(path, readFileSync(made));
    }
    return path;
  };
  const flat = (width: number, height: number, ...filters: readonly string[]) => [
    ...['-f', 'lavfi', '-i', quarters(width, height), '-pix_fmt', 'yuv420p'],
    ...filters.flatMap((filter) => ['-vf', filter]),
  ];

  const near = (colour: readonly number[], other: readonly number[]) =>
    colour.every((level, c) => Math.abs(level - other[c]!) < 40);

  // The second size, and the part of 320×240 that it fills.
  it.each([
    ['half', flat(160, 120), { x: 0, y: 0, width: 320, height: 240 }],
    ['upright', flat(120, 160), { x: 70, y: 0, width: 180, height: 240 }],
    ['wide', flat(320, 120), { x: 0, y: 60, width: 320, height: 120 }],
    ['with wide pixels', flat(160, 240, 'setsar=2/1'), { x: 0, y: 0, width: 320, height: 240 }],
  ] as const)('%s: stands letterboxed in the first', async (name, second, part) => {
    await using clip = await openClip(joined(`${name.replaceAll(' ', '-')}.ts`, flat(320, 240), second));
    const { frames, error } = await readAll(clip);
    expect(error).toBeUndefined();
    expect(frames).toHaveLength(20);
    expect(clip.account).toMatchObject({ read: 20, given: 20, resized: 10 });
    const { image } = frames.at(-1)!;
    expect([image.width, image.height]).toEqual([320, 240]);
    expect(near(cornersOf(frames[0]!)[0]!, CORNERS.red)).toBe(true);
    const at = (x: number, y: number) => [...image.data.subarray((y * 320 + x) * 3, (y * 320 + x) * 3 + 3)];
    const inside = (u: number, v: number) => at(Math.floor(part.x + u * part.width), Math.floor(part.y + v * part.height));
    expect(near(inside(0.1, 0.1), CORNERS.red)).toBe(true);
    expect(near(inside(0.9, 0.1), CORNERS.green)).toBe(true);
    expect(near(inside(0.1, 0.9), CORNERS.blue)).toBe(true);
    expect(near(inside(0.9, 0.9), CORNERS.white)).toBe(true);
    if (part.x > 8) expect(near(at(part.x - 8, 120), [0, 0, 0])).toBe(true);
    if (part.y > 8) expect(near(at(160, part.y - 8), [0, 0, 0])).toBe(true);
  });

  const person = (filter: string) => ['-ss', '0.2', '-t', '1', '-i', sample, '-vf', filter];
  it.each([
    ['smaller', 'scale=320:240'],
    ['upright', 'crop=360:480,scale=360:480'],
    ['larger and wide', 'scale=960:720,crop=960:540'],
  ])('%s: one person stays one', { timeout: 60_000 }, async (name, filter) => {
    const path = joined(`person-${name.replaceAll(' ', '-')}.ts`, person('null'), person(filter));
    const { summary } = await analyzeClip(path, { analyzer, source: name });
    expect(summary.people.map(({ frames }) => frames)).toEqual([50]);
    expect(summary.people[0]!.dominant).toBe('neutral');
    expect(summary.clip.account).toMatchObject({ resized: 25 });
    expect(summary.notes).toEqual([expect.stringContaining('another size')]);
  });
});
