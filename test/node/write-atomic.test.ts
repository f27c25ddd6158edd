import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '#dist/core/image.js';
import { temporaryFor } from '#dist/node/files/temporary.js';
import { openAtomic, writeAtomic } from '#dist/node/files/write-atomic.js';
import { encodeImage } from '#dist/node/images/encode.js';
import { svgToPng } from '#dist/node/images/rasterise.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-write-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('writeAtomic', () => {
  it('writes text and bytes, into folders that are not there yet, and leaves nothing else', async () => {
    const path = join(folder, 'a/b/c.txt');
    await writeAtomic(path, 'one');
    expect(await readFile(path, 'utf8')).toBe('one');
    await writeAtomic(path, Uint8Array.of(1, 2, 3), { durable: true });
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    expect(await readdir(join(folder, 'a/b'))).toEqual(['c.txt']);
  });

  it('keeps the mode of a file and follows a link to it', async () => {
    const real = join(folder, 'real.txt');
    const link = join(folder, 'link.txt');
    await writeFile(real, 'old');
    await chmod(real, 0o600);
    await symlink('real.txt', link);
    await writeAtomic(link, 'new');
    expect(await readFile(real, 'utf8')).toBe('new');
    expect(await readlink(link)).toBe('real.txt');
    expect((await stat(real)).mode & 0o777).toBe(0o600);
  });

  it('never shows half a file to a reader', async () => {
    const path = join(folder, 'big.bin');
    const [a, b] = [Buffer.alloc(3_000_000, 'a'), Buffer.alloc(3_000_000, 'b')];
    await writeAtomic(path, a);
    let writing = true;
    const writer = (async () => {
      for (let i = 0; i < 6; i++) await writeAtomic(path, i % 2 ? a : b);
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      const seen = await readFile(path);
      expect(seen.equals(a) || seen.equals(b)).toBe(true);
      reads++;
    }
    await writer;
    expect(reads).toBeGreaterThan(0);
  });

  it('says why it cannot, and leaves nothing behind', async () => {
    await mkdir(join(folder, 'taken'));
    await expect(writeAtomic(join(folder, 'taken'), 'x')).rejects.toMatchObject({
      code: 'unwritable-file',
      message: expect.stringMatching(/taken cannot be written: a folder of that name is there/),
    });
    await writeFile(join(folder, 'plain'), '');
    await expect(writeAtomic(join(folder, 'plain/below.txt'), 'x')).rejects.toMatchObject({
      code: 'unwritable-file',
      message: expect.stringMatching(/is a file, not a folder/),
    });
    const before = await readdir(folder);
    await expect(writeAtomic(join(folder, 'odd.txt'), 5 as unknown as string)).rejects.toMatchObject({ code: 'unwritable-file' });
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('encodeImage', () => {
  const image: Image = { width: 3, height: 2, channels: 3, data: Uint8Array.from({ length: 18 }, (_, i) => i * 14) };

  it('writes PNG without loss, in colour, grey and with transparency', async () => {
    const png = await encodeImage(image, 'png');
    expect([...(await sharp(png).raw().toBuffer())]).toEqual([...image.data]);
    const grey = await encodeImage({ width: 2, height: 1, channels: 1, data: Uint8Array.of(9, 200) }, 'png');
    expect([...(await sharp(grey).toColourspace('b-w').raw().toBuffer())]).toEqual([9, 200]);
    const rgba = await encodeImage({ width: 1, height: 1, channels: 4, data: Uint8Array.of(9, 20, 30, 40) }, 'png');
    expect([...(await sharp(rgba).raw().toBuffer())]).toEqual([9, 20, 30, 40]);
  });

  it('writes JPEG and WebP, better ones larger', async () => {
    const noise: Image = {
      width: 64,
      height: 64,
      channels: 3,
      data: Uint8Array.from({ length: 12288 }, (_, i) => (i * 7919) & 255),
    };
    for (const format of ['jpeg', 'webp'] as const) {
      const [low, high] = [await encodeImage(noise, format, { quality: 20 }), await encodeImage(noise, format, { quality: 95 })];
      expect((await sharp(high).metadata()).format).toBe(format);
      expect(high.length).toBeGreaterThan(low.length);
    }
  });

  it('refuses what it cannot do', async () => {
    await expect(encodeImage(image, 'bmp' as 'png')).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(encodeImage(image, 'jpeg', { quality: 0 })).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(encodeImage({ ...image, width: 4 }, 'png')).rejects.toMatchObject({ code: 'invalid-data' });
    const long: Image = { width: 70_000, height: 1, channels: 1, data: new Uint8Array(70_000) };
    await expect(encodeImage(long, 'jpeg')).rejects.toMatchObject({ code: 'invalid-data' });
  });
});

describe('what dead processes leave half written', () => {
  it('goes when the next one writes there; what others write stays', async () => {
    const here = join(folder, 'left');
    const module = JSON.stringify(new URL('../../dist/node/files/write-atomic.js', import.meta.url).href);
    const dying = `const { openAtomic } = await import(${module}); const file = await openAtomic(${JSON.stringify(join(here, 'a.json'))});
      await file.write(new Uint8Array(9)); process.kill(process.pid, 'SIGKILL');`;
    spawnSync(process.execPath, ['--input-type=module', '-e', dying]);
    expect(await readdir(here)).toEqual([expect.stringMatching(/^\.a\.json\.[0-9a-f]+\.tmp$/)]);
    const own = temporaryFor(join(here, 'b.json'));
    const elsewhere = own.replace(/\.[0-9a-f]{8}(?=[0-9a-f]{20}\.tmp$)/, '.00000000');
    const old = elsewhere.replace('b.json', 'c.json');
    for (const path of [own, elsewhere, old]) await writeFile(path, 'x');
    await utimes(old, 1, 1);
    await writeFile(join(here, '.notes.tmp'), 'x');
    const file = await openAtomic(join(here, 'd.json'));
    await file.commit();
    const kept = [basename(own), basename(elsewhere), '.notes.tmp', 'd.json'];
    expect((await readdir(here)).sort()).toEqual(kept.sort());
  });
});

describe('svgToPng', () => {
  const svg = (text: string, attributes = 'width="100" height="40"') =>
    `<svg ${attributes}><text x="10" y="25" font-family="Helvetica, Arial, sans-serif" font-size="16">${text}</text></svg>`;

  it('renders shapes and text at the size asked for', async () => {
    const png = await svgToPng(svg('Loss 0.5'));
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 200, height: 80 });
    const ink = async (bytes: Uint8Array) => (await sharp(bytes).greyscale().raw().toBuffer()).filter((v) => v < 100).length;
    expect(await ink(png)).toBeGreaterThan(200);
    expect(await ink(await svgToPng(svg('')))).toBe(0);
    expect((await sharp(await svgToPng(svg('x'), { width: 333 })).metadata()).width).toBe(333);
    expect((await sharp(await svgToPng(svg('x', 'viewBox="0 0 50 20"'), { width: 100 })).metadata()).height).toBe(40);
  });

  it('sets the ground, or none', async () => {
    const corner = async (background: string) => [
      ...(
        await sharp(await svgToPng(svg('x'), { background }))
          .raw()
          .toBuffer()
      ).subarray(0, 4),
    ];
    expect((await corner('#ff0000')).slice(0, 3)).toEqual([255, 0, 0]);
    expect((await corner('transparent'))[3]).toBe(0);
  });

  it('draws each letter, not boxes for letters that are missing', async () => {
    const raw = async (text: string) =>
      sharp(await svgToPng(svg(text)))
        .raw()
        .toBuffer();
    expect((await raw('a')).equals(await raw('b'))).toBe(false);
  });

  it('refuses what is not an SVG, and senseless widths', async () => {
    await expect(svgToPng('hello')).rejects.toMatchObject({ code: 'invalid-data' });
    await expect(svgToPng(svg('x'), { width: -3 })).rejects.toMatchObject({ code: 'invalid-option' });
  });
});
