/** Damaged files of every format, a short run of `npm run fuzz`: each is read or refused by name, in bounded time and memory. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('280 damaged files do no harm', async () => {
  const keep = await mkdtemp(join(tmpdir(), 'phiz-fuzz-kept-'));
  const run = [join(root, 'build/scripts/fuzz.js'), '--count', '280', '--seed', '1', '--keep', keep];
  const { stdout } = await promisify(execFile)(process.execPath, run, { cwd: root }).catch((error) => error);
  expect(stdout).toMatch(/280 damaged files: .*; 0 failures\n$/);
  expect(await readdir(keep)).toEqual([]);
  await rm(keep, { recursive: true });
});
