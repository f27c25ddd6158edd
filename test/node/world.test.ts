/** Photos and clips as the world makes them, each of `faults/world`, held against what is right by its README.md. */
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import { analyzeClip } from '#dist/apps/analyze/analyze-clip.js';
import { analyzePhoto } from '#dist/apps/analyze/analyze-photo.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import { photoResultSchema } from '#dist/results/result.js';
import type { VideoSummary } from '#dist/results/video-result.js';
import { fault } from './fixtures/faults.js';

const world = fault('world/README.md');

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
  it.each(Object.entries(CLIPS))('%s', async (name, expectRight) => {
    const { summary, problem } = await analyzeClip(path(name), { analyzer, source: basename(name) });
    expect(problem).toBeUndefined();
    expect(summary.complete).toBe(true);
    expectRight(summary);
  });

  const PHOTOS: Readonly<Record<string, number>> = {
    'closeup-0.jpg': 1,
    'closeup+10.jpg': 1,
    'small.bmp': 7,
    'small.ppm': 7,
    'small.pgm': 7,
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
});
