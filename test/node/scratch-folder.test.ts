/** Folders for what is under way: those of killed processes go, those of living ones and of others stay. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openScratchFolder } from '#dist/node/files/scratch-folder.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-scratch-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process that has such a folder with something in it, until it is killed. */
async function holder(parent: string) {
  const module = JSON.stringify(new URL('../../dist/node/files/scratch-folder.js', import.meta.url).href);
  const code = `const { writeFileSync } = await import('node:fs'); const { openScratchFolder } = await import(${module});
    const { path } = await openScratchFolder({ beginning: 'phiz-test-', parent: ${JSON.stringify(parent)} });
    writeFileSync(path + '/half', 'x'); process.stdout.write(path); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [path] = (await once(child.stdout, 'data')) as [Buffer];
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { name: basename(path.toString()), kill };
}

it('goes with its process, also after kill -9, and never while that lives', async () => {
  const parent = await mkdtemp(join(folder, 'a-'));
  const [dead, living] = await Promise.all([holder(parent), holder(parent)]);
  await dead.kill();
  expect((await readdir(parent)).sort()).toEqual([dead.name, living.name].sort());
  await mkdir(join(parent, 'phiz-other-1'));
  await writeFile(join(parent, 'phiz-test-file'), 'no folder');
  {
    await using own = await openScratchFolder({ beginning: 'phiz-test-', parent });
    expect((await readdir(parent)).sort()).toEqual([basename(own.path), living.name, 'phiz-other-1', 'phiz-test-file'].sort());
    await using _ = await openScratchFolder({ beginning: 'phiz-test-', parent });
    expect(await readdir(parent)).toContain(basename(own.path));
  }
  expect(await readdir(join(parent, living.name))).toContain('half');
  await living.kill();
  await (await openScratchFolder({ beginning: 'phiz-test-', parent }))[Symbol.asyncDispose]();
  expect((await readdir(parent)).sort()).toEqual(['phiz-other-1', 'phiz-test-file']);
});

it('of which a name leads elsewhere by a link, nothing there is touched', async () => {
  const [parent, elsewhere] = [await mkdtemp(join(folder, 'b-')), await mkdtemp(join(folder, 'c-'))];
  await writeFile(join(elsewhere, 'kept'), 'x');
  await symlink(elsewhere, join(parent, 'phiz-test-link'));
  await using _ = await openScratchFolder({ beginning: 'phiz-test-', parent });
  expect(await readdir(elsewhere)).toEqual(['kept']);
});
