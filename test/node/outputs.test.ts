import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OutputsOptions, openOutputs } from '#dist/apps/analyze/outputs.js';
import { report } from '#dist/apps/report/report.js';
import type { Image } from '#dist/core/image.js';
import { readFrames, readSummaryBeside } from '#dist/node/files/frames-file.js';
import { openAtomic } from '#dist/node/files/write-atomic.js';
import { createThumbnails } from '#dist/node/video/thumbnails.js';
import { readReportImages } from '#dist/report/pages/report-images.js';
import { type FrameResult, videoSummarySchema } from '#dist/results/video-result.js';
import { type ClipOptions, clipFrames, FACTS, faceOf, frameOf, MODELS } from './fixtures/frame-results.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-outputs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const CLIP: ClipOptions = {
  actors: [
    { emotions: ['happy', 'sad'], years: 30 },
    { emotions: ['neutral'], years: 8, seen: [[1, 3]] },
  ],
  seconds: 4,
  fps: 10,
};
const ENDINGS = ['frames.ndjson', 'json', 'pictures.json', 'report.html', 'timeline.csv', 'timeline.png', 'timeline.svg'];

/** An image with noise everywhere, so that hiding a part of it shows. */
function picture(width = 320, height = 180): Image {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i, 2654435761) >>> 24) & 255);
  return { width, height, channels: 3, data };
}

const optionsFor = (out: string, more: Partial<OutputsOptions> = {}): OutputsOptions => ({
  out,
  name: 'clip',
  source: 'in/clip.mp4',
  facts: { ...FACTS, width: 320, height: 180, duration: 4, frameRate: 10 },
  settings: { every: 1 },
  models: MODELS,
  ...more,
});

async function write(out: string, more: Partial<OutputsOptions> = {}) {
  const outputs = await openOutputs(optionsFor(out, more));
  const image = picture();
  for (const frame of clipFrames(CLIP)) await outputs.add(frame, image);
  return { summary: await outputs.finish(), paths: outputs.paths };
}

const framesIn = async (path: string) => {
  const frames: FrameResult[] = [];
  for await (const frame of readFrames(path)) frames.push(frame);
  return frames;
};

describe('openOutputs', () => {
  it('writes everything at the end, whole, and what is read back is what went in', async () => {
    const out = join(folder, 'a/out');
    const { summary, paths } = await write(out, { formats: ['parquet'] });
    const names = [...ENDINGS, 'timeline.parquet'].map((ending) => `clip.${ending}`).sort();
    expect((await readdir(out)).sort()).toEqual(names);
    expect([...paths].sort()).toEqual(names.map((name) => join(out, name)));
    const frames = [...clipFrames(CLIP)];
    expect(await framesIn(join(out, 'clip.frames.ndjson'))).toEqual(frames);
    expect(await readSummaryBeside(join(out, 'clip.frames.ndjson'))).toEqual(summary);
    expect(summary.people.map(({ person }) => person)).toEqual([1, 2]);
    const rows = frames.flatMap(({ faces }) => faces).length;
    expect((await readFile(join(out, 'clip.timeline.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(1 + rows);
    expect(await parquetReadObjects({ file: await asyncBufferFromFile(join(out, 'clip.timeline.parquet')) })).toHaveLength(rows);
    expect((await sharp(join(out, 'clip.timeline.png')).metadata()).format).toBe('png');
    const beside = join(out, 'clip.pictures.json');
    const { thumbnails, portraits } = readReportImages(await readFile(beside, 'utf8'), beside);
    expect(thumbnails.length).toBeGreaterThanOrEqual(12);
    const page = await readFile(join(out, 'clip.report.html'), 'utf8');
    expect(page.match(/<img src="data:[^>]* data-time=/g)).toHaveLength(12);
    for (const uri of portraits.values()) expect(page).toContain(uri);
    expect([...portraits.keys()]).toEqual([1, 2]);
  });

  it('takes images of an earlier run away where there are to be none', async () => {
    const out = join(folder, 'hidden');
    await write(out);
    const { paths } = await write(out, { blur: true });
    expect(paths).not.toContain(join(out, 'clip.pictures.json'));
    expect(await readdir(out)).not.toContain('clip.pictures.json');
  });

  it('shows no file before the end, and none after an abort', async () => {
    const out = join(folder, 'aborted');
    const outputs = await openOutputs(optionsFor(out, { formats: ['parquet'] }));
    await outputs.add(frameOf(0, 0, []), picture());
    expect((await readdir(out)).filter((name) => !name.startsWith('.'))).toEqual([]);
    await outputs.abort();
    expect(await readdir(out)).toEqual([]);
  });

  it('writes what was done of a clip that was stopped, and says so; also of one that gave no frame', async () => {
    for (const [name, frames] of [
      ['stopped', [frameOf(0, 0, [faceOf(1, { happy: 1 })])]],
      ['nothing', []],
    ] as const) {
      const out = join(folder, name);
      const outputs = await openOutputs(optionsFor(out));
      for (const frame of frames) await outputs.add(frame);
      const summary = await outputs.finish({ complete: false, problem: 'stopped by the user' });
      await outputs.abort();
      expect(summary).toMatchObject({ complete: false, problem: 'stopped by the user', clip: { analysedFrames: frames.length } });
      expect(videoSummarySchema.parse(JSON.parse(await readFile(join(out, 'clip.json'), 'utf8')))).toEqual(summary);
      expect((await readdir(out)).sort()).toEqual(ENDINGS.map((ending) => `clip.${ending}`).sort());
      expect(await readFile(join(out, 'clip.report.html'), 'utf8')).toContain('Not the whole clip');
    }
  });

  it('fails before the work where it cannot write', async () => {
    await mkdir(join(folder, 'taken/clip.timeline.csv'), { recursive: true });
    await expect(openOutputs(optionsFor(join(folder, 'taken')))).rejects.toMatchObject({ code: 'unwritable-file' });
    expect(await readdir(join(folder, 'taken'))).toEqual(['clip.timeline.csv']);
    await writeFile(join(folder, 'file'), '');
    await expect(openOutputs(optionsFor(join(folder, 'file/below')))).rejects.toMatchObject({ code: 'unwritable-file' });
    await expect(openOutputs(optionsFor(folder, { name: '../clip' }))).rejects.toMatchObject({ code: 'invalid-option' });
  });
});

describe('createThumbnails', () => {
  const pixels = async (uri: string) =>
    sharp(Buffer.from(uri.split(',')[1]!, 'base64'))
      .raw()
      .toBuffer({ resolveWithObject: true });

  it('spreads a few over a clip of any length', async () => {
    const thumbnails = createThumbnails();
    const image = picture(40, 20);
    for (let f = 0; f < 1000; f++) await thumbnails.add(frameOf(f, f / 25, []), image);
    const times = thumbnails.read().thumbnails.map(({ time }) => time);
    expect(times.length).toBeGreaterThanOrEqual(24);
    expect(times.length).toBeLessThanOrEqual(48);
    expect(times[0]).toBe(0);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThan(0.1);
    expect(40 - times.at(-1)!).toBeLessThan(2);
  });

  it('is small, and as tall as the clip', async () => {
    const thumbnails = createThumbnails();
    await thumbnails.add(frameOf(0, 0, [faceOf(1, { happy: 1 })]), picture(200, 400));
    const {
      thumbnails: [first],
      portraits,
    } = thumbnails.read();
    expect((await pixels(first!.uri)).info).toMatchObject({ width: 80, height: 160 });
    expect((await pixels(portraits.get(1)!)).info).toMatchObject({ width: 96, height: 96 });
  });

  it('hides faces on demand, and then shows no portraits', async () => {
    const face = faceOf(1, { happy: 1 }, { box: { x: 100, y: 50, width: 60, height: 60 } });
    const contrast = async (blur: boolean) => {
      const thumbnails = createThumbnails({ blur });
      await thumbnails.add(frameOf(0, 0, [face]), checks());
      const {
        thumbnails: [first],
        portraits,
      } = thumbnails.read();
      const { data, info } = await pixels(first!.uri);
      const within: number[] = [];
      for (let y = 30; y < 50; y++) for (let x = 55; x < 75; x++) within.push(data[(y * info.width + x) * info.channels]!);
      const mean = within.reduce((a, b) => a + b, 0) / within.length;
      return { portraits: portraits.size, spread: Math.sqrt(within.reduce((a, v) => a + (v - mean) ** 2, 0) / within.length) };
    };
    const [open, hidden] = [await contrast(false), await contrast(true)];
    expect(open).toMatchObject({ portraits: 1 });
    expect(open.spread).toBeGreaterThan(60);
    expect(hidden).toMatchObject({ portraits: 0 });
    expect(hidden.spread).toBeLessThan(15);
  });

  it('keeps the larger view of a person', async () => {
    const thumbnails = createThumbnails();
    const view = (size: number) => faceOf(1, { happy: 1 }, { box: { x: 10, y: 10, width: size, height: size } });
    const uris: (string | undefined)[] = [];
    for (const [f, size] of [20, 21, 60, 30].entries()) {
      await thumbnails.add(frameOf(f, f, [view(size)]), picture());
      uris.push(thumbnails.read().portraits.get(1));
    }
    expect(uris[1]).toBe(uris[0]);
    expect(uris[2]).not.toBe(uris[0]);
    expect(uris[3]).toBe(uris[2]);
  });

  /** Black and white squares of 8 pixels, 4 in a thumbnail. */
  function checks(): Image {
    const [width, height] = [320, 180];
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++)
      data.fill(((((i % width) >> 3) + (Math.floor(i / width) >> 3)) & 1) * 255, 3 * i, 3 * i + 3);
    return { width, height, channels: 3, data };
  }
});

describe('readFrames', () => {
  const good = JSON.stringify(frameOf(0, 0, [faceOf(1, { happy: 1 })]));
  const file = async (text: string) => {
    const path = join(folder, 'x.frames.ndjson');
    await writeFile(path, text);
    return path;
  };

  it('reads lines without a last line end, with carriage returns and empty lines', async () => {
    const second = JSON.stringify(frameOf(1, 0.1, []));
    expect(await framesIn(await file(`${good}\r\n\n${second}`))).toHaveLength(2);
  });

  it.each([
    ['a cut line', () => `${good}\n${good.slice(0, 50)}`, /x\.frames\.ndjson, line 2: .*cut off/],
    [
      'a wrong value',
      () => `${good}\n${good.replace('"person":1', '"person":0').replace('"frame":0', '"frame":1')}\n`,
      /line 2: faces\.0\.person/,
    ],
    ['something else', () => '{"a":1}\n', /line 1: /],
    ['frames out of order', () => `${good}\n${good}\n`, /line 2: frame 0 comes after frame 0/],
    [
      'time that goes back',
      () => `${good.replace('"timestamp":0', '"timestamp":5')}\n${JSON.stringify(frameOf(1, 1, []))}\n`,
      /line 2: the time goes back/,
    ],
    ['no frames', () => '\n\n', /holds no frames/],
  ])('tells of %s', async (_, text, message) => {
    await expect(framesIn(await file(text()))).rejects.toMatchObject({
      code: 'invalid-data',
      message: expect.stringMatching(message),
    });
  });

  it('tells of files that are not there or are folders', async () => {
    await expect(framesIn(join(folder, 'none.ndjson'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(framesIn(folder)).rejects.toMatchObject({ code: 'unreadable-file' });
  });
});

describe('openAtomic', () => {
  it('keeps text and bytes in order and appears only on commit', async () => {
    const path = join(folder, 'atomic/deep.bin');
    const file = await openAtomic(path);
    await file.write('one ');
    await file.write(Uint8Array.of(116, 119, 111));
    await file.write(` ${'x'.repeat(200_000)}`);
    expect(await readdir(join(folder, 'atomic'))).not.toContain('deep.bin');
    await file.commit();
    await file.abort();
    expect(await readFile(path, 'utf8')).toBe(`one two ${'x'.repeat(200_000)}`);
    expect(await readdir(join(folder, 'atomic'))).toEqual(['deep.bin']);
  });
});

describe('phiz report', () => {
  const phiz = (...args: string[]) =>
    new Promise<{ code: number; err: string }>((resolve) => {
      execFile(process.execPath, [MAIN, 'report', ...args], (error, _, err) => resolve({ code: Number(error?.code ?? 0), err }));
    });

  it.each([false, true])('makes the same report again, images and all, with faces hidden: %s', async (blur) => {
    const out = join(folder, `again-${blur}`);
    await write(out, { blur, thumbnails: true });
    const files = ['clip.report.html', 'clip.timeline.svg', 'clip.timeline.csv'];
    const before = await Promise.all(files.map((name) => readFile(join(out, name), 'utf8')));
    const { code, err } = await phiz(join(out, 'clip.frames.ndjson'));
    expect(before[0]!.includes('(faces are hidden)')).toBe(blur);
    expect(code).toBe(0);
    expect(err.match(/^phiz: wrote .*$/gm)).toHaveLength(4);
    expect(await Promise.all(files.map((name) => readFile(join(out, name), 'utf8')))).toEqual(before);
  });

  it('does without the summary and the images, elsewhere, under another title, with truth and Parquet', async () => {
    const out = join(folder, 'alone');
    await mkdir(out);
    const path = join(out, 'lone.frames.ndjson');
    await writeFile(path, [...clipFrames(CLIP)].map((frame) => `${JSON.stringify(frame)}\n`).join(''));
    const truth = join(out, 'truth.csv');
    await writeFile(truth, 'start,end,label\n0,2,happy\n2,4,sad\n');
    const made = await report([path], { out: join(out, 'made'), title: 'My <clip>', truth, formats: ['parquet'] });
    expect(made.map((name) => name.slice(join(out, 'made/').length)).sort()).toEqual(
      ['lone.report.html', 'lone.timeline.csv', 'lone.timeline.parquet', 'lone.timeline.png', 'lone.timeline.svg'].sort(),
    );
    const page = await readFile(join(out, 'made/lone.report.html'), 'utf8');
    expect(page).toContain('<h1>My &lt;clip&gt;</h1>');
    expect(page).toContain('truth: happy');
    expect(page).toContain('Which networks were used is not known');
  });

  it('compares several clips', async () => {
    const out = join(folder, 'several');
    for (const name of ['one', 'two']) await write(join(out, name));
    const { code } = await phiz(
      join(out, 'one/clip.frames.ndjson'),
      join(out, 'two/clip.frames.ndjson'),
      '--out',
      join(out, 'both'),
      '--time',
      'relative',
    );
    expect(code).toBe(0);
    expect((await readdir(join(out, 'both'))).sort()).toEqual([
      'audience.csv',
      'audience.png',
      'audience.report.html',
      'audience.svg',
    ]);
    const page = await readFile(join(out, 'both/audience.report.html'), 'utf8');
    expect(page).toContain('<h3>clip</h3>');
    expect(page).toContain('<h3>clip-2</h3>');
  });

  it('tells in one line what is wrong, and leaves nothing', async () => {
    const out = join(folder, 'wrong');
    await mkdir(out);
    const path = join(out, 'w.frames.ndjson');
    await writeFile(path, 'no frames\n');
    expect(await phiz(path)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^phiz: .*w\.frames\.ndjson, line 1: [^\n]*\n$/),
    });
    expect(await phiz(join(out, 'none.ndjson'))).toMatchObject({ code: 1, err: expect.stringMatching(/does not exist\n$/) });
    expect(await phiz(path, '--time', 'relative')).toMatchObject({ code: 2 });
    expect(await phiz(path, path, '--parquet')).toMatchObject({ code: 2 });
    expect(await readdir(out)).toEqual(['w.frames.ndjson']);
    await writeFile(path, `${JSON.stringify(frameOf(0, 0, []))}\n`);
    await writeFile(join(out, 'w.json'), '{"no":"summary"}');
    expect(await phiz(path)).toMatchObject({ code: 1, err: expect.stringMatching(/w\.json is not a summary of a clip/) });
  });
});
