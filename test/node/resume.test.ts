/** A folder run that was stopped goes on where it was: nothing is done twice, nothing is lost, also after kill -9. */
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { facesColumns } from '#dist/report/tables/faces-csv.js';
import { type RunOptions, runPhiz } from './fixtures/phiz.js';
import { cellsImage, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

const PHOTOS = 24;
let folder: string;
let chosen: string[];
const nameOf = (i: number) => `photos/${i % 2 ? 'odd' : 'even'}/${String(i).padStart(2, '0')}.png`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-resume-'));
  const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
  chosen = ['--detector', detector, '--emotion-model', emotion, '--age-model', age, '--threads', '2'];
  for (const side of ['odd', 'even']) await mkdir(join(folder, 'photos', side), { recursive: true });
  for (let i = 0; i < PHOTOS; i++) {
    // Every third one shows nobody; some are large, so that results come in another order than they are begun.
    const cells = i % 3 === 0 ? [] : [[1 + (i % 5), 1 + (i % 3), WHITE] as const];
    const image = sharp(cellsImage(320, 192, cells), { raw: { width: 320, height: 192, channels: 3 } });
    await image.resize(i % 4 === 0 ? 960 : 320).toFile(join(folder, nameOf(i)));
  }
  await writeFile(join(folder, 'photos/odd/broken.jpg'), 'no image');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const analyze = (args: readonly string[], options: Omit<RunOptions, 'cwd'> = {}) =>
  runPhiz(['analyze', 'photos', ...args, ...chosen], { cwd: folder, ...options });
const linesOf = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const text = (name: string) => readFile(join(folder, name), 'utf8');

describe('a folder of photos', () => {
  it('is the same by threads as by one, in the order of the inputs', async () => {
    const [two, one] = [await analyze(['--csv', 'two.csv']), await analyze(['--csv', 'one.csv', '--threads', '1'])];
    expect([two.code, one.code]).toEqual([1, 1]);
    expect(linesOf(two.out).map(({ source }) => source)).toEqual(
      [...Array.from({ length: PHOTOS }, (_, i) => nameOf(i)), 'photos/odd/broken.jpg'].sort(),
    );
    expect(two.out).toBe(one.out);
    expect(await text('two.csv')).toBe(await text('one.csv'));
    expect(two.err).toContain(`phiz: ${PHOTOS} done, 0 skipped, 1 failed\n`);
  });

  it.each([1, 2])('goes on after kill -9, with the same lines and table in the end (%i)', async (round) => {
    const args = ['--out', `killed${round}`, '--csv', `killed${round}.csv`];
    const killed = await analyze(args, {
      onStart(child) {
        let lines = 0;
        child.stdout!.on('data', (chunk: Buffer) => {
          lines += String(chunk).split('\n').length - 1;
          if (lines >= 4 * round) child.kill('SIGKILL');
        });
      },
    });
    expect(killed.code).toBe(null);
    const before = linesOf(killed.out.slice(0, killed.out.lastIndexOf('\n') + 1));
    const table = await text(`killed${round}.csv`);
    for (const { source } of before) expect(table).toContain(`\n${source},`);
    const times = await Promise.all(before.map(({ source }) => stat(join(folder, `killed${round}`, `${source}.json`))));

    const { out, err, code } = await analyze([...args, '--resume']);
    expect(code).toBe(1);
    const skipped = Number(/(\d+) skipped/.exec(err)?.[1]);
    // The record of the last one may not have been written.
    expect(skipped).toBeGreaterThanOrEqual(before.length - 1);
    expect(skipped).toBeLessThan(PHOTOS);
    const whole = await analyze(['--csv', `whole${round}.csv`]);
    expect(out).toBe(whole.out);
    expect(await text(`killed${round}.csv`)).toBe(await text(`whole${round}.csv`));
    for (const [i, { source }] of before.slice(0, -1).entries())
      expect((await stat(join(folder, `killed${round}`, `${source}.json`))).mtimeMs, source).toBe(times[i]!.mtimeMs);

    const again = await analyze([...args, '--resume']);
    expect(again.err).toContain(`0 done, ${PHOTOS} skipped, 1 failed`);
    expect(again.out).toBe(whole.out);
    expect(await text(`killed${round}.csv`)).toBe(await text(`whole${round}.csv`));
  });

  it('does again what other options are asked for, and fills a new table with what is done', async () => {
    const few = ['--out', 'options', '--max-faces', '150'];
    await analyze(few);
    expect((await analyze([...few, '--resume', '--csv', 'late.csv'])).err).toContain(`0 done, ${PHOTOS} skipped`);
    expect(await text('late.csv')).toBe(await text('one.csv'));
    expect((await analyze(['--out', 'options', '--resume'])).err).toContain(`${PHOTOS} done, 0 skipped`);
  });

  it('does again what a power cut left empty', async () => {
    const before = await analyze(['--out', 'cut']);
    for (const i of [3, 4]) await writeFile(join(folder, 'cut', `${nameOf(i)}.json`), '');
    const { out, err } = await analyze(['--out', 'cut', '--resume']);
    expect(err).toContain(`2 done, ${PHOTOS - 2} skipped, 1 failed`);
    expect(out).toBe(before.out);
  });

  it('never replaces a table, and says what to do', async () => {
    await writeFile(join(folder, 'mine.csv'), 'my own\n');
    for (const more of [[], ['--resume', '--out', 'fresh']]) {
      const { code, out, err } = await analyze(['--csv', 'mine.csv', ...more]);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/^phiz: mine\.csv cannot be written: a file of that name is there; .*another name\n$/);
    }
    expect(await text('mine.csv')).toBe('my own\n');
    expect(await analyze(['--resume'])).toMatchObject({ code: 2, err: expect.stringContaining('--resume needs --out') });
    expect(await analyze(['--table', 'x.xlsx'])).toMatchObject({ code: 2, err: expect.stringContaining('.csv or .parquet') });
  });
});

it('photos and clips share a table, as CSV and as Parquet', { timeout: 60_000 }, async () => {
  const samples = fileURLToPath(new URL('../../samples/', import.meta.url));
  for (const name of ['faces.png', 'expressions.mp4']) await copyFile(join(samples, name), join(folder, name));
  const args = ['faces.png', 'expressions.mp4', 'missing.jpg', '--fps', '1', '--csv', 'both.csv', '--table', 'both.parquet'];
  const { code, out } = await runPhiz(['analyze', ...args, '--threads', '1'], { cwd: folder });
  expect(code).toBe(1);
  const [photo, clip, missing] = linesOf(out);
  expect(missing).toMatchObject({ source: 'missing.jpg', error: { code: 'file-not-found' } });
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'both.parquet')) });
  expect(rows.map(({ source }) => source)).toEqual([
    ...photo.faces.map(() => 'faces.png'),
    ...Array.from({ length: clip.clip.analysedFrames }, () => 'expressions.mp4'),
    'missing.jpg',
  ]);
  expect(rows.at(-1)).toMatchObject({ face: null, x: null, error_code: 'file-not-found' });
  expect(rows[0]).toMatchObject({ face: 1, frame: null, emotion: photo.faces[0].emotion.label, error_code: null });
  expect(rows.at(-2)).toMatchObject({ face: 1, person: 1, timestamp: expect.any(Number), measured: true });
  expect(rows.at(-2)).toMatchObject({
    sharpness: expect.any(Number),
    'age_28-45': expect.any(Number),
    raw_emotion: expect.any(String),
  });
  const [header, ...lines] = (await text('both.csv')).trimEnd().split('\n');
  expect(header!.split(',')).toEqual(Object.keys(rows[0]!));
  expect(lines).toHaveLength(rows.length);
});

it('every column of the table stands in the page', () => {
  const page = fileURLToPath(new URL('../../docs/analyze.md', import.meta.url));
  return readFile(page, 'utf8').then((content) => {
    const section = content.slice(content.indexOf('### The table'), content.indexOf('### Going on'));
    for (const { name } of facesColumns()) expect(section).toContain(`\`${name}\``);
  });
});
