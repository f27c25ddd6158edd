/** Photos and clips as the world makes them, each of `faults/world`, held against what is right by its README.md. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import { analyzeClip } from '#dist/apps/analyze/analyze-clip.js';
import { analyzePhoto } from '#dist/apps/analyze/analyze-photo.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import { photoResultSchema } from '#dist/results/result.js';
import type { VideoSummary } from '#dist/results/video-result.js';
import { fault } from './fixtures/faults.js';
import { runPhiz } from './fixtures/phiz.js';

const world = fault('world/README.md');
const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

describe.skipIf(!world)('as the world makes them', () => {
  const path = (name: string): string => world!.replace('README.md', name);
  let analyzer: Analyzer;
  beforeAll(async () => {
    analyzer = await createAnalyzer({ threads: 1 });
  });
  afterAll(() => analyzer?.dispose());

  const seen = ({ people }: VideoSummary) => people.map(({ seconds }) => Math.round(seconds * 10) / 10);

  const CLIPS: Readonly<Record<string, (summary: VideoSummary) => void>> = {
    'closeup.mp4': (summary) => {
      expect(seen(summary)).toEqual([6]);
      expect(summary.people[0]).toMatchObject({ frames: 60 });
    },
    'starts-at-1h.webm': (summary) => {
      expect(summary.clip).toMatchObject({ start: 3600, frames: 75 });
      expect(summary.clip.duration).toBeCloseTo(3, 2);
      expect(summary.people).toHaveLength(1);
      expect(summary.people[0]!.firstSeen).toBeLessThan(0.1);
    },
    'starts-at-27h.mkv': (summary) => {
      expect(summary.clip.start).toBeCloseTo(100_000, 0);
      expect(summary.clip).toMatchObject({ frames: 75 });
      expect(summary.clip.duration).toBeCloseTo(3, 2);
      expect(summary.people[0]!.firstSeen).toBeLessThan(0.1);
    },
    'still-screen.mp4': (summary) => {
      expect(seen(summary)).toEqual(Array(7).fill(40));
      expect(summary.notes).toEqual([expect.stringContaining('up to 8 s apart')]);
    },
    'pts-in-decode-order.mp4': (summary) => expect(summary.clip).toMatchObject({ frames: 75, analysedFrames: 75 }),
    ...Object.fromEntries(
      ['x.ts', 'x.mpg', 'x.wmv', 'x.flv'].map((name) => [
        name,
        (summary: VideoSummary) => {
          expect(summary.clip.frames).toBe(75);
          expect(summary.clip.duration).toBeCloseTo(3, 1);
          expect(seen(summary)).toEqual([3]);
        },
      ]),
    ),
  };
  /** Those with something about their pictures that each frame must show; of the others, whose times and containers are odd, every second one. */
  const WHOLE = ['closeup.mp4', 'still-screen.mp4', 'pts-in-decode-order.mp4'];
  it.each(Object.entries(CLIPS))('%s', async (name, expectRight) => {
    const stream = WHOLE.includes(name) ? {} : { every: 2 };
    const { summary, problem } = await analyzeClip(path(name), { analyzer, source: basename(name), stream });
    expect(problem).toBeUndefined();
    expect(summary.complete).toBe(true);
    expectRight(summary);
  });

  const PROGRAMS = ['make-class-folders.mjs', 'read-image-sources.mjs', 'fifo.sh'];
  const PHOTOS: Readonly<Record<string, number>> = {
    'closeup-0.jpg': 1,
    'closeup+10.jpg': 1,
    'small.bmp': 7,
    'small.ppm': 7,
    'small.pgm': 7,
    'bokeh1.jpg': 0,
    'bokeh2.jpg': 0,
    'bokeh5.jpg': 0,
    'bokeh7.jpg': 0,
    'bokeh9.jpg': 0,
    'front1.jpg': 0,
  };
  it.each(Object.entries(PHOTOS))('%s: %i faces', async (name, count) => {
    const { faces } = await analyzer.analyze(await readImage(path(name)));
    expect(faces).toHaveLength(count);
  });

  it('no-end-marker.jpg: 7 faces, and a warning in the result', async () => {
    const result = await analyzePhoto(
      analyzer,
      { from: path('no-end-marker.jpg'), called: 'it', source: 'it' },
      { turn: true, blur: false },
    );
    expect(result.faces).toHaveLength(7);
    expect(photoResultSchema.parse(result).warnings).toEqual(['the JPEG lacks its end marker; every pixel is there']);
  });

  describe('programs', () => {
    /** Where a program finds phiz and what phiz needs. */
    let folder: string;
    beforeAll(() => {
      mkdirSync(join(root, 'build'), { recursive: true });
      folder = mkdtempSync(join(root, 'build', 'world-'));
      for (const name of PROGRAMS) copyFileSync(path(name), join(folder, name));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('make-class-folders.mjs: all three train, on their own classes and split', async () => {
      await run(process.execPath, [join(folder, 'make-class-folders.mjs'), join(folder, 'own')], { cwd: root });
      for (const name of ['own-split', 'two-classes', 'three-classes']) {
        const args = ['train', 'mini-xception', '--data', join(folder, 'own', name), '--out', join(folder, `trained-${name}`)];
        const { code, out, err } = await runPhiz([...args, '--epochs', '1', '--batch', '4', '--threads', '1'], { cwd: folder });
        expect([code, err], name).toEqual([0, expect.stringContaining('best accuracy')]);
        expect(JSON.parse(out), name).toMatchObject({ epoch: 1, validationAccuracy: expect.any(Number) });
      }
    });

    it('read-image-sources.mjs: each is read, or refused in a short message that says what is taken', async () => {
      const { stdout } = await run(process.execPath, [join(folder, 'read-image-sources.mjs')], { cwd: root });
      const said = stdout.trimEnd().split('\n');
      expect(said).toHaveLength(7);
      for (const line of said) {
        const [, name, refused] = /^(\w+) (?:ok 832|invalid-option message of (\d+) characters: .*)$/.exec(line) ?? [];
        expect(name, line).toBeDefined();
        expect(refused === undefined, line).toBe(!['https', 'fileUrlString', 'null'].includes(name!));
        expect(Number(refused ?? 0), line).toBeLessThan(200);
      }
    });

    it.skipIf(process.platform !== 'linux')('fifo.sh: nothing hangs, and each line says what is', async () => {
      const env = { ...process.env, PHIZ: `${process.execPath} ${join(root, 'dist/cli/main.js')}`, PHIZ_DEBUG: '' };
      const [out, err] = ['out', 'err'].map((name) => join(folder, name)) as [string, string];
      // Into files, and a group of its own: what writes into the pipe that nobody reads outlives the script.
      const files = [openSync(out, 'w'), openSync(err, 'w')] as const;
      const script = spawn('bash', [join(folder, 'fifo.sh')], { cwd: root, env, detached: true, stdio: ['ignore', ...files] });
      await once(script, 'exit');
      process.kill(-script.pid!, 'SIGKILL');
      for (const file of files) closeSync(file);
      const [stdout, stderr] = [out, err].map((file) => readFileSync(file, 'utf8')) as [string, string];
      const [, first, clip] = /^\d+\nrc (\d+) .*\n-- a clip .*\n(.*)\n-- standard output .*$/s.exec(stdout.trimEnd()) ?? [];
      // A pipe that is named like a photo is refused at once.
      expect(first).toBe('1');
      expect(clip).toMatch(/^\{"schemaVersion":1,"source":"[^"]+","complete":/);
      expect(stderr).toMatch(
        /^phiz: .*p\.png: it is a pipe or a device named like a photo or clip, not a file\nphiz: standard output cannot be written: the disk is full\n$/,
      );
    });
  });

  it('leaves none out', () => {
    const tried = [...Object.keys(CLIPS), ...Object.keys(PHOTOS), ...PROGRAMS, 'no-end-marker.jpg'];
    expect(readdirSync(dirname(world!)).sort()).toEqual([...tried, 'README.md'].sort());
  });
});
