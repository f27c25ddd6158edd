/** Damaged files of every format, a short run of `npm run fuzz`: each is read or refused by name, in bounded time and memory. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
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
