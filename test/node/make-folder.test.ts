import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from '#dist/node/files/make-folder.js';
import { readText } from '#dist/node/files/read-files.js';
import { writeAtomic } from '#dist/node/files/write-atomic.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const samples = fileURLToPath(new URL('../../samples', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-folder-'));
});
afterAll(() => rm(folder, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('makeFolder', () => {
  it('makes what is missing, of the mode asked for, and leaves what is there', async () => {
    await mkdir(join(folder, 'there'), { mode: 0o755 });
    await Promise.all([1, 2, 3].map(() => makeFolder(join(folder, 'there/a/b'), { mode: 0o700 })));
    expect(await modeOf(join(folder, 'there/a/b'))).toBe(0o700);
    expect(await modeOf(join(folder, 'there/a'))).toBe(0o700);
    expect(await modeOf(join(folder, 'there'))).toBe(0o755);
  });

  it('says what is in the way', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file/below')])
      await expect(makeFolder(path)).rejects.toMatchObject({
        code: 'unwritable-file',
        message: `cannot make the folder ${path}: a part of its path is a file, not a folder`,
      });
  });

  it.skipIf(process.platform === 'win32')('names a circle of links and a name that is too long, written or read', async () => {
    const circle = join(folder, 'circle');
    await symlink('circle', circle);
    for (const [path, words] of [
      [join(circle, 'x'), 'its symbolic links lead round in a circle'],
      [join(folder, 'x'.repeat(300), 'x'), 'a name in it is too long'],
    ] as const) {
      await expect(writeAtomic(path, 'x')).rejects.toMatchObject({
        code: 'unwritable-file',
        message: expect.stringContaining(words),
      });
      await expect(readText(path)).rejects.toMatchObject({ code: 'unreadable-file', message: expect.stringContaining(words) });
    }
  });

  it.skipIf(process.platform !== 'linux')('does not wait for ever where nothing can be made', async () => {
    for (const path of ['/proc/phiz', '/proc/phiz/below'])
      await expect(makeFolder(path)).rejects.toMatchObject({
        code: 'unwritable-file',
        message: expect.stringMatching(/^cannot make the folder \/proc/),
      });
    await expect(writeAtomic('/proc/phiz/file', 'x')).rejects.toMatchObject({ code: 'unwritable-file' });
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'analyze', join(samples, 'faces.png'), '--out', '/proc/phiz'], {
      timeout: 20_000,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^phiz: cannot make the folder \/proc\/phiz: .+\n$/);
  });
});

describe.skipIf(process.platform === 'win32')('what holds faces', () => {
  it('is readable by its owner only: files of photos, clips and reports, tables, new folders', async () => {
    await copyFile(join(samples, 'faces.png'), join(folder, 'faces.png'));
    await copyFile(join(samples, 'expressions.mp4'), join(folder, 'clip.mp4'));
    const flags = ['faces.png', 'clip.mp4', '--fps', '2', '--parquet', '--out', 'out/deep', '--csv', 'tables/faces.csv'];
    const { status, stderr } = spawnSync('sh', ['-c', `umask 022; exec "$0" "$@"`, process.execPath, MAIN, 'analyze', ...flags], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, 'phiz: 2 done, 0 skipped, 0 failed\n']);
    const seen: string[] = [];
    for (const top of ['out', 'tables']) {
      expect(await modeOf(join(folder, top)), top).toBe(0o700);
      for (const entry of await readdir(join(folder, top), { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        expect(await modeOf(path), path).toBe(entry.isDirectory() ? 0o700 : 0o600);
        if (entry.isFile()) seen.push(entry.name);
      }
    }
    for (const ending of [
      '.annotated.png',
      '.annotated.mp4',
      '.frames.ndjson',
      '.report.html',
      '.pictures.json',
      '.timeline.parquet',
      '.csv',
      '.json',
    ])
      expect(
        seen.some((name) => name.endsWith(ending)),
        ending,
      ).toBe(true);
  });
});
