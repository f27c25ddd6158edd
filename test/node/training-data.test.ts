import { describe, expect, it } from 'vitest';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';
import { classFoldersFromPaths } from '#dist/train/data/class-folders.js';
import { fer2013FromPaths, fer2013Target, parseDuplicates, parseFer2013Csv, parseFerPlus } from '#dist/train/data/fer2013.js';
import { contradictory, findNearDuplicates } from '#dist/train/data/near-duplicates.js';
import { createPackBuilder, imageAt, isBlank, selectImages } from '#dist/train/data/pack.js';
import { apportion, limitSamples } from '#dist/train/data/sample.js';
import { ageTarget, parseUtkFaceName, parseUtkFaceSplit, utkFaceFromPaths } from '#dist/train/data/utkface.js';

const VOTES = `Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0
Training,,0,0,0,0,0,0,0,0,0,10
PublicTest,fer0000002.png,0,0,0,0,0,0,0,6,4,0
PrivateTest,fer0000003.png,1,1,0,0,0,0,0,0,2,6
`;

describe('FER-2013', () => {
  it('reads the folder layout by row, whatever else lies there', () => {
    const samples = fer2013FromPaths([
      'test/sad/PrivateTest_00003.png',
      'train/Happy/Training_1.jpg',
      'train/angry/Training_00000.png',
      'test/neutral/PublicTest_00002.png',
      'fer2013new.csv',
      'train/angry/notes.png',
    ]);
    expect(samples.map(({ row, label, usage }) => [row, EMOTIONS[label], usage])).toEqual([
      [0, 'angry', 'Training'],
      [1, 'happy', 'Training'],
      [2, 'neutral', 'PublicTest'],
      [3, 'sad', 'PrivateTest'],
    ]);
    expect(samples[0]!.source).toEqual({ path: 'train/angry/Training_00000.png' });
    expect(() => fer2013FromPaths(['train/bored/Training_1.png'])).toThrow(
      /train\/bored\/Training_1.png: the folder names none of angry/,
    );
  });

  it('reads Kaggle CSVs, columns by name', () => {
    const text = 'emotion,pixels,Usage\r\n0,1 2 3 4,Training\r\n6,255 0 10 100,PrivateTest\r\n';
    const samples = parseFer2013Csv(text);
    expect(samples).toEqual([
      {
        source: { image: { width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) } },
        label: 0,
        usage: 'Training',
        row: 0,
      },
      {
        source: { image: { width: 2, height: 2, channels: 1, data: Uint8Array.of(255, 0, 10, 100) } },
        label: 6,
        usage: 'PrivateTest',
        row: 1,
      },
    ]);
    const other = parseFer2013Csv('emotion, Usage, pixels\n3,PublicTest,"9 8 7 6"\n');
    expect(other[0]).toMatchObject({ label: 3, usage: 'PublicTest', row: 0 });
    expect((other[0]!.source as { image: Image }).image.data).toEqual(Uint8Array.of(9, 8, 7, 6));
  });

  it.each([
    ['emotion,pixels,Usage\n7,1 2 3 4,Training\n', /line 2: emotion must be 0 to 6; got '7'/],
    ['emotion,pixels,Usage\n,1 2 3 4,Training\n', /line 2: emotion/],
    ['emotion,pixels,Usage\n1,1 2 3 4,Training\n1,1 2 3,Training\n', /line 3: 3 pixels are not a square/],
    ['emotion,pixels,Usage\n1,1 2 3 256,Training\n', /0 to 255; got 256/],
    ['emotion,pixels,Usage\n1,1 2 x 4,Training\n', /numbers apart by spaces/],
    ['emotion,pixels,Usage\n1,,Training\n', /0 pixels/],
    ['emotion,pixels,Usage\n1,1 2 3 4,Test\n', /Usage must be one of .*got 'Test'/],
  ])('refuses %j', (text, message) => {
    expect(() => parseFer2013Csv(text)).toThrow(message);
  });

  it('reads FER+ votes and softens targets with them', () => {
    const votes = parseFerPlus(VOTES);
    expect(votes).toHaveLength(4);
    expect(votes[0]).toEqual({ emotions: [3, 2, 0, 0, 1, 0, 4], contempt: 0, unknown: 0, notFace: 0 });
    const target = (row: number, label: number, ferPlus: number) =>
      Array.from(fer2013Target({ label, votes: votes[row]! }, { ferPlus }));
    const expected = [0.5 + 0.15, 0.1, 0, 0, 0.05, 0, 0.2];
    for (const [i, value] of target(0, 0, 0.5).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    expect(target(0, 0, 0)).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect(target(0, 2, 1)[6]).toBeCloseTo(0.4, 6);
    expect(target(0, 2, 1)[2]).toBe(0);
    // not a face; none of the seven; mostly not a face
    expect(target(1, 3, 1)).toEqual([0, 0, 0, 1, 0, 0, 0]);
    expect(target(2, 4, 1)).toEqual([0, 0, 0, 0, 1, 0, 0]);
    expect(target(3, 5, 1)).toEqual([0, 0, 0, 0, 0, 1, 0]);
    expect(() => fer2013Target({ label: 0 }, { ferPlus: 1.1 })).toThrow(/ferPlus must be from 0 to 1; got 1.1/);
    expect(() => parseFerPlus('a,b\n1,2\n')).toThrow(/no column 'anger'/);
    expect(() => parseFerPlus(VOTES.replace('4,0,0,1,3', '4,,0,1,3'))).toThrow(/line 2: votes must be numbers/);
  });

  it('gives each sample the votes of its row, and says where there are none', () => {
    const votes = parseFerPlus(VOTES);
    expect(fer2013FromPaths(['train/angry/Training_0.png'], votes)[0]!.votes).toEqual(votes[0]);
    expect(() => fer2013FromPaths(['train/angry/Training_10118481.png'], votes)).toThrow(/none for row 10118481/);
  });

  it('reads lists of duplicates', () => {
    expect([...parseDuplicates('test_row,train_row,correlation\n28725,28448,1.0\n28739,18944,0.99\n')]).toEqual([28725, 28739]);
    expect(parseDuplicates('').size).toBe(0);
    expect(() => parseDuplicates('test_row\nx\n')).toThrow(/line 2/);
  });
});

describe('UTKFace', () => {
  it('reads names', () => {
    expect(parseUtkFaceName('UTKFace/26_1_3_20170104225726769.jpg.chip.jpg')).toEqual({ age: 26, gender: 1, race: 3 });
    expect(parseUtkFaceName('100_0_0_20170112213500903.webp')).toEqual({ age: 100, gender: 0, race: 0 });
    for (const name of [
      '39_1_20170116174525125.jpg.chip.jpg',
      '0_0_0_2017.webp',
      '117_0_0_2017.webp',
      '5_2_0_2017.webp',
      'a.webp',
    ])
      expect(parseUtkFaceName(name)).toBeUndefined();
  });

  it('splits by split.csv, whatever the extension, or by a hash', () => {
    const parts = parseUtkFaceSplit('file,split\n1_0_0_1.webp,train\n2_0_0_2.webp,val\n3_0_0_3.webp,test\n');
    const { samples, unknown } = utkFaceFromPaths(
      ['1_0_0_1.webp', 'x/2_0_0_2.jpg.chip.jpg', '3_0_0_3.webp', '4_0_0_4.webp', 'cat.webp'],
      parts,
    );
    expect(samples.map(({ age, label, split }) => [age, label, split])).toEqual([
      [1, 0, 'train'],
      [2, 1, 'val'],
      [3, 2, 'test'],
    ]);
    expect(unknown.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      '4_0_0_4.webp: not in split.csv',
      'cat.webp: the name is not <age>_<gender>_<race>_<date>',
    ]);
    expect(() => parseUtkFaceSplit('file,split\na,dev\n')).toThrow(/line 2: the part must be train, val or test; got 'dev'/);
    const paths = Array.from({ length: 4000 }, (_, i) => `30_0_0_${i}.webp`);
    const hashed = utkFaceFromPaths(paths, undefined, 1).samples;
    const share = (split: string) => hashed.filter((sample) => sample.split === split).length / 4000;
    expect(share('train')).toBeCloseTo(0.7, 1);
    expect(share('val')).toBeCloseTo(0.1, 1);
    expect(utkFaceFromPaths(paths, undefined, 1).samples).toEqual(hashed);
    expect(utkFaceFromPaths(paths, undefined, 2).samples).not.toEqual(hashed);
  });

  it('spreads an age over its neighbours', () => {
    const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
    for (const age of [1, 2, 40, 116]) {
      const target = ageTarget(age, { sigma: 2, sigmaPerYear: 0 });
      expect(target).toHaveLength(116);
      expect(sum(target)).toBeCloseTo(1, 5);
      expect(target.indexOf(Math.max(...target))).toBe(age - 1);
    }
    const middle = ageTarget(40, { sigma: 2, sigmaPerYear: 0.05 });
    const years = middle.reduce((total, value, i) => total + value * (i + 1), 0);
    const variance = middle.reduce((total, value, i) => total + value * (i + 1 - years) ** 2, 0);
    expect(years).toBeCloseTo(40, 3);
    expect(Math.sqrt(variance)).toBeCloseTo(4, 2);
    expect(ageTarget(7, { sigma: 0, sigmaPerYear: 0 })[6]).toBe(1);
    expect(() => ageTarget(0)).toThrow(/from 1 to 116; got 0/);
    expect(() => ageTarget(5, { sigma: -1 })).toThrow(/sigma/);
  });
});

describe('class folders', () => {
  it('takes the parts as found, labels sorted', () => {
    const paths = [
      'train/dog/1.png',
      'train/cat/a/2.png',
      'val/cat/3.png',
      'val/dog/4.png',
      'test/dog/5.png',
      'test/cat/6.png',
      'train/x.png',
    ];
    const folders = classFoldersFromPaths(paths);
    expect(folders.labels).toEqual(['cat', 'dog']);
    expect(folders.train).toEqual([
      { source: { path: 'train/dog/1.png' }, label: 1 },
      { source: { path: 'train/cat/a/2.png' }, label: 0 },
    ]);
    expect(folders.validation.map(({ source }) => source.path)).toEqual(['val/cat/3.png', 'val/dog/4.png']);
    expect(folders.test?.map(({ source }) => source.path)).toEqual(['test/dog/5.png', 'test/cat/6.png']);
    const withoutVal = classFoldersFromPaths(paths.filter((path) => !path.startsWith('val')));
    expect(withoutVal.validation.map(({ source }) => source.path)).toEqual(['test/dog/5.png', 'test/cat/6.png']);
    expect(withoutVal.test).toBeUndefined();
  });

  it('holds out a tenth of each class, stable when files are added', () => {
    const paths = ['a', 'b'].flatMap((name) => Array.from({ length: 500 }, (_, i) => `${name}/${i}.png`));
    const folders = classFoldersFromPaths(paths, 3);
    expect(folders.train.length + folders.validation.length).toBe(1000);
    for (const label of [0, 1]) {
      const held = folders.validation.filter((sample) => sample.label === label).length;
      expect(held).toBeGreaterThan(25);
      expect(held).toBeLessThan(80);
    }
    const names = (list: typeof folders.train) => list.map(({ source }) => source.path);
    const grown = names(classFoldersFromPaths([...paths, 'a/more.png'], 3).validation);
    expect(grown.filter((path) => path !== 'a/more.png')).toEqual(names(folders.validation));
    expect(names(classFoldersFromPaths(paths, 4).validation)).not.toEqual(names(folders.validation));
    const tiny = classFoldersFromPaths(['a/1.png', 'a/2.png', 'train/1.png', 'train/2.png'], 0);
    expect(tiny.labels).toEqual(['a', 'train']);
    expect(tiny.validation.map((sample) => sample.label)).toEqual([0, 1]);
  });

  it.each([
    [[], /no images in class folders/],
    [['1.png'], /no images in class folders/],
    [['a/1.png', 'a/2.png'], /only one class folder, 'a'/],
    [['a/1.png', 'b/1.png', 'b/2.png'], /the class 'a' has one image/],
    [['train/a/1.png', 'train/b/1.png', 'val/a/2.png'], /val has no images of the class 'b'/],
    [
      ['train/a/1.png', 'train/b/1.png', 'val/a/2.png', 'val/b/2.png', 'val/c/2.png'],
      /val\/c\/2.png: the training part has no class 'c'/,
    ],
  ])('refuses %j', (paths, message) => {
    expect(() => classFoldersFromPaths(paths)).toThrow(message);
  });
});

describe('limits', () => {
  it('keeps classes in proportion, each at least once, evenly spaced and in order', () => {
    const samples = Array.from({ length: 1000 }, (_, i) => ({ label: i % 100 === 0 ? 2 : i < 600 ? 0 : 1, i }));
    const few = limitSamples(samples, 50);
    expect(few).toHaveLength(50);
    const count = (label: number) => few.filter((sample) => sample.label === label).length;
    expect([count(0), count(1), count(2)]).toEqual([29, 20, 1]); // of 594, 396 and 10
    expect(few.map(({ i }) => i)).toEqual([...few.map(({ i }) => i)].sort((a, b) => a - b));
    expect(few[0]!.i).toBeLessThan(30);
    expect(few.at(-1)!.i).toBeGreaterThan(970);
    expect(limitSamples(samples, undefined)).toBe(samples);
    expect(limitSamples(samples, 5000)).toBe(samples);
    expect(
      limitSamples(samples, 3)
        .map(({ label }) => label)
        .sort(),
    ).toEqual([0, 1, 2]);
    expect(() => limitSamples(samples, 0)).toThrow(/above 0; got 0/);
  });

  it('apportions exactly', () => {
    const r = random(4);
    for (let i = 0; i < 300; i++) {
      const weights = Array.from({ length: 1 + r.integer(9) }, () => (r.chance(0.2) ? 0 : r.uniform(0.001, 50)));
      if (weights.every((weight) => weight === 0)) continue;
      const total = r.integer(40);
      const shares = apportion(total, weights);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
      for (const [k, share] of shares.entries()) {
        expect(share).toBeGreaterThanOrEqual(weights[k]! > 0 && total >= weights.filter((weight) => weight > 0).length ? 1 : 0);
        if (weights[k] === 0) expect(share).toBe(0);
      }
    }
  });
});

describe('packs', () => {
  const grey = (value: number, width = 3, height = 2): Image => ({
    width,
    height,
    channels: 1,
    data: Uint8Array.from({ length: width * height }, (_, i) => value + i),
  });

  it('hold images of any size in shared memory, put in any order, with gaps closed', () => {
    const builder = createPackBuilder(4);
    builder.put(3, grey(50));
    builder.put(0, { width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    builder.put(2, grey(9, 5, 1));
    const { pack, kept } = builder.finish();
    expect(kept).toEqual([0, 2, 3]);
    expect(pack.count).toBe(3);
    expect(imageAt(pack, 0)).toEqual({ width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect(imageAt(pack, 1)).toEqual(grey(9, 5, 1));
    expect(imageAt(pack, 2)).toEqual(grey(50));
    expect(imageAt(pack, 2).data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(imageAt(selectImages(pack, [2, 0]), 0)).toEqual(grey(50));
    expect(() => imageAt(pack, 3)).toThrow(/no image 3 in a pack of 3/);
    expect(() => imageAt(selectImages(pack, [1]), 1)).toThrow(/no image 1/);
  });

  it('reduce colour to luma on demand', () => {
    const builder = createPackBuilder(1, { grey: true });
    builder.put(0, { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 0, 100, 200) });
    expect(imageAt(builder.finish().pack, 0)).toEqual({ width: 2, height: 1, channels: 1, data: Uint8Array.of(76, 82) });
  });

  it('tell blanks', () => {
    expect(isBlank({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) })).toBe(true);
    expect(isBlank({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 1, 2, 3) })).toBe(true);
    expect(isBlank({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 1, 2, 4) })).toBe(false);
  });
});

describe('near-duplicates', () => {
  it('are found in spite of size and light, and those with different labels named', () => {
    const scene = (seed: number): Image => {
      const r = random(seed);
      const [fx, fy, p, q] = [r.uniform(0.1, 0.3), r.uniform(0.1, 0.3), r.uniform(0, 6), r.uniform(0, 6)];
      const data = Uint8Array.from(
        { length: 1600 },
        (_, i) => 128 + 60 * Math.sin(fx * (i % 40) + p) * Math.cos(fy * Math.floor(i / 40) + q),
      );
      return { width: 40, height: 40, channels: 1, data };
    };
    const images = [1, 2, 3, 4].map(scene);
    const brighter: Image = { ...images[1]!, data: Uint8Array.from(images[1]!.data, (v) => v * 0.8 + 30) };
    const larger: Image = { width: 80, height: 80, channels: 1, data: new Uint8Array(6400) };
    for (let i = 0; i < 6400; i++) larger.data[i] = images[1]!.data[Math.floor(i / 160) * 40 + Math.floor((i % 80) / 2)]!;
    const blank: Image = { width: 9, height: 9, channels: 1, data: new Uint8Array(81).fill(7) };
    const groups = findNearDuplicates([...images, blank, brighter, blank, larger, images[3]!]);
    expect(groups).toEqual([
      [1, 5, 7],
      [3, 8],
    ]);
    expect([...contradictory(groups, [0, 20, 0, 30, 0, 20, 0, 21, 30])]).toEqual([1, 5, 7]);
    expect(contradictory(groups, [0, 20, 0, 30, 0, 20, 0, 21, 30], { tolerance: 1 }).size).toBe(0);
  });
});
