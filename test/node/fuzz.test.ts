/** Damaged files of every format, a short run of `npm run fuzz`: each is read or refused by name, in bounded time and memory. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { PhizError } from '#dist/core/error.js';
import { readImage } from '#dist/node/images/read-image.js';
import { isClip } from '#dist/node/video/clip-kind.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { shrink } from '../../scripts/fuzz-damage.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const COUNT = 500;

it(`${COUNT} damaged files do no harm`, async () => {
  const keep = await mkdtemp(join(tmpdir(), 'phiz-fuzz-kept-'));
  const run = [join(root, 'build/scripts/fuzz.js'), '--count', String(COUNT), '--seed', '1', '--workers', '2', '--keep', keep];
  const { stdout } = await promisify(execFile)(process.execPath, run, { cwd: root }).catch((error) => error);
  expect(stdout).toMatch(new RegExp(`${COUNT} damaged files: .*; 0 failures\n$`));
  expect(await readdir(keep)).toEqual([]);
  await rm(keep, { recursive: true });
}, 900_000); // Three minutes on a quiet machine would be long; a busy one takes several times as long.

const found = join(root, 'test/fixtures/damaged');

it.each(readdirSync(found))('%s, which damaged files found, is refused by name', async (name) => {
  const path = join(found, name);
  const reading = async () => {
    if (!(await isClip(path))) return readImage(path);
    await using clip = await openClip(path);
    for await (const frame of clip.frames()) frame.release?.();
  };
  const error = await reading().then(
    () => undefined,
    (cause: unknown) => cause as PhizError,
  );
  expect(['invalid-data', 'not-an-image', 'image-too-large']).toContain(error?.code);
  expect(error!.message).toContain(name);
  expect(error!.message).not.toContain('Operation not permitted');
});

it('a file that fails is made smaller, and more like the whole one, as long as it fails', async () => {
  const whole = Buffer.from(Array.from({ length: 2000 }, (_, i) => i % 251));
  const damaged = Buffer.from(whole);
  damaged.fill(0xee, 300, 340);
  // Fails for two of its bytes.
  const fails = async (bytes: Buffer) => bytes.subarray(0, 400).indexOf(Buffer.from([0xee, 0xee])) >= 0;
  const small = await shrink(damaged, whole, fails, 500);
  expect(await fails(small)).toBe(true);
  expect(small.length).toBeLessThan(100);
  expect((await shrink(damaged, whole, async () => false)).equals(damaged)).toBe(true);
});
