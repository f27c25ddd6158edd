import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from '#dist/analyze/frame.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import type { Image } from '#dist/core/image.js';
import type { ClipFace } from '#dist/media/clip-marks.js';
import { openAnnotatedClip } from '#dist/node/video/annotated-clip.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { readAll } from './fixtures/clips.js';

const [WIDTH, HEIGHT, RATE, COUNT] = [192, 128, 10, 24];
const BOX: BoundingBox = { x: 64, y: 48, width: 48, height: 48 };
const OTHER: BoundingBox = { x: 136, y: 64, width: 32, height: 32 };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-annotated-clip-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Stripes of black and white: where something is hidden, they are gone. */
function stripes(): Image {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0; i < WIDTH * HEIGHT; i++) data.fill(i % 8 < 4 ? 20 : 235, i * 3, i * 3 + 3);
  return { width: WIDTH, height: HEIGHT, channels: 3, data };
}

/** How strong the stripes are in the middle of a box: the deviation of its grey levels. */
function contrast({ image: { data } }: Frame, { x, y, width, height }: BoundingBox): number {
  const levels: number[] = [];
  for (let v = y + height / 4; v < y + (height * 3) / 4; v++)
    for (let u = x + width / 4; u < x + (width * 3) / 4; u++) levels.push(data[(Math.floor(v) * WIDTH + Math.floor(u)) * 3]!);
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  return Math.sqrt(levels.reduce((sum, level) => sum + (level - mean) ** 2, 0) / levels.length);
}

const face: ClipFace = { person: 1, box: BOX, emotion: null, age: null };

/** Writes a clip whose face is there in frames 10 to 12; `seen` says what else was found in a frame. */
async function write(
  name: string,
  blur: boolean,
  seen: (frame: number) => readonly BoundingBox[] = () => [],
  analysed: (frame: number) => boolean = () => true,
): Promise<Frame[]> {
  const path = join(folder, name);
  await using clip = await openAnnotatedClip({ path, facts: factsOf(), blur, bars: false });
  for (let i = 0; i < COUNT; i++)
    await clip.add({ image: stripes(), timestamp: i / RATE, duration: 1 / RATE }, i >= 10 && i <= 12 ? [face] : [], {
      seen: seen(i),
      analysed: analysed(i),
    });
  await clip.finish();
  const { frames } = await readAll(await openClip(path));
  expect(frames.map(({ timestamp }) => Math.round(timestamp * 1000))).toEqual(Array.from({ length: COUNT }, (_, i) => i * 100));
  return frames;
}

function factsOf() {
  return {
    width: WIDTH,
    height: HEIGHT,
    duration: COUNT / RATE,
    frameRate: RATE,
    frameCount: COUNT,
    codec: 'h264',
    container: 'mp4',
    rotation: 0 as const,
    audio: false,
  };
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

const hidden = (frames: readonly Frame[], box: BoundingBox) =>
  frames.flatMap((frame, i) => (contrast(frame, box) < 40 ? [i] : []));

describe('openAnnotatedClip', () => {
  it('hides nothing unless it is asked to', async () => {
    expect(hidden(await write('plain.mp4', false, () => [OTHER]), BOX)).toEqual([]);
  });

  it('hides a face for a moment before it is found and after it is lost', async () => {
    const frames = await write('hidden.mp4', true);
    const [first, last] = [hidden(frames, BOX)[0]!, hidden(frames, BOX).at(-1)!];
    expect(hidden(frames, BOX)).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
    // Half a second is five frames.
    expect(first).toBeGreaterThanOrEqual(4);
    expect(first).toBeLessThanOrEqual(6);
    expect(last).toBeGreaterThanOrEqual(16);
    expect(last).toBeLessThanOrEqual(18);
    expect(hidden(frames, OTHER)).toEqual([]);
  });

  it('hides what else was seen, for a moment around the frames in which it was', async () => {
    const frames = await write('seen.mp4', true, (i) => (i === 3 || i === 20 ? [OTHER] : []));
    expect(hidden(frames, OTHER)).toEqual([...range(0, 8), ...range(15, COUNT - 1)]);
    expect(hidden(await write('unseen.mp4', true), OTHER)).toEqual([]);
  });

  it('hides it, too, in the frames that are not looked at', async () => {
    // Seen in frame 0 and, further right, in frame 10; from frame 20 on gone.
    const [early, late] = [{ ...OTHER, x: 8 }, OTHER];
    const seen = (i: number) => (i === 0 ? [early] : i === 10 ? [late] : []);
    const frames = await write('sparse.mp4', true, seen, (i) => i % 10 === 0);
    expect(hidden(frames, early)).toEqual(range(0, 9));
    expect(hidden(frames, late)).toEqual(range(1, 19));
  });

  it('leaves nothing behind where it is not finished', async () => {
    const path = join(folder, 'unfinished.mp4');
    {
      await using clip = await openAnnotatedClip({ path, facts: factsOf(), blur: true });
      await clip.add({ image: stripes(), timestamp: 0, duration: 0.1 }, [face]);
    }
    expect((await readdir(folder)).filter((name) => name.includes('unfinished'))).toEqual([]);
  });
});
