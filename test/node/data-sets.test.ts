import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { random } from '#dist/core/random.js';
import { openClassFolderPart, openClassFolders } from '#dist/node/data/class-folders.js';
import { openFer2013 } from '#dist/node/data/fer2013.js';
import { decodeGreyPng } from '#dist/node/data/grey-png.js';
import { recogniseData } from '#dist/node/data/recognise.js';
import { openUtkFace } from '#dist/node/data/utkface.js';
import { createFer2013CsvReader } from '#dist/train/data/fer2013.js';
import { needs } from './needs.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phiz-data-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const noise = (size: number, seed: number) => {
  const r = random(seed);
  return Buffer.from(Array.from({ length: size }, () => r.integer(256)));
};

async function put(path: string, data: Buffer | string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), data);
}

const greyPng = (pixels: Buffer, side = 48) =>
  sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();

const colour = (seed: number, width = 20, height = 30) =>
  sharp(noise(width * height * 3, seed), { raw: { width, height, channels: 3 } });

/** Rows of a tiny FER-2013: emotion, usage, pixels. Row 3 is blank. */
const ROWS = Array.from({ length: 24 }, (_, row) => ({
  row,
  label: row % 7,
  usage: row < 14 ? 'Training' : row < 19 ? 'PublicTest' : 'PrivateTest',
  pixels: row === 3 ? Buffer.alloc(2304, 9) : noise(2304, row),
}));
const CSV = `emotion,pixels,Usage\n${ROWS.map(({ label, usage, pixels }) => `${label},${[...pixels].join(' ')},${usage}`).join('\n')}\n`;
const VOTES = `Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n${ROWS.map(
  ({ usage, row }) => `${usage},fer${row}.png,10,0,0,0,0,0,0,0,0,0`,
).join('\n')}\n`;

describe('FER-2013', () => {
  beforeAll(async () => {
    for (const { row, label, usage, pixels } of ROWS) {
      const folder = usage === 'Training' ? 'train' : 'test';
      await put(`fer/${folder}/${EMOTIONS[label]}/${usage}_${String(row).padStart(5, '0')}.png`, await greyPng(pixels));
    }
    for (const place of ['fer', 'csv']) {
      await put(`${place}/fer2013new.csv`, VOTES);
      await put(`${place}/train-duplicates.csv`, 'test_row,train_row,correlation\n15,1,1\n20,2,1\n');
      await put(`${place}/public-private-duplicates.csv`, 'private_row,public_row,correlation\n21,16,1\n');
    }
    await put('csv/fer2013.csv', CSV);
    await put('gz/fer2013.csv.gz', gzipSync(CSV));
  });

  it('opens the folder layout: parts, pixels, labels, targets, duplicates', async () => {
    const set = await openFer2013({ dir: join(root, 'fer'), ferPlus: 0.5 });
    expect(set.labels).toEqual(EMOTIONS);
    expect([set.train?.name, set.validation?.name, set.test?.name]).toEqual(['Training', 'PublicTest', 'PrivateTest']);
    expect(set.skipped).toEqual([{ path: 'train/happy/Training_00003.png', reason: 'blank' }]);
    const rows = set.train!.samples.map(({ meta }) => meta.row);
    expect(rows).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    for (const part of [set.train!, set.validation!, set.test!])
      for (const [i, { image, label, meta }] of part.samples.entries()) {
        expect(label).toBe(ROWS[meta.row]!.label);
        expect(part.classes[i]).toBe(label);
        expect([image.width, image.height, image.channels]).toEqual([48, 48, 1]);
        expect(Buffer.compare(Buffer.from(image.data), ROWS[meta.row]!.pixels)).toBe(0);
        const target = Array.from({ length: 7 }, (_, k) => Number(k === label));
        if (part === set.train) for (const k of target.keys()) target[k] = 0.5 * target[k]! + (k === 6 ? 0.5 : 0);
        expect(Array.from(part.targets.subarray(i * 7, i * 7 + 7))).toEqual(target);
      }
    const marked = (key: 'repeatsTraining' | 'repeatsPublic') =>
      [...set.validation!.samples, ...set.test!.samples].filter(({ meta }) => meta[key]).map(({ meta }) => meta.row);
    expect(marked('repeatsTraining')).toEqual([15, 20]);
    expect(marked('repeatsPublic')).toEqual([21]);
  });

  it('reads the same from fer2013.csv and fer2013.csv.gz, by folder or by file', async () => {
    const folder = await openFer2013({ dir: join(root, 'fer') });
    for (const place of ['csv', 'gz', 'csv/fer2013.csv', 'gz/fer2013.csv.gz']) {
      const set = await openFer2013({ dir: join(root, place) });
      expect(set.skipped).toEqual([{ path: 'row 3', reason: 'blank' }]);
      for (const part of ['train', 'validation', 'test'] as const) {
        const same = (samples: NonNullable<typeof set.train>['samples']) =>
          samples.map(({ image, label, meta }) => [label, meta.row, meta.usage, Buffer.from(image.data).toString('base64')]);
        expect(same(set[part]!.samples)).toEqual(same(folder[part]!.samples));
      }
    }
    expect((await openFer2013({ dir: join(root, 'csv'), ferPlus: 1 })).train!.targets[6]).toBe(1);
  });

  it('names the file that is wrong, with its folder', async () => {
    const wrong = async (name: string, text: string, options = {}) => {
      const dir = join(root, 'wrong', name);
      await cp(join(root, 'fer'), dir, { recursive: true });
      await writeFile(join(dir, name), text);
      await expect(openFer2013({ dir, ...options })).rejects.toMatchObject({
        code: 'invalid-data',
        message: expect.stringContaining(join(dir, name)),
      });
    };
    await wrong('train-duplicates.csv', 'row\nthree');
    await wrong('public-private-duplicates.csv', 'row\n-3');
    await wrong('fer2013new.csv', 'Usage,name\n', { ferPlus: 0.5 });
  });

  it('loads only the parts and as many samples as asked for', async () => {
    const set = await openFer2013({ dir: join(root, 'fer'), splits: ['validation'], limit: 3 });
    expect(set.train).toBeUndefined();
    expect(set.test).toBeUndefined();
    expect(set.validation?.pack.count).toBe(3);
  });

  it('is known by its files, in a CSV and where one of its parts is missing', async () => {
    for (const part of ['train', 'test'])
      await cp(join(root, 'fer', part), join(root, `only-${part}`, part), { recursive: true });
    for (const place of ['fer', 'csv', 'gz', 'only-train', 'only-test'])
      expect([place, await recogniseData(join(root, place))]).toEqual([place, 'fer2013']);
    expect((await openFer2013({ dir: join(root, 'only-test') })).train).toBeUndefined();
  });

  it('is not known by a file name alone: the labels decide, and one class may be lacking', async () => {
    const png = await greyPng(noise(48 * 48, 1));
    for (const name of ['cats', 'dogs']) await put(`named/train/${name}/PublicTest_1.png`, png);
    await put('mixed/train/happy/Training_1.png', png);
    await put('mixed/train/calm/Training_2.png', png);
    await put('half/train/happy/PublicTest_1.png', png);
    await put('half/train/sad/mine.png', png);
    for (const [i, name] of ['angry', 'fear', 'happy', 'sad', 'surprise', 'neutral'].entries())
      await put(`excerpt/test/${name}/PublicTest_${i}.png`, png);
    for (const [i, name] of ['angry', 'happy', 'sad'].entries()) {
      await put(`three/train/${name}/Training_${i}.png`, png);
      await put(`three/test/${name}/PublicTest_${i}.png`, png);
    }
    await cp(join(root, 'fer/train'), join(root, 'own-split/train'), { recursive: true });
    await cp(join(root, 'fer/train'), join(root, 'own-split/val'), { recursive: true });
    for (const place of ['named', 'mixed', 'half', 'three', 'own-split'])
      expect([place, await recogniseData(join(root, place))]).toEqual([place, 'class-folders']);
    expect(await recogniseData(join(root, 'excerpt'))).toBe('fer2013');
  });

  it('reads icml_face_data.csv, with spaces in its header and cells, and a CSV without Usage by its rows', async () => {
    const lines = ROWS.map(({ label, usage, pixels }) => `${label}, ${usage}, ${[...pixels].join(' ')}`);
    await put('icml/icml_face_data.csv', `emotion, Usage, pixels\n${lines.join('\n')}\n`);
    expect(await recogniseData(join(root, 'icml'))).toBe('fer2013');
    const icml = await openFer2013({ dir: join(root, 'icml') });
    const rows = (part: typeof icml.train) => part?.samples.map(({ meta }) => meta.row);
    expect(rows(icml.validation)).toEqual([14, 15, 16, 17, 18]);
    expect(rows(icml.test)).toEqual([19, 20, 21, 22, 23]);

    const notes: string[] = [];
    const onNote = (text: string) => notes.push(text);
    await openFer2013({ dir: join(root, 'icml'), onNote });
    expect(notes).toEqual([]);
    await put(
      'rows/fer2013.csv',
      `emotion,pixels\n${ROWS.map(({ label, pixels }) => `${label},${[...pixels].join(' ')}`).join('\n')}\n`,
    );
    const byRow = await openFer2013({ dir: join(root, 'rows'), onNote });
    expect([byRow.train?.samples.length, byRow.test]).toEqual([
      ROWS.filter(({ pixels }) => new Set(pixels).size > 1).length,
      undefined,
    ]);
    expect(notes).toEqual([expect.stringMatching(/rows.fer2013\.csv has no column Usage: split by its rows, .*28,709 Training/)]);

    const { line } = createFer2013CsvReader(' emotion , pixels');
    const parts = new Map<string, number>();
    for (let row = 0; row < 35_887; row++) {
      const { usage } = line('3,0 0 0 0')!;
      parts.set(usage, (parts.get(usage) ?? 0) + 1);
    }
    expect(Object.fromEntries(parts)).toEqual({ Training: 28_709, PublicTest: 3589, PrivateTest: 3589 });
  });

  it('says what is wrong', async () => {
    await put('empty/readme.txt', 'nothing');
    await put('bad/fer2013.csv', 'emotion,pixels,Usage\n1,1 2 3,Training\n');
    await put('damaged/fer2013.csv.gz', gzipSync(CSV).subarray(0, 500));
    await expect(openFer2013({ dir: join(root, 'none') })).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(openFer2013({ dir: join(root, 'empty') })).rejects.toMatchObject({ code: 'no-input' });
    await expect(openFer2013({ dir: join(root, 'empty/readme.txt') })).rejects.toThrow(/neither a folder nor a \.csv/);
    await expect(openFer2013({ dir: join(root, 'bad') })).rejects.toThrow(/bad\/fer2013.csv: line 2: 3 pixels/);
    await expect(openFer2013({ dir: join(root, 'damaged') })).rejects.toMatchObject({ code: 'unreadable-file' });
    await expect(openFer2013({ dir: join(root, 'gz'), ferPlus: 0.5 })).rejects.toThrow(/gz\/fer2013new.csv is missing/);
    await expect(openFer2013({ dir: join(root, 'fer'), ferPlus: 2 })).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(openFer2013({ dir: join(root, 'fer'), signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('UTKFace', () => {
  it('opens parts by split.csv, in colour, grey or smaller', async () => {
    const split = ['file,split'];
    for (let age = 1; age <= 8; age++) {
      const name = `${age}_0_1_2017.webp`;
      await put(`utk/${name}`, await colour(age, 40, 40).webp({ lossless: true }).toBuffer());
      split.push(`${name},${age <= 5 ? 'train' : age <= 7 ? 'val' : 'test'}`);
    }
    await put('utk/split.csv', split.join('\n'));
    await put('utk/9_x.webp', 'no image');
    const dir = join(root, 'utk');
    const set = await openUtkFace({ dir });
    expect(set.labels).toEqual(Array.from({ length: 116 }, (_, i) => String(i + 1)));
    expect(set.train!.samples.map(({ label, meta }) => [label, meta.age])).toEqual([1, 2, 3, 4, 5].map((age) => [age - 1, age]));
    expect(set.validation!.samples.map(({ meta }) => meta.age)).toEqual([6, 7]);
    expect(set.test!.samples.map(({ meta }) => meta.race)).toEqual([1]);
    expect(set.train!.targets).toHaveLength(5 * 116);
    expect(set.skipped).toEqual([{ path: '9_x.webp', reason: 'the name is not <age>_<gender>_<race>_<date>' }]);
    const { image } = set.train!.samples[2]!;
    expect(Buffer.compare(Buffer.from(image.data), noise(4800, 3))).toBe(0);
    const small = (await openUtkFace({ dir, maxSide: 16, grey: true, splits: ['test'], sigma: 0, sigmaPerYear: 0 })).test!;
    expect(small.samples[0]!.image).toMatchObject({ width: 16, height: 16, channels: 1 });
    expect(small.targets.indexOf(1)).toBe(7);
    await expect(openUtkFace({ dir, sigma: -1 })).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(openUtkFace({ dir: join(root, 'empty') })).rejects.toMatchObject({ code: 'no-input' });
  });
});

describe('class folders', () => {
  it('open with their own labels, naming images that cannot be read', async () => {
    for (let i = 0; i < 6; i++) {
      await put(`own/train/${i % 2 ? 'smile' : 'frown'}/${i}.jpg`, await colour(i).jpeg().toBuffer());
      await put(`own/val/${i % 2 ? 'smile' : 'frown'}/${i}.png`, await colour(i).png().toBuffer());
    }
    await put('own/train/smile/broken.jpg', 'no image');
    await put('own/train/smile/empty.jpg', '');
    await put('own/train/smile/cut.png', (await colour(1).png().toBuffer()).subarray(0, 200));
    await put('own/train/smile/.hidden.jpg', 'no image');
    const set = await openClassFolders({ dir: join(root, 'own') });
    expect(set.name).toBe('own');
    expect(set.labels).toEqual(['frown', 'smile']);
    expect(set.train!.samples.map(({ label }) => label)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(Array.from(set.validation!.targets)).toEqual([1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1]);
    expect(set.skipped.map(({ path }) => path)).toEqual([
      'train/smile/broken.jpg',
      'train/smile/cut.png',
      'train/smile/empty.jpg',
    ]);
    for (const { reason } of set.skipped) expect(reason.length).toBeGreaterThan(5);
    expect(set.train!.samples[0]!.image).toMatchObject({ width: 20, height: 30, channels: 3 });
  });

  it('decode every kind of image as displayed: palette, 16 bits, transparent, CMYK, turned by EXIF', async () => {
    const flat = { create: { width: 8, height: 8, channels: 4 as const, background: { r: 200, g: 0, b: 0, alpha: 0 } } };
    await put('kinds/a/clear.png', await sharp(flat).png().toBuffer());
    await put('kinds/a/palette.png', await colour(1, 8, 8).png({ palette: true }).toBuffer());
    await put('kinds/a/deep.png', await colour(2, 8, 8).toColourspace('rgb16').png().toBuffer());
    await put('kinds/b/cmyk.jpg', await colour(3, 8, 8).toColourspace('cmyk').jpeg().toBuffer());
    await put('kinds/b/turned.jpg', await colour(4, 8, 12).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    const set = await openClassFolders({ dir: join(root, 'kinds') });
    expect(set.skipped).toEqual([]);
    const all = [...set.train!.samples, ...set.validation!.samples];
    expect(all).toHaveLength(5);
    for (const { image } of all) expect(image.channels).toBe(3);
    const find = (name: string) => all.find(({ meta }) => meta.path.endsWith(name))!.image;
    expect(new Set(find('clear.png').data)).toEqual(new Set([255]));
    expect(find('turned.jpg')).toMatchObject({ width: 12, height: 8 });
  });

  it('are called as their folder, and a set that documents name as they name it', async () => {
    for (const set of ['RAFDB', 'rafdb2'])
      for (const kind of ['a', 'b'])
        for (const i of [1, 2]) await put(`${set}/test/${kind}/${i}.png`, await colour(i).png().toBuffer());
    expect(await openClassFolderPart({ dir: join(root, 'RAFDB') })).toMatchObject({ name: 'RAF-DB', split: 'test' });
    expect(await openClassFolderPart({ dir: join(root, 'rafdb2') })).toMatchObject({ name: 'rafdb2', split: 'test' });
  });

  it('say what is wrong', async () => {
    await put('rotten/a/1.png', 'x');
    await put('rotten/a/2.png', 'x');
    await put('rotten/b/1.png', 'x');
    await put('rotten/b/2.png', 'x');
    await expect(openClassFolders({ dir: join(root, 'rotten') })).rejects.toThrow(
      /no image of train can be used; first of 2 left out: a\/[12].png/,
    );
    await expect(openClassFolders({ dir: join(root, 'none') })).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(openClassFolders({ dir: join(root, 'own'), maxSide: 2 })).rejects.toThrow(/maxSide .* got 2/);
    await expect(openClassFolders({ dir: join(root, 'own/train/smile') })).rejects.toThrow(/smile: no images in class folders/);
  });
});

describe('the fast path for grey PNGs', () => {
  it('reads what sharp reads, for every filter', async () => {
    const r = random(2);
    const smooth = Buffer.from(Array.from({ length: 2304 }, (_, i) => Math.round(2 * (i % 48) + i / 48 + r.uniform(0, 9))));
    for (const pixels of [noise(2304, 1), smooth, Buffer.alloc(2304, 77)])
      for (const adaptiveFiltering of [false, true]) {
        const png = await sharp(pixels, { raw: { width: 48, height: 48, channels: 1 } })
          .toColourspace('b-w')
          .png({ adaptiveFiltering })
          .toBuffer();
        const image = decodeGreyPng(png);
        expect(image).toMatchObject({ width: 48, height: 48, channels: 1 });
        expect(Buffer.compare(Buffer.from(image!.data), pixels)).toBe(0);
      }
  });

  it('leaves everything else to sharp', async () => {
    const good = await greyPng(noise(2304, 1));
    const other = [
      Buffer.alloc(0),
      good.subarray(0, 300),
      Buffer.from(good.map((byte, i) => (i === 400 ? byte ^ 255 : byte))),
      await colour(1).png().toBuffer(),
      await colour(1).jpeg().toBuffer(),
      await sharp(noise(2304, 1), { raw: { width: 48, height: 48, channels: 1 } })
        .png({ palette: true })
        .toBuffer(),
    ];
    for (const bytes of other) expect(decodeGreyPng(bytes)).toBeUndefined();
    const lying = Buffer.from(good);
    lying.writeUInt32BE(2_000_000, 16);
    expect(decodeGreyPng(lying)).toBeUndefined();
  });

  const fer = needs.data('fer2013');
  it.skipIf(!fer)('agrees with sharp on real files of FER-2013', async () => {
    const dir = join(fer!, 'test/disgust');
    const names = (await readdir(dir)).sort().slice(0, 20);
    for (const name of names) {
      const bytes = await readFile(join(dir, name));
      const expected = await sharp(bytes).toColourspace('b-w').raw().toBuffer();
      expect(Buffer.compare(Buffer.from(decodeGreyPng(bytes)!.data), expected)).toBe(0);
    }
    expect(names).toHaveLength(20);
  });
});
