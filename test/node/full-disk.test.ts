/** A disk that fills up: every writer says so, and what was there before stays whole. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { random } from '#dist/core/random.js';
import { openFramesFile } from '#dist/node/files/frame-sink.js';
import { openParquet } from '#dist/node/files/parquet.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { createClipWriter } from '#dist/node/video/write-clip.js';
import { readAll } from './fixtures/clips.js';
import { faceOf, frameOf } from './fixtures/frame-results.js';
import { type Run, runPhiz } from './fixtures/phiz.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { smallDisk } from './fixtures/small-disk.js';

const disk = smallDisk(3 << 20);
const SAMPLE = new URL('../../samples/expressions.mp4', import.meta.url).pathname;

describe.skipIf(!disk)('a full disk', () => {
  const at = (name: string) => join(disk!.folder, name);
  const names = async () => (await readdir(disk!.folder)).filter((name) => name !== 'ballast').sort();
  beforeAll(() => disk!.leave(1 << 20));
  afterAll(() => disk![Symbol.dispose]());

  const FULL = { code: 'unwritable-file', message: expect.stringContaining('the disk is full') };

  it.each([1, 8, 20, 60, 120])('leaves the annotated clip that was there, with %i KiB free', async (kibibytes) => {
    const path = at('clip.mp4');
    const write = async (frames: number) => {
      const { integer } = random(1);
      await using writer = await createClipWriter({ path, facts: { width: 64, height: 64, frameRate: 25 } });
      for (let i = 0; i < frames; i++) {
        const data = Uint8Array.from({ length: 64 * 64 * 3 }, () => integer(256));
        await writer.add({ width: 64, height: 64, channels: 3, data }, i / 25, 1 / 25);
      }
      await writer.finish();
    };
    await disk!.leave(1 << 20);
    await write(5);
    const before = await readFile(path);
    await disk!.leave(kibibytes << 10);
    await expect(write(60)).rejects.toMatchObject(FULL);
    expect(await readFile(path)).toEqual(before);
    expect(await names()).toEqual(['clip.mp4']);
    await disk!.leave(1 << 20);
  });

  it('leaves the files that were there, of every kind', async () => {
    const frame = frameOf(0, 0, [faceOf(1, { happy: 1 })]);
    const writers: Readonly<Record<string, (path: string, pieces: number) => Promise<void>>> = {
      'result.json': (path, pieces) => writeAtomic(path, 'x'.repeat(1000 * pieces)),
      'frames.ndjson': async (path, pieces) => {
        const file = await openFramesFile(path);
        try {
          for (let i = 0; i < pieces; i++) await file.add(frame);
          await file.finish();
        } finally {
          await file.abort();
        }
      },
      'table.parquet': async (path, pieces) => {
        const columns = [{ name: 'text', type: 'text' }] as const;
        const table = await openParquet(path, columns, { always: [], rowGroupSize: 10 });
        const { uniform } = random(2);
        try {
          for (let i = 0; i < pieces; i++) await table.add([[Array.from({ length: 40 }, () => uniform()).join()]]);
          await table.finish();
        } finally {
          await table.abort();
        }
      },
    };
    for (const [name, write] of Object.entries(writers)) {
      await disk!.leave(1 << 20);
      await write(at(name), 2);
      const before = await readFile(at(name));
      await disk!.leave(100_000);
      await expect(write(at(name), 400), name).rejects.toMatchObject(FULL);
      expect(await readFile(at(name)), name).toEqual(before);
    }
    expect((await names()).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it('is said by phiz analyze, which ends with 1', { timeout: 120_000 }, async () => {
    await disk!.leave(2 << 20);
    await writeShortClip(at('short.mp4'), SAMPLE, 1);
    const analyze = (): Promise<Run> => runPhiz(['analyze', '-q', 'short.mp4', '--out', 'out'], { cwd: disk!.folder });
    expect(await analyze()).toMatchObject({ code: 0 });
    const frames = async () => {
      await using clip = await openClip(at('out/short.mp4.annotated.mp4'));
      const { frames, error } = await readAll(clip);
      expect(error).toBeUndefined();
      return frames.length;
    };
    const before = await frames();
    await disk!.leave(8000);
    const { code, err } = await analyze();
    expect(code).toBe(1);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain('the disk is full');
    expect(await frames()).toBe(before);
    expect((await readdir(at('out'))).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});
