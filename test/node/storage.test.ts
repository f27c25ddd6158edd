/** The port of storage, over each of what stands behind it. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '#dist/node/storage/open-storage.js';
import { parseS3 } from '#dist/node/storage/s3-storage.js';
import { readStored, type Storage } from '#dist/node/storage/storage.js';
import { type OwnS3, startS3 } from './fixtures/s3.js';

let folder: string;
let server: OwnS3;
const before = { ...process.env };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-storage-'));
  server = await startS3();
  Object.assign(process.env, server.env);
});
afterAll(async () => {
  process.env = before;
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe.each([
  ['a folder', () => join(folder, 'shared')],
  ['S3', () => 's3://clips/some/where'],
])('storage in %s', (name, address) => {
  let storage: Storage;
  beforeAll(async () => {
    storage = await openStorage(address());
  });
  afterAll(() => storage[Symbol.dispose]());
  const listed = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key, size } of storage.list(prefix)) keys.push(`${key} ${size}`);
    return keys.sort();
  };

  it('keeps bytes and files, and gives them back in whole or in part', async () => {
    const path = join(folder, 'clip');
    await writeFile(path, 'a whole clip');
    expect(await storage.put('jobs/a/input', { path })).toBe(true);
    expect(await storage.put('jobs/a/out/clip.json', Buffer.from('{}'))).toBe(true);
    expect((await buffer(await storage.get('jobs/a/input'))).toString()).toBe('a whole clip');
    expect((await buffer(await storage.get('jobs/a/input', { start: 2, end: 6 }))).toString()).toBe('whole');
    expect(await storage.stat('jobs/a/input')).toEqual({ key: 'jobs/a/input', size: 12 });
    expect((await readStored(storage, 'jobs/a/out/clip.json')).toString()).toBe('{}');
    await expect(readStored(storage, 'jobs/a/input', 5)).rejects.toMatchObject({ code: 'invalid-data' });
  });

  it('replaces, or leaves what is there', async () => {
    await storage.put('jobs/b/result.json', Buffer.from('first'));
    expect(await storage.put('jobs/b/result.json', Buffer.from('second'), { ifAbsent: true })).toBe(false);
    expect((await readStored(storage, 'jobs/b/result.json')).toString()).toBe('first');
    expect(await storage.put('jobs/b/result.json', Buffer.from('third'))).toBe(true);
    expect((await readStored(storage, 'jobs/b/result.json')).toString()).toBe('third');
    expect(await storage.put('jobs/b/other.json', Buffer.from('new'), { ifAbsent: true })).toBe(true);
  });

  it('lists what lies below, and removes it', async () => {
    for (const key of ['jobs/c/input', 'jobs/c/x/clip.json', 'jobs/cc/input']) await storage.put(key, Buffer.from('1'));
    expect(await listed('jobs/c')).toEqual(['jobs/c/input 1', 'jobs/c/x/clip.json 1']);
    await storage.remove('jobs/c/x');
    expect(await listed('jobs/c')).toEqual(['jobs/c/input 1']);
    await storage.remove('jobs/c');
    await storage.remove('jobs/c');
    expect(await listed('jobs/c')).toEqual([]);
    expect(await listed('jobs/cc')).toHaveLength(1);
  });

  it('removes all but what is kept, also what a writer that was killed left', async () => {
    for (const key of ['k/input', 'k/xa/clip.json', 'k/x/clip.json', 'k/x/b/c', 'k/result.json'])
      await storage.put(key, Buffer.from('1'));
    if (name === 'a folder') await writeFile(join(folder, 'shared/k/xa/.clip.csv.00ff.tmp'), 'half');
    await storage.remove('k', { keep: ['k/x', 'k/result.json', 'k/none'] });
    expect(await listed('k')).toEqual(['k/result.json 1', 'k/x/b/c 1', 'k/x/clip.json 1']);
    if (name === 'a folder') expect((await readdir(join(folder, 'shared/k'))).sort()).toEqual(['result.json', 'x']);
    await storage.remove('none', { keep: ['none/x'] });
  });

  it('says that something is not there', async () => {
    expect(await storage.stat('jobs/none')).toBeUndefined();
    await expect(storage.get('jobs/none').then(buffer)).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(storage.put('jobs/d', { path: join(folder, 'none') })).rejects.toMatchObject({ code: 'unwritable-file' });
    expect(await storage.stat('jobs/d')).toBeUndefined();
  });

  it('lets no name lead elsewhere', async () => {
    for (const key of ['', '/a', 'a//b', '../a', 'a/../b', 'a/.', 'a b', 'a\\b', 'a\0'])
      await expect((async () => storage.get(key))()).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('makes links where there are such', async () => {
    await storage.put('jobs/e', Buffer.from('for all'));
    const link = await storage.presign('jobs/e', 60);
    if (name === 'S3') expect(await (await fetch(link!)).text()).toBe('for all');
    else expect(link).toBeUndefined();
  });
});

it('a folder holds nothing that is not whole', async () => {
  using storage = await openStorage(join(folder, 'tidy'));
  await storage.put('a/b', Buffer.from('1'));
  await storage.put('a/b', Buffer.from('2'), { ifAbsent: true });
  expect(await readdir(join(folder, 'tidy/a'))).toEqual(['b']);
});

it('a bucket that is none or not there is named', async () => {
  expect(parseS3('s3://clips/a/b/')).toEqual({ bucket: 'clips', prefix: 'a/b' });
  for (const url of ['s3:/clips', 's3://', 's3://UPPER', 's3://clips/../x']) expect(() => parseS3(url)).toThrow();
  await expect(openStorage('s3://nobody')).rejects.toMatchObject({
    code: 'unreadable-file',
    message: expect.stringContaining('nobody'),
  });
});
