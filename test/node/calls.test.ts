/** Video calls (fixtures/call.ts) as a clip is analysed: whatever happens to the tiles, who is in them keeps the number, and nobody else gets it. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Analyzer } from '#dist/analyze/analyzer.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import { beside, CALL, type CallScene, drawCall, full, grid, speaker, type Tile } from './fixtures/call.js';
import type { Mask } from './fixtures/crowd.js';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Layouts of a second each. */
const scenes = (...layouts: readonly (readonly Tile[])[]): readonly CallScene[] =>
  layouts.map((tiles) => ({ seconds: 1, tiles }));

interface Call {
  readonly of: readonly CallScene[];
  readonly people: number;
  /** Seconds at which nobody of those there before is there any more. */
  readonly cuts?: readonly number[];
}

const CALLS: Readonly<Record<string, Call>> = {
  'tiles that appear': { people: 4, of: scenes(grid(0), grid(0, 1), grid(0, 1, 2), grid(0, 1, 2, 3)) },
  'tiles that go': { people: 4, of: scenes(grid(0, 1, 2, 3), grid(0, 2, 3), grid(2, 3)) },
  'a camera switched off and on': { people: 2, of: scenes(grid(0, 1), grid(0, 'off'), grid(0, 1)) },
  'a camera switched off, and the tile goes': { people: 2, of: scenes(grid(0, 1), grid(0), grid(0, 1)) },
  'all cameras switched off and on': { people: 2, of: scenes(grid(0, 1), grid('off', 'off'), grid(0, 1)), cuts: [1, 2] },
  'a slide over all': { people: 1, of: scenes(full(0), full('slide'), full(0)), cuts: [1, 2] },
  'a slide beside': { people: 4, of: scenes(grid(0, 1, 2, 3), beside('slide', 0, 1, 2, 3), grid(0, 1, 2, 3)) },
  'slides that change': { people: 2, of: scenes(beside('slide', 0, 1), beside('off', 0, 1), beside('slide', 0, 1)) },
  'another who speaks': { people: 3, of: scenes(speaker(0, 1, 2), speaker(2, 0, 1), speaker(1, 2, 0)) },
  'all tiles change places': { people: 4, of: scenes(grid(0, 1, 2, 3), grid(3, 2, 1, 0)) },
  'two tiles of six change places': { people: 6, of: scenes(grid(0, 1, 2, 3, 4, 5), grid(5, 1, 2, 3, 4, 0)) },
  'somebody else in a tile': { people: 3, of: scenes(grid(0, 1), grid(0, 2)) },
  'a cut to somebody else': { people: 2, of: scenes(full(0), full(1)), cuts: [1] },
  'a cut to the same face before another wall': { people: 2, of: scenes(full(0), full(7)), cuts: [1] },
  'two who are shown in turn': { people: 2, of: scenes(full(0), full(1), full(0), full(1)), cuts: [1, 2, 3] },
};

describe('in a video call', () => {
  let analyzer: Analyzer<never>;
  let faces: readonly Mask[];
  beforeAll(async () => {
    analyzer = (await createAnalyzer({ emotion: null, age: null, threads: 1 })) as Analyzer<never>;
    const image = await readImage(root('samples/faces.png'));
    const truth = JSON.parse(await readFile(root('samples/faces.truth.json'), 'utf8')) as {
      readonly faces: readonly { readonly box: BoundingBox }[];
    };
    faces = truth.faces.map(({ box }) => ({ image, box }));
  });
  afterAll(() => analyzer?.dispose());

  it.each(Object.entries(CALLS))('%s', { timeout: 60_000 }, async (_, { of, people, cuts = [] }) => {
    const frames = (async function* () {
      for (const { time, image } of drawCall(of, faces)) yield { image, timestamp: time, duration: 1 / CALL.rate };
    })();
    /** Whom each number was given to, and at which times a scene began. */
    const given = new Map<number, Set<Tile['who'] | undefined>>();
    const began: number[] = [];
    // The detector takes a drawing on a slide for a face, with up to 0.7.
    for await (const { timestamp, cut, faces: seen } of analyzer.stream(frames)) {
      if (cut) began.push(timestamp);
      const { tiles } = of[Math.floor(timestamp + 1e-9)]!;
      const wanted = tiles.filter(({ who }) => typeof who === 'number').length;
      expect(seen.length, `at ${timestamp.toFixed(2)} s`).toBe(wanted);
      for (const { person, box } of seen) {
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const tile = tiles.find(({ at }) => x > at.x && x < at.x + at.width && y > at.y && y < at.y + at.height);
        given.set(person, (given.get(person) ?? new Set()).add(tile?.who));
      }
    }
    expect(given.size).toBe(people);
    for (const who of given.values()) expect(who.size).toBe(1);
    expect(began).toEqual(cuts);
  });
});
