/** What other networks say of training images, mixed into their targets: the file read, refused where it does not fit, and used. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClassFolders } from '#dist/node/data/class-folders.js';
import { readSoftTargets, softened } from '#dist/node/data/soft-targets.js';
import { writeClassFolders } from './fixtures/class-folders.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phiz-soft-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function folder(name: string, targets: unknown): Promise<string> {
  const dir = join(root, name);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'targets.json'), typeof targets === 'string' ? targets : JSON.stringify(targets));
  return dir;
}

describe('soft targets', () => {
  it('mixes what was said into a target, in the order of the data set, as a distribution', async () => {
    const dir = await folder('order', { by: ['a'], labels: ['y', 'x'], targets: { 'train/x/0.png': [0.3, 0.9] } });
    const soft = await readSoftTargets(dir, ['x', 'y'], 0.4);
    const [x, y] = softened(Float32Array.of(1, 0), 'train/x/0.png', soft);
    expect(x).toBeCloseTo(0.6 + 0.4 * 0.75, 6);
    expect(y).toBeCloseTo(0.4 * 0.25, 6);
    expect([...softened(Float32Array.of(0, 1), 'train/x/other.png', soft)]).toEqual([0, 1]);
  });

  it('names what does not fit', async () => {
    const of = (targets: unknown, weight = 0.5) => folder('bad', targets).then((dir) => readSoftTargets(dir, ['x', 'y'], weight));
    await expect(of({ by: [], labels: ['x', 'z'], targets: {} })).rejects.toThrow(/classes x, z where the images have x, y/);
    await expect(of({ by: [], labels: ['x', 'y'], targets: { a: [1] } })).rejects.toThrow(/a has no probability for each of 2/);
    await expect(of({ by: [], labels: ['x', 'y'], targets: { a: [0, 0] } })).rejects.toThrow(/a has no probability/);
    await expect(of({ by: [], labels: ['x', 'y'], targets: { a: [2, 0] } })).rejects.toThrow(/targets\.a\.0/);
    await expect(of('no JSON')).rejects.toThrow(/it is not JSON/);
    await expect(of({ by: [], labels: ['x', 'y'], targets: {} }, 2)).rejects.toThrow(/from 0 to 1; got 2/);
    await expect(readSoftTargets(join(root, 'nowhere'), ['x', 'y'], 1)).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it('softens the targets of training alone', async () => {
    const dir = join(root, 'folders');
    await writeClassFolders(dir);
    const plain = await openClassFolders({ dir });
    const paths = [...plain.train!.samples, ...plain.validation!.samples].map(({ meta }) => meta.path);
    const targets = Object.fromEntries(paths.map((path) => [path, [0.5, 0.5]]));
    await folder('folders', { by: ['a'], labels: plain.labels, targets });
    const { train, validation } = await openClassFolders({ dir, distil: 0.5 });
    expect([...train!.targets].toSorted().every((value, i, all) => value === (i < all.length / 2 ? 0.25 : 0.75))).toBe(true);
    expect(validation!.targets).toEqual(plain.validation!.targets);
    expect((await openClassFolders({ dir })).train!.targets).toEqual(plain.train!.targets);
  });
});
