import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lockFolder } from '#dist/node/files/folder-lock.js';

const MODULE = new URL('../../dist/node/files/folder-lock.js', import.meta.url).href;
let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phiz-lock-'));
  // Longer than the path of a socket may be.
  folder = join(root, 'a'.repeat(120), 'b'.repeat(120));
  await mkdir(folder, { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A process that takes the lock of a folder and keeps it, or says that it was refused. */
async function holder(path: string): Promise<{ child: ChildProcess; said: string }> {
  const program = `
    const { lockFolder } = await import(${JSON.stringify(MODULE)});
    try { globalThis.lock = await lockFolder(process.argv[1]); console.log('held'); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (text: Buffer) => resolve(`${text}`.trim())));
  return { child, said };
}

it('is one for a folder, however it is spelt, and ends with its owner', async () => {
  const first = await holder(folder);
  expect(first.said).toBe('held');
  const link = join(root, 'link');
  await symlink(folder, link, 'junction');
  const spellings = [folder, `${folder}/`, join(folder, '..', '.', 'b'.repeat(120)), relative(process.cwd(), folder), link];
  for (const path of spellings) await expect(lockFolder(path)).rejects.toMatchObject({ code: 'invalid-option' });
  const gone = new Promise((resolve) => first.child.once('exit', resolve));
  first.child.kill('SIGKILL');
  await gone;
  await using _ = await lockFolder(link);
  expect((await holder(folder)).said).toBe('invalid-option');
});

it('is had by one of many who come at once', async () => {
  const children = await Promise.all(Array.from({ length: 6 }, () => holder(folder)));
  expect(children.map(({ said }) => said).sort()).toEqual(['held', ...Array(5).fill('invalid-option')]);
  // A lock ends with its process, and that takes a moment.
  await Promise.all(
    children.map(
      ({ child }) =>
        new Promise((resolve) => {
          if (child.exitCode !== null) return resolve(undefined);
          child.once('exit', resolve);
          child.kill('SIGKILL');
        }),
    ),
  );
});

it('is given back', async () => {
  for (let i = 0; i < 3; i++) {
    await using _ = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'invalid-option' });
  }
});
