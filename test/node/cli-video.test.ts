import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emotion } from '#dist/attributes/emotion/labels.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { timelineCsvHeader } from '#dist/report/tables/timeline-csv.js';
import { frameResultSchema, type VideoSummary, videoSummarySchema } from '#dist/results/video-result.js';
import { type ClipMaker, clipMaker, moving, readAll, withMatrix } from './fixtures/clips.js';
import { runPhiz } from './fixtures/phiz.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { needs } from './needs.js';

const samples = fileURLToPath(new URL('../../samples', import.meta.url));
const SAMPLE = join(samples, 'expressions.mp4');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-cli-video-'));
  await copyFile(SAMPLE, join(folder, 'expressions.mp4'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const phiz = (args: readonly string[], options: Partial<Parameters<typeof runPhiz>[1]> = {}) =>
  runPhiz(args, { cwd: folder, ...options });
const summaryOf = (out: string): VideoSummary => videoSummarySchema.parse(JSON.parse(out));
const linesOf = async (path: string) => (await readFile(join(folder, path), 'utf8')).trimEnd().split('\n');

/** When each frame of a clip is shown, and how large it is; the images are not kept. */
async function momentsOf(path: string) {
  await using clip = await openClip(path);
  const moments = [];
  for await (const { timestamp, duration, image, release } of clip.frames()) {
    moments.push({ timestamp, duration, size: [image.width, image.height] });
    release?.();
  }
  return moments;
}

describe('phiz analyze, on the sample clip', () => {
  it('follows one person through seven expressions, and writes every file', { timeout: 120_000 }, async () => {
    const { code, out, err } = await phiz(['analyze', 'expressions.mp4', '--out', 'out', '--parquet']);
    expect([code, err]).toEqual([0, '']);
    const summary = summaryOf(out);
    expect(summary).toMatchObject({ source: 'expressions.mp4', complete: true, problem: null });
    expect(summary.clip).toMatchObject({ width: 640, height: 480, frames: 350, analysedFrames: 350, audio: false, cuts: [] });
    expect(summary.people.map(({ person }) => person)).toEqual([1]);
    expect(JSON.parse(await readFile(join(folder, 'out/expressions.mp4.json'), 'utf8'))).toEqual(summary);
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(
      [
        ...['annotated.mp4', 'frames.ndjson', 'json', 'pictures.json', 'report.html'],
        ...['timeline.csv', 'timeline.parquet', 'timeline.png', 'timeline.svg'],
      ]
        .map((ending) => `expressions.mp4.${ending}`)
        .concat('phiz-runs.ndjson'),
    );

    // Every frame, at the time that the file gives it.
    const source = await momentsOf(SAMPLE);
    const frames = (await linesOf('out/expressions.mp4.frames.ndjson')).map((line) => frameResultSchema.parse(JSON.parse(line)));
    expect(frames.map(({ timestamp }) => timestamp)).toEqual(source.map(({ timestamp }) => timestamp));
    expect(frames.every(({ faces }) => faces.length === 1 && faces[0]!.person === 1)).toBe(true);
    const [header, ...rows] = await linesOf('out/expressions.mp4.timeline.csv');
    expect(`${header}\n`).toBe(timelineCsvHeader());
    const column = header!.split(',').indexOf('timestamp');
    expect(rows.map((row) => Number(row.split(',')[column]))).toEqual(source.map(({ timestamp }) => timestamp));

    // What it shows, against what was put in.
    const truth = (await readFile(join(samples, 'expressions.truth.csv'), 'utf8')).trimEnd().split('\n').slice(1);
    expect(truth).toHaveLength(7);
    const right = truth.map((line) => {
      const [start, end, label] = line.split(',') as [string, string, Emotion];
      const within = frames.filter(({ timestamp }) => timestamp >= Number(start) && timestamp < Number(end));
      return within.filter(({ faces }) => faces[0]!.emotion!.label === label).length / within.length;
    });
    const most = right.filter((share) => share > 0.5).length;
    expect(most, `share of each segment told right: ${right.map((share) => share.toFixed(2)).join(' ')}`).toBeGreaterThanOrEqual(
      6,
    );
    const mean = right.reduce((sum, share) => sum + share, 0) / right.length;
    expect(mean, 'of all time').toBeGreaterThan(0.7);

    // The annotated clip: as long, as fast, the same frames with something drawn on them.
    const drawn = await momentsOf(join(folder, 'out/expressions.mp4.annotated.mp4'));
    expect(drawn).toHaveLength(source.length);
    drawn.forEach(({ timestamp, duration, size }, i) => {
      expect(timestamp).toBeCloseTo(source[i]!.timestamp, 4);
      expect(duration).toBeCloseTo(source[i]!.duration, 4);
      expect(size).toEqual([640, 480]);
    });

    const page = await readFile(join(folder, 'out/expressions.mp4.report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('analyses fewer frames on demand, and gives each its time', { timeout: 60_000 }, async () => {
    const every = summaryOf((await phiz(['analyze', 'expressions.mp4', '--every', '50'])).out);
    expect(every.clip).toMatchObject({ frames: 350, analysedFrames: 7 });
    expect(every.settings).toMatchObject({ every: 50, fps: null });
    const { out, code } = await phiz(['analyze', 'expressions.mp4', '--fps', '2', '--out', 'fps', '--no-annotated', '-q']);
    expect(code).toBe(0);
    expect(summaryOf(out).clip.analysedFrames).toBe(28);
    const frames = (await linesOf('fps/expressions.mp4.frames.ndjson')).map((line) => frameResultSchema.parse(JSON.parse(line)));
    frames.forEach(({ timestamp, frame }, i) => {
      expect(timestamp).toBeCloseTo(Math.ceil(i * 12.5) / 25, 6);
      expect(frame).toBe(Math.ceil(i * 12.5));
    });
    expect(await readdir(join(folder, 'fps'))).not.toContain('expressions.mp4.annotated.mp4');
    const both = await phiz(['analyze', 'expressions.mp4', '--fps', '2', '--every', '3']);
    expect([both.code, both.out]).toEqual([2, '']);
    expect(both.err).toMatch(/--fps and --every/);
  });

  it('carries boxes between detections, with emotions only where it looked', { timeout: 180_000 }, async () => {
    await writeShortClip(join(folder, 'short.mp4'), SAMPLE, 2);
    const { code } = await phiz(['analyze', 'short.mp4', '--detect-every', '5', '--fps', '12.5', '--out', 'carry']);
    expect(code).toBe(0);
    const frames = (await linesOf('carry/short.mp4.frames.ndjson')).map((line) => frameResultSchema.parse(JSON.parse(line)));
    expect(frames).toHaveLength(25);
    frames.forEach(({ faces: [face] }, i) => {
      expect(face!.measured).toBe(i % 5 === 0);
      expect(face!.raw === null).toBe(i % 5 !== 0);
    });
    expect(await readdir(join(folder, 'carry'))).toContain('short.mp4.annotated.mp4');
  });

  it('comes through a pipe', { timeout: 60_000 }, async () => {
    const { code, out } = await phiz(['analyze', '-', '--every', '100'], { input: await readFile(SAMPLE) });
    expect(code).toBe(0);
    expect(summaryOf(out)).toMatchObject({ source: '-', complete: true, clip: { analysedFrames: 4 } });
  });

  it('ends with what was done so far when it is stopped', { timeout: 60_000 }, async () => {
    const out = join(folder, 'stopped');
    const {
      code,
      out: printed,
      err,
    } = await phiz(['analyze', 'expressions.mp4', 'expressions.mp4', '--out', 'stopped'], {
      onStart: async (child) => {
        // Once some frames are written, though not under their name yet.
        for (;;) {
          const names = await readdir(out).catch(() => []);
          const sizes = await Promise.all(
            names.map(async (name) => (await stat(join(out, name)).catch(() => undefined))?.size ?? 0),
          );
          if (sizes.some((size) => size > 10_000)) break;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(err).toMatch(/stopped; what was done so far is written/);
    const summary = summaryOf(printed);
    expect(summary).toMatchObject({ complete: false, problem: expect.stringMatching(/stopped/) });
    expect(summary.clip.analysedFrames).toBeGreaterThan(0);
    expect(summary.clip.analysedFrames).toBeLessThan(350);
    expect(JSON.parse(await readFile(join(out, 'expressions.mp4.json'), 'utf8'))).toEqual(summary);
    expect(await linesOf('stopped/expressions.mp4.frames.ndjson')).toHaveLength(summary.clip.analysedFrames);
    const { frames } = await readAll(await openClip(join(out, 'expressions.mp4.annotated.mp4')));
    expect(frames).toHaveLength(summary.clip.frames);
    expect(await readFile(join(out, 'expressions.mp4.report.html'), 'utf8')).toMatch(/incomplete|not complete|stopped/i);
    expect((await readdir(out)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

const media = needs.media();

describe.skipIf(!media)('phiz analyze, on clips of real people', () => {
  it('counts each person once', { timeout: 120_000 }, async () => {
    const people = {
      'head-pose-face-detection-female': 1,
      'head-pose-face-detection-male': 1,
      'head-pose-face-detection-female-and-male': 2,
      'face-demographics-walking-and-pause': 3,
      classroom: 4,
    };
    const clips = Object.keys(people).map((name) => join(media!, `${name}.mp4`));
    // In the classroom faces are 13 pixels wide.
    const { code, out } = await phiz(['analyze', ...clips, '--min-face', '12']);
    expect(code).toBe(0);
    const summaries = out.trimEnd().split('\n').map(summaryOf);
    expect(summaries.map((summary) => summary.people.length)).toEqual(Object.values(people));
    for (const { people: seen, clip } of summaries)
      for (const { frames } of seen) expect(frames).toBeGreaterThan(0.9 * clip.frames);
  });
});

const ffmpeg = needs.ffmpeg();

describe.skipIf(!ffmpeg)('phiz analyze, on clips of every kind', () => {
  let clips: ClipMaker;
  beforeAll(() => {
    clips = clipMaker(ffmpeg!, folder);
  });
  /** The first seconds of the sample, with a tone for sound and other arguments. */
  const withFace = (name: string, seconds: number, ...args: string[]) =>
    clips.make(name, '-i', SAMPLE, '-f', 'lavfi', '-i', 'sine=f=440:r=44100', '-t', String(seconds), ...args);
  const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

  it('keeps the sound, which is still a tone of 440 Hz', { timeout: 60_000 }, async () => {
    withFace('tone.mp4', 1.5, ...h264, '-c:a', 'aac');
    const { code, err, out } = await phiz(['analyze', 'tone.mp4', '--out', 'tone', '--fps', '5']);
    expect([code, err]).toEqual([0, '']);
    expect(summaryOf(out).clip.audio).toBe(true);
    const samples = clips.sound(join(folder, 'tone/tone.mp4.annotated.mp4'), 44_100);
    expect(samples.length / 44_100).toBeCloseTo(1.5, 0);
    // Its upward crossings of zero, away from the edges.
    const middle = samples.subarray(11_025, 55_125);
    let crossings = 0;
    for (let i = 1; i < middle.length; i++) if (middle[i - 1]! < 0 && middle[i]! >= 0) crossings++;
    expect(crossings).toBeGreaterThan(435);
    expect(crossings).toBeLessThan(445);
  });

  it('analyses each, and draws it as it is displayed', { timeout: 120_000 }, async () => {
    const flat = withFace('flat.mp4', 0.6, ...h264, '-an');
    await writeFile(join(folder, 'turned.mp4'), withMatrix(await readFile(flat), [0, 1, -1, 0]));
    const deep = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p10le'];
    clips.make('odd.webm', '-i', SAMPLE, '-t', '0.6', '-vf', 'scale=321:241', '-c:v', 'libvpx-vp9', '-cpu-used', '8');
    clips.make('deep.mkv', '-i', SAMPLE, '-t', '0.6', ...deep);
    clips.make('moving.avi', '-i', SAMPLE, '-t', '0.6', '-c:v', 'mjpeg');
    const names = ['turned.mp4', 'odd.webm', 'deep.mkv', 'moving.avi'];
    const { code, err, out } = await phiz(['analyze', ...names, '--out', 'kinds', '--fps', '5']);
    expect([code, err]).toEqual([0, 'phiz: 4 done, 0 skipped, 0 failed\n']);
    const summaries = out.trimEnd().split('\n').map(summaryOf);
    expect(summaries.map(({ clip: { width, height } }) => [width, height])).toEqual([
      [480, 640],
      [321, 241],
      [640, 480],
      [640, 480],
    ]);
    for (const [i, { clip, people, source }] of summaries.entries()) {
      expect(clip.frames, source).toBe(15);
      // On its side the face may be missed; upright it is not.
      if (i > 0) expect(people, source).toHaveLength(1);
      const { facts } = await openClip(join(folder, 'kinds', `${source}.annotated.mp4`));
      expect([facts.width, facts.height], source).toEqual([clip.width + (clip.width % 2), clip.height + (clip.height % 2)]);
    }
  });

  it('is content with nobody, and with one frame', { timeout: 60_000 }, async () => {
    clips.make('nobody.mp4', '-f', 'lavfi', '-i', moving(320, 240), ...h264);
    clips.make('single.mp4', '-i', SAMPLE, '-frames:v', '1', ...h264, '-an');
    const { code, err, out } = await phiz(['analyze', 'nobody.mp4', 'single.mp4', '--out', 'few']);
    expect([code, err]).toEqual([0, 'phiz: 2 done, 0 skipped, 0 failed\n']);
    const [nobody, single] = out.trimEnd().split('\n').map(summaryOf);
    expect(nobody).toMatchObject({ people: [], clip: { frames: 10 }, overall: { dominant: null, meanConfidence: null } });
    expect(await linesOf('few/nobody.mp4.timeline.csv')).toHaveLength(11);
    expect(single!.people).toHaveLength(1);
    expect(await readdir(join(folder, 'few'))).toContain('single.mp4.report.html');
  });

  it('gives what could be decoded of a damaged clip, and says so', { timeout: 60_000 }, async () => {
    withFace('whole.mkv', 3, ...h264, '-g', '10', '-an');
    const bytes = await readFile(join(folder, 'whole.mkv'));
    await writeFile(join(folder, 'cut.mkv'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const { code, out, err } = await phiz(['analyze', 'cut.mkv', '--out', 'cut']);
    expect(code).toBe(1);
    expect(err).toMatch(/^phiz: cut\.mkv is cut off: .+ could be decoded$/m);
    const summary = summaryOf(out);
    expect(summary.complete).toBe(false);
    expect(summary.clip.frames).toBeGreaterThan(20);
    expect(summary.clip.frames).toBeLessThan(75);
    expect(await linesOf('cut/cut.mkv.frames.ndjson')).toHaveLength(summary.clip.frames);
    expect((await readAll(await openClip(join(folder, 'cut/cut.mkv.annotated.mp4')))).frames).toHaveLength(summary.clip.frames);
  });

  it('names what is not a clip, and goes on with the others', { timeout: 60_000 }, async () => {
    await writeFile(join(folder, 'empty.mp4'), '');
    await writeFile(join(folder, 'text.mp4'), 'This is not a clip but a line of text. '.repeat(50));
    clips.make('good.mp4', '-i', SAMPLE, '-frames:v', '3', ...h264, '-an');
    const { code, out, err } = await phiz(['analyze', 'empty.mp4', 'text.mp4', 'good.mp4', '--out', 'bad']);
    expect(code).toBe(1);
    expect(
      err
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^(phiz: \w+\.mp4 is (?:empty|not a video)).*/, '$1')),
    ).toEqual(['phiz: empty.mp4 is empty', 'phiz: text.mp4 is not a video', 'phiz: 1 done, 0 skipped, 2 failed']);
    const [empty, text, good] = out.trimEnd().split('\n');
    expect(JSON.parse(empty!)).toMatchObject({ source: 'empty.mp4', error: { code: expect.any(String) } });
    expect(JSON.parse(text!)).toMatchObject({ source: 'text.mp4', error: { message: expect.stringMatching(/not a video/) } });
    expect(summaryOf(good!)).toMatchObject({ source: 'good.mp4', complete: true });
    expect(
      (await readdir(join(folder, 'bad')))
        .filter((name) => name !== 'phiz-runs.ndjson')
        .every((name) => name.startsWith('good.mp4.')),
    ).toBe(true);
  });
});
