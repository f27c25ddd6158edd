import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandGlob } from '#dist/cli/glob.js';
import { findMedia } from '#dist/cli/inputs.js';
import { openRemoteFiles } from '#dist/node/remote/remote-files.js';

let root: string;
const FILES = [
  'a.jpg',
  'b.PNG',
  'notes.txt',
  '.hidden.jpg',
  'a.annotated.png',
  'a.annotated.mp4',
  'a.mp4.timeline.png',
  'clip.MP4',
  'sub/a.png',
  'sub/deep/c.webp',
  'odd[1].jpg',
  'day1/d.jpg',
  'day[1]/d.jpg',
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phiz-inputs-'));
  for (const folder of ['sub/deep', 'empty', '.git', 'day1', 'day[1]']) await mkdir(join(root, folder), { recursive: true });
  for (const file of [...FILES, '.git/x.jpg', 'empty/readme.md']) await writeFile(join(root, file), '');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const below = (paths: readonly string[]) => paths.map((path) => path.slice(root.length + 1));
const search = async (...inputs: string[]) => {
  const found = await findMedia(
    inputs.map((input) => (input === '-' ? input : join(root, input))),
    openRemoteFiles(),
  );
  return { ...found, sources: below(found.media.map(({ path }) => path)) };
};

describe('findMedia', () => {
  it('searches folders by extension, without hidden files and its own drawings', async () => {
    expect((await search('')).sources).toEqual([
      'a.jpg',
      'b.PNG',
      'clip.MP4',
      'day1/d.jpg',
      'day[1]/d.jpg',
      'odd[1].jpg',
      'sub/a.png',
      'sub/deep/c.webp',
    ]);
  });

  it('takes a file as it is, whatever its name', async () => {
    expect((await search('notes.txt', 'a.annotated.png')).sources).toEqual(['notes.txt', 'a.annotated.png']);
  });

  it('expands patterns, and takes a file whose name looks like one', async () => {
    expect((await search('*.{jpg,PNG}')).sources).toEqual(['a.jpg', 'b.PNG', 'odd[1].jpg']);
    expect((await search('**/*.png')).sources).toEqual(['sub/a.png']);
    expect((await search('odd[1].jpg')).sources).toEqual(['odd[1].jpg']);
  });

  it('tells which inputs lead nowhere, and why', async () => {
    const { bad, sources } = await search('empty', 'missing.jpg', '*.heic', 'a.jpg');
    expect(sources).toEqual(['a.jpg']);
    expect(bad.map(({ input, error }) => [below([input])[0], error.code])).toEqual([
      ['empty', 'no-input'],
      ['missing.jpg', 'file-not-found'],
      ['*.heic', 'no-input'],
    ]);
  });

  it('takes each file once, and names it by its path', async () => {
    const { media: found } = await search('a.jpg', 'sub', 'a.jpg', '-', '*.jpg');
    const below = (path: string) => join(root.slice(1), path);
    expect(found.map(({ name }) => name)).toEqual([
      below('a.jpg'),
      below('sub/a.png'),
      below('sub/deep/c.webp'),
      'stdin',
      below('odd[1].jpg'),
    ]);
    expect(found[3]).toMatchObject({ path: '-', source: '-' });
    expect(found[0]!.source).toBe(relative(process.cwd(), join(root, 'a.jpg')));
  });
});

describe('expandGlob', () => {
  it.each([
    ['?.jpg', ['a.jpg']],
    ['[ab].*', ['a.annotated.mp4', 'a.annotated.png', 'a.jpg', 'a.mp4.timeline.png', 'b.PNG']],
    ['[!ab]*.txt', ['notes.txt']],
    ['sub/*', ['sub/a.png']],
    ['s*/**/c.*', ['sub/deep/c.webp']],
    ['.h*', ['.hidden.jpg']],
    ['{a,b}.{jpg,PNG}', ['a.jpg', 'b.PNG']],
    ['a+.jpg', []],
    ['[z-a].jpg', []],
    ['day[1]/*.jpg', ['day[1]/d.jpg']],
    ['day[!2]/*.jpg', ['day1/d.jpg']],
    ['nowhere/*.jpg', []],
  ])('%s', async (pattern, expected) => {
    expect(below(await expandGlob(`${root}/${pattern}`))).toEqual(expected);
  });
});
