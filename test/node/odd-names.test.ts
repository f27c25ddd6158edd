/** Names as disks hold them: found, analysed, written and gone on with, whatever they are made of. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputName } from '#dist/apps/analyze/output-names.js';
import { bytesOfName, nameOfBytes, pathsReadAs, readablePath } from '#dist/node/files/byte-names.js';
import { runPhiz } from './fixtures/phiz.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { cellsImage, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../samples/expressions.mp4', import.meta.url));

/** Names that are text; Windows takes few of them. */
const PHOTOS = [
  'a[1].png',
  '[z-a].png',
  '-rf.png',
  '--out.png',
  'new\nline.png',
  '😀.png',
  `${'x'.repeat(251)}.png`,
  `${'é'.repeat(125)}z.png`,
  'what?.png',
  'star*.png',
  '{a,b}.png',
  'frame%05d.png',
  ' space .png',
  `q"uote'.png`,
  'back\\slash.png',
  '\x1b[31mred.png',
  '%E9.png',
  'a&b<c>.png',
  '日本語.png',
];
const CLIPS = ['-v[2]%d.mp4', 'film🎬\n.mp4', `${'y'.repeat(251)}.mp4`];

describe('bytes that are not UTF-8', () => {
  it('come back from the string that stands for them, and differ where they differ', () => {
    const names = fc.array(fc.oneof(fc.constantFrom(...Buffer.from('é😀a/%')), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(names, (bytes) => {
        expect([...bytesOfName(nameOfBytes(Uint8Array.from(bytes)))]).toEqual(bytes);
      }),
      { seed: 1, numRuns: 2000 },
    );
    expect(nameOfBytes(Buffer.from('é😀'))).toBe('é😀');
    expect(readablePath(nameOfBytes(Buffer.from('c\xe9\xffé', 'latin1')))).toBe('c%E9%FF%E9');
  });

  it('stand in names of outputs as text, apart from names that read alike, and fit file systems', () => {
    const of = (bytes: string) => outputName(nameOfBytes(Buffer.from(bytes, 'latin1')), '/');
    expect(of('c\xe9.png')).toMatch(/^c%E9\.png~[0-9a-f]{12}$/);
    expect(new Set([of('c\xe9.png'), of('c\xe8.png'), of('c%E9.png'), of('c\ufffd.png')]).size).toBe(4);
    for (const part of of(`${'\xff'.repeat(255)}/${'\xfe'.repeat(255)}`).split('/')) expect(part.length).toBeLessThanOrEqual(255);
  });
});

describe.skipIf(process.platform === 'win32')('phiz analyze', () => {
  let folder: string;
  let chosen: string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'phiz-odd-'));
    const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
    chosen = ['--detector', detector, '--emotion-model', emotion, '--age-model', age, '--threads', '1'];
    const pixels = cellsImage(96, 64, [[1, 1, WHITE]]);
    const photo = await sharp(pixels, { raw: { width: 96, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    writeFileSync(join(folder, 'photo'), photo);
    await writeShortClip(join(folder, 'clip'), SAMPLE, 0.2);
    mkdirSync(join(folder, 'in', '-d[1]'), { recursive: true });
    for (const name of [...PHOTOS, '-d[1]/-.png']) writeFileSync(join(folder, 'in', name), photo);
    for (const name of CLIPS) copyFileSync(join(folder, 'clip'), join(folder, 'in', name));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const analyze = (args: readonly string[], cwd = folder) => runPhiz(['analyze', ...args, ...chosen], { cwd });
  const lines = (out: string) =>
    out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  /** The shell hands over bytes, which Node's spawn cannot; `printf` in `script` makes them. */
  const shell = (script: string, cwd: string) =>
    new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
      const command = `phiz() { ${JSON.stringify(process.execPath)} ${JSON.stringify(MAIN)} "$@" ${chosen.join(' ')}; }; ${script}`;
      execFile('sh', ['-c', command], { cwd }, (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }));
    });

  it('takes a folder of such names, and goes on in it', async () => {
    const run = await analyze(['in', '--out', 'out', '--csv', 'faces.csv']);
    expect(run).toMatchObject({
      code: 0,
      err: expect.stringContaining(`${PHOTOS.length + 1 + CLIPS.length} done, 0 skipped, 0 failed`),
    });
    const sources = lines(run.out).map(({ source }) => source);
    expect(new Set(sources)).toEqual(new Set([...PHOTOS, '-d[1]/-.png', ...CLIPS].map((name) => `in/${name}`)));
    for (const name of [...PHOTOS, ...CLIPS])
      expect(JSON.parse(readFileSync(join(folder, 'out', `${outputName(`in/${name}`)}.json`), 'utf8')).source).toBe(`in/${name}`);
    expect(await analyze(['in', '--out', 'out', '--resume'])).toMatchObject({ code: 0, out: run.out });

    for (const [i, name] of CLIPS.entries()) {
      const frames = join(folder, 'out', `${outputName(`in/${name}`)}.frames.ndjson`);
      expect(await runPhiz(['report', frames, '-o', `report${i}`], { cwd: folder })).toMatchObject({ code: 0 });
      expect(readdirSync(join(folder, `report${i}`))).toHaveLength(4);
    }
  }, 120_000);

  it('takes each by its name', async () => {
    const names = [...PHOTOS, '-d[1]/-.png'];
    const run = await runPhiz(['analyze', '--quiet', ...chosen, '--', ...names], { cwd: join(folder, 'in') });
    expect(run).toMatchObject({ code: 0, err: '' });
    expect(lines(run.out)).toMatchObject(names.map((source) => ({ source, faces: [{}] })));
  }, 60_000);

  it('says how a name that looks like an option is meant', async () => {
    const { code, err } = await analyze(['-rf.png'], join(folder, 'in'));
    expect([code, err]).toEqual([2, expect.stringContaining('for the file of that name write ./-rf.png')]);
    expect((await analyze(['-rx.png'], join(folder, 'in'))).err).not.toContain('of that name');
  });

  describe.skipIf(process.platform !== 'linux')('where bytes are not UTF-8', () => {
    let bytes: string;
    beforeAll(() => {
      bytes = join(folder, 'bytes');
      mkdirSync(Buffer.concat([Buffer.from(`${bytes}/d`), Buffer.of(0xe9), Buffer.from('[1]')]), { recursive: true });
      const put = (from: string, ...name: (string | number)[]) =>
        copyFileSync(
          join(folder, from),
          Buffer.concat([
            Buffer.from(`${bytes}/`),
            ...name.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.of(one))),
          ]),
        );
      put('photo', 'c', 0xe9, '.png');
      put('photo', 'c', 0xe8, '.png');
      put('photo', 'd', 0xe9, '[1]/', 0xff, '.png');
      put('clip', 'v', 0xe9, '.mp4');
    });
    const found = ['c%E8.png', 'c%E9.png', 'd%E9[1]/%FF.png', 'v%E9.mp4'];

    it('finds them in folders, writes their files, and goes on', async () => {
      const run = await analyze(['.', '--out', '../out-bytes', '--csv', '../bytes.csv'], bytes);
      expect(run).toMatchObject({ code: 0, err: 'phiz: 4 done, 0 skipped, 0 failed\n' });
      expect(lines(run.out).map(({ source }) => source)).toEqual(found);
      const written = readdirSync(join(folder, 'out-bytes'), { recursive: true, encoding: 'utf8' });
      expect(written.filter((name) => /~[0-9a-f]{12}\.annotated\.(png|mp4)$/.test(name))).toHaveLength(4);
      expect(await analyze(['.', '--out', '../out-bytes', '--resume'], bytes)).toMatchObject({ code: 0, out: run.out });
      expect(readFileSync(join(folder, 'bytes.csv'), 'utf8')).toContain('\nc%E9.png,1,');
    }, 60_000);

    it.each([
      ['"$(printf "c\\351.png")"', ['c%E8.png', 'c%E9.png']],
      ['"$(printf "d\\351[1]/\\377.png")"', ['d%E9[1]/%FF.png']],
      ['"$(printf "d\\351[1]")"', ['d%E9[1]/%FF.png']],
      ['"$(printf "d\\351[1]/*.png")"', ['d%E9[1]/%FF.png']],
      ['c*.png', ['c%E8.png', 'c%E9.png']],
      ['v*', ['v%E9.mp4']],
      ['"c?.png"', ['c%E8.png', 'c%E9.png']],
    ])('takes %s', async (name, expected) => {
      const { code, out } = await shell(`phiz analyze --quiet ${name}`, bytes);
      expect([code, lines(out).map(({ source }) => source)]).toEqual([0, expected]);
    });

    it('says what is not there', async () => {
      const { code, err } = await shell('phiz analyze "$(printf "x\\351.png")"', bytes);
      expect([code, err]).toEqual([1, 'phiz: x\ufffd.png: no such file or folder\n']);
      expect(await pathsReadAs(join(bytes, 'c.png'))).toEqual([join(bytes, 'c.png')]);
    });

    it('works in a folder that is called so', async () => {
      const script =
        'cd "$(printf "d\\351[1]")" && for i in 1 2; do phiz analyze . --quiet --out "$1" --resume || exit 9; done; ls';
      const { code, out } = await shell(`set -- out; ${script}`, bytes);
      const [first, second] = lines(out.replace(/\nout\n.*$/s, ''));
      expect([code, first.source, second]).toEqual([0, '%FF.png', first]);
      expect(out).toMatch(/\nout\n.*png\n$/);
    });
  });
});
