import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelTable } from '#dist/cli/commands/models.js';
import { photoResultSchema } from '#dist/results/result.js';
import { cardOf } from './fixtures/cards.js';
import { type RunOptions, runPhiz } from './fixtures/phiz.js';
import { cellsImage, LIGHT_GREY, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

let folder: string;
let chosen: string[];
/** Encoded images: two faces, one face, none. */
let two: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-cli-'));
  const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
  chosen = ['--detector', detector, '--emotion-model', emotion, '--age-model', age, '--threads', '1'];
  const image = (cells: Parameters<typeof cellsImage>[2]) =>
    sharp(cellsImage(320, 192, cells), { raw: { width: 320, height: 192, channels: 3 } });
  const faces = [[1, 1, WHITE] as const, [6, 3, LIGHT_GREY] as const];
  two = await image(faces).png().toBuffer();
  await mkdir(join(folder, 'photos/more'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'photos/two.png'), two);
  await writeFile(join(folder, 'photos/more/two.jpg'), await image(faces.slice(0, 1)).jpeg({ quality: 100 }).toBuffer());
  await writeFile(join(folder, 'photos/none.webp'), await image([]).webp().toBuffer());
  await writeFile(join(folder, 'broken.jpg'), two.subarray(0, 300));
  await writeFile(join(folder, 'text.png'), 'no image');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `phiz` in the test's folder. */
const phiz = (args: readonly string[], options: Omit<RunOptions, 'cwd'> = {}) => runPhiz(args, { cwd: folder, ...options });

const results = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => photoResultSchema.parse(JSON.parse(line)));

describe('phiz analyze', () => {
  it('prints one JSON object for a photo', async () => {
    const { code, out, err } = await phiz(['analyze', 'photos/two.png', ...chosen]);
    expect([code, err]).toEqual([0, '']);
    const [result, ...others] = results(out);
    expect(others).toEqual([]);
    expect(result).toMatchObject({ source: 'photos/two.png', width: 320, height: 192 });
    expect(result!.faces.map(({ emotion }) => emotion.label).sort()).toEqual(['happy', 'sad']);
  });

  it('prints a line for each photo of a folder, also without faces', async () => {
    const { code, out } = await phiz(['analyze', 'photos', ...chosen]);
    expect(code).toBe(0);
    expect(results(out).map(({ source, faces }) => [source, faces.length])).toEqual([
      [join('photos', 'more', 'two.jpg'), 1],
      [join('photos', 'none.webp'), 0],
      [join('photos', 'two.png'), 2],
    ]);
  });

  it('reads standard input, and indents with --pretty', async () => {
    const { code, out } = await phiz(['analyze', '-', '--pretty', ...chosen], { input: two });
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toBe('  "schemaVersion": 1,');
    expect(photoResultSchema.parse(JSON.parse(out))).toMatchObject({ source: '-' });
  });

  it('heeds the limits', async () => {
    const faces = async (...flags: string[]) =>
      results((await phiz(['analyze', 'photos/two.png', ...flags, ...chosen])).out)[0]!.faces.length;
    expect(await faces('--max-faces', '1')).toBe(1);
    expect(await faces('--min-face', '33')).toBe(0);
  });

  it('writes JSON and annotated images as the input’s folders lie, and a table', async () => {
    const { code, err } = await phiz(['analyze', 'photos', '--out', 'a/out', '--csv', 'faces.csv', '--blur', ...chosen]);
    expect([code, err]).toEqual([0, 'phiz: 3 done, 0 skipped, 0 failed\n']);
    const written = await readdir(join(folder, 'a/out/photos'), { recursive: true });
    expect(written.sort()).toEqual(
      [
        'more',
        ...['more/two.jpg.annotated.jpg', 'more/two.jpg.json'],
        ...['none.webp.annotated.jpg', 'none.webp.json', 'two.png.annotated.png', 'two.png.json'],
      ].sort(),
    );
    const read = async (name: string) =>
      photoResultSchema.parse(JSON.parse(await readFile(join(folder, 'a/out/photos', name), 'utf8')));
    expect((await read('two.png.json')).source).toBe(join('photos', 'two.png'));
    expect(await sharp(join(folder, 'a/out/photos/more/two.jpg.annotated.jpg')).metadata()).toMatchObject({
      width: 320,
      height: 192,
      format: 'jpeg',
    });
    const table = (await readFile(join(folder, 'faces.csv'), 'utf8')).trimEnd().split('\n');
    // Two faces, one, and a row for the photo without.
    expect(table).toHaveLength(1 + 2 + 1 + 1);
    expect(table[0]).toMatch(/^source,face,frame,/);
    expect(table[2]).toMatch(/^photos\/none\.webp,,+$/);
  });

  it('hides also the faces that the limits leave out of the result', async () => {
    const { code, out } = await phiz(['analyze', 'photos/two.png', '--out', 'hidden', '--blur', '--max-faces', '1', ...chosen]);
    expect(code).toBe(0);
    expect(results(out)[0]!.faces).toHaveLength(1);
    const pixels = (source: Buffer | string) => sharp(source).removeAlpha().raw().toBuffer();
    const [before, after] = await Promise.all([pixels(two), pixels(join(folder, 'hidden/photos/two.png.annotated.png'))]);
    // A cell's bright edge against the dark ground is what blurring takes away: both cells must have lost theirs.
    for (const [column, row] of [
      [1, 1],
      [6, 3],
    ] as const) {
      let changed = 0;
      for (let y = row * 32 - 4; y < row * 32 + 36; y++)
        for (let x = column * 32 - 4; x < column * 32 + 36; x++)
          if (Math.abs(before[(y * 320 + x) * 3]! - after[(y * 320 + x) * 3]!) > 12) changed++;
      expect(changed, `cell ${column}, ${row}`).toBeGreaterThan(150);
    }
  });

  it('hides and keeps faces less sure than usual where they are asked for', async () => {
    const faint = cellsImage(320, 192, [
      [1, 1, WHITE],
      [6, 3, 115],
    ]);
    await sharp(faint, { raw: { width: 320, height: 192, channels: 3 } }).toFile(join(folder, 'faint.png'));
    const faces = async (...flags: string[]) => {
      const { code, out } = await phiz(['analyze', 'faint.png', '--out', 'faint', '--blur', ...flags, ...chosen]);
      expect(code).toBe(0);
      return results(out)[0]!.faces.length;
    };
    expect(await faces()).toBe(1);
    expect(await faces('--min-confidence', '0.05')).toBe(2);
  });

  it('tells each bad input in one line, does the others and exits with 1', async () => {
    const inputs = ['broken.jpg', 'missing.jpg', 'photos/two.png', 'text.png', 'empty'];
    const { code, out, err } = await phiz(['analyze', ...inputs, ...chosen]);
    expect(code).toBe(1);
    const printed = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(printed.map(({ source, error }) => [source, error?.code])).toEqual([
      ['broken.jpg', 'not-an-image'],
      ['missing.jpg', 'file-not-found'],
      ['photos/two.png', undefined],
      ['text.png', 'not-an-image'],
      ['empty', 'no-input'],
    ]);
    const lines = err.trimEnd().split('\n');
    expect(lines.pop()).toBe('phiz: 1 done, 0 skipped, 4 failed');
    // What leads to nothing is told before the work on the others.
    expect(lines[0]).toMatch(/^phiz: missing\.jpg\b/);
    expect(lines[1]).toMatch(/^phiz: empty\b/);
    expect(lines.sort()).toHaveLength(4);
    ['broken.jpg', 'empty', 'missing.jpg', 'text.png'].forEach((name, i) => {
      expect(lines[i]).toMatch(new RegExp(`^phiz: ${name}\\b`));
    });
  });

  it.each([
    ['a missing model', ['--age-model', 'ago'], /^phiz: there is no model 'ago'; known: .*\n$/],
    ['a model without a file', ['--detector', 'x/y.onnx'], /^phiz: .*x\/y\.onnx.*\n$/],
  ])('tells %s in one line', async (_, flags, message) => {
    const { code, out, err } = await phiz(['analyze', 'photos/two.png', ...chosen, ...flags]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(message);
  });

  it('tells a damaged model in one line', async () => {
    const models = await writeTinyModels(join(folder, 'damaged'));
    await writeFile(models.emotion, (await readFile(models.emotion)).subarray(0, 100));
    const { code, err } = await phiz(['analyze', 'photos/two.png', ...chosen, '--emotion-model', models.emotion]);
    expect(code).toBe(1);
    expect(err).toMatch(/^phiz: .*emotion\.onnx has 100 bytes.*truncated.*\n$/);
  });

  it('says before the work that an output cannot be written', async () => {
    for (const flags of [
      ['--out', 'text.png'],
      ['--csv', 'empty'],
    ]) {
      const { code, out, err } = await phiz(['analyze', 'photos', ...flags, ...chosen]);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/^phiz: [^\n]+\n$/);
    }
  });

  it('is quiet when its reader leaves', async () => {
    const { code, err } = await phiz(['analyze', ...Array(5).fill('photos'), ...chosen], {
      onStart: (child) => child.stdout!.destroy(),
    });
    expect([code, err.replace('phiz: 3 done, 0 skipped, 0 failed\n', '')]).toEqual([0, '']);
  });
});

describe('wrong usage', () => {
  it.each([
    ['no input', ['analyze'], /missing required argument 'input'/],
    ['an unknown option', ['analyze', 'x', '--bogus'], /unknown option '--bogus'/],
    ['an unknown command', ['bogus'], /unknown command 'bogus'/],
    ['a number out of range', ['analyze', 'x', '--min-confidence', '7'], /'7' is invalid/],
    ['no number', ['analyze', 'x', '--max-faces', 'many'], /'many' is invalid/],
    ['an unknown device', ['analyze', 'x', '--device', 'gpu'], /'gpu' is invalid.*cpu, webgpu/],
    ['--blur without --out', ['analyze', 'photos', '--blur'], /--blur needs --out/],
  ])('exits with 2: %s', async (_, args, message) => {
    const { code, out, err } = await phiz(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^phiz: /);
    expect(err).toMatch(message);
  });

  it('prints help and version with exit code 0', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await phiz(['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
    const help = await phiz(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['analyze', 'train', 'evaluate', 'models']) expect(help.out).toContain(command);
  });
});

describe('phiz models', () => {
  it("lists the committed cards, then other people's models", async () => {
    const [table, json] = await Promise.all([phiz(['models']), phiz(['models', '--json'])]);
    expect([table.code, json.code]).toEqual([0, 0]);
    const [own, others] = table.out.split('\n\n');
    expect(`${own}\n`).toBe(modelTable(JSON.parse(json.out)));
    expect(others).toMatch(/phiz models pull.*\nNAME.*\nyunet +(no|pulled) +detector/);
  });

  it('shows licence, size and figures of each', () => {
    const metrics = [
      { name: 'accuracy', value: 0.64, on: 'PublicTest through detector' },
      { name: 'accuracy', value: 0.66789, interval: [0.6512, 0.6844] as [number, number], on: 'PublicTest (3589)' },
      { name: 'macro-F1', value: 0.6, on: 'PublicTest' },
    ];
    const card = cardOf({ name: 'emotion', bytes: 1_234_567, parameters: 308_000, licence: 'MIT', metrics });
    const lines = modelTable([card, cardOf({ name: 'x' })]).split('\n');
    expect(lines[1]).toMatch(
      /^emotion {2}1\.0\.0 +emotion +1235 kB +308,000 +MIT +accuracy 0\.668 \[0\.651, 0\.684\] on PublicTest \(3589\)$/,
    );
    expect(lines[2]!.indexOf('1.0.0')).toBe(lines[1]!.indexOf('1.0.0'));
    expect(lines[2]).toMatch(/none measured$/);
  });
});
