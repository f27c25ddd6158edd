import { describe, expect, it } from 'vitest';
import { SceneDetector, sceneChange } from '#dist/analyze/scene.js';
import type { Image } from '#dist/core/image.js';
import { random } from '#dist/core/random.js';

const [WIDTH, HEIGHT] = [160, 90];
/** Room to the right to pan into. */
const ROOM = 140;

/** A made-up place: coloured blobs of its own. */
function place(seed: number): Float32Array {
  const chance = random(seed, 7);
  const ground = [chance.uniform(60, 150), chance.uniform(60, 150), chance.uniform(60, 150)];
  const all = new Float32Array((WIDTH + ROOM) * HEIGHT * 3).map((_, i) => ground[i % 3]!);
  for (let blob = 0; blob < 40; blob++) {
    const [cx, cy, size] = [chance.uniform(0, WIDTH + ROOM), chance.uniform(0, HEIGHT), chance.uniform(8, 26)];
    const colour = [chance.uniform(-90, 90), chance.uniform(-90, 90), chance.uniform(-90, 90)];
    for (let y = Math.max(Math.ceil(cy - size), 0); y < Math.min(cy + size, HEIGHT); y++)
      for (let x = Math.max(Math.ceil(cx - size), 0); x < Math.min(cx + size, WIDTH + ROOM); x++)
        if (Math.hypot(x - cx, y - cy) < size)
          for (let c = 0; c < 3; c++) {
            const p = (y * (WIDTH + ROOM) + x) * 3 + c;
            all[p] = Math.max(20, Math.min(all[p]! + colour[c]!, 200));
          }
  }
  return all;
}

const places = new Map<number, Float32Array>();

/** A place seen from `left` on, brighter by `gain` and `lift`, with noise. */
function view(seed: number, { left = 0, gain = 1, lift = 0, frame = 0 } = {}): Image {
  const all = places.get(seed) ?? place(seed);
  places.set(seed, all);
  const noise = random(seed, frame, 8);
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 3);
  for (let y = 0, o = 0; y < HEIGHT; y++) {
    const row = (y * (WIDTH + ROOM) + left) * 3;
    for (let i = 0; i < WIDTH * 3; i++) data[o++] = all[row + i]! * gain + lift + noise.uniform(-4, 4);
  }
  return { width: WIDTH, height: HEIGHT, channels: 3, data };
}

/** Numbers of the frames, 25 a second, that begin a scene. */
function cuts(frames: readonly Image[], rate = 25): number[] {
  const scenes = new SceneDetector();
  return frames.flatMap((image, i) => (scenes.next(image, i / rate) ? [i] : []));
}

const still = (seed: number, count: number) => Array.from({ length: count }, (_, frame) => view(seed, { frame }));

describe('scene changes', () => {
  it('are seen at once, each one', () => {
    for (let seed = 1; seed <= 6; seed++)
      expect(cuts([...still(seed, 6), ...still(seed + 50, 5), ...still(seed + 90, 5)])).toEqual([6, 11]);
  });

  it('are none in a still image, a pan, a flash, or when the light goes out', () => {
    for (let seed = 1; seed <= 4; seed++) {
      expect(cuts(still(seed, 8))).toEqual([]);
      // Up to 12 % of the width a frame.
      const pan = [0, 2, 6, 13, 24, 40, 59, 78, 97, 113, 124, 130, 133];
      expect(cuts(pan.map((left, frame) => view(seed, { left, frame })))).toEqual([]);
      const flash = [view(seed, { gain: 2.2, lift: 30 }), view(seed, { gain: 1.6, lift: 20 })];
      expect(cuts([...still(seed, 5), ...flash, ...still(seed, 5)])).toEqual([]);
      expect(cuts([...still(seed, 5), ...Array.from({ length: 4 }, () => view(seed, { gain: 0.4 })), ...still(seed, 4)])).toEqual(
        [],
      );
    }
  });

  it('are none in a dissolve, and wait for the image after black', () => {
    const [from, to] = [view(3), view(53)];
    const mixed = Array.from(
      { length: 14 },
      (_, i): Image => ({
        ...from,
        data: from.data.map((v, k) => v + ((to.data[k]! - v) * (i + 1)) / 14),
      }),
    );
    expect(cuts([...still(3, 4), ...mixed, ...still(53, 4)])).toEqual([]);
    const black: Image = { ...from, data: new Uint8ClampedArray(from.data.length) };
    expect(cuts([...still(3, 4), black, black, ...still(53, 4)])).toEqual([6]);
    expect(cuts([...still(3, 4), black, black, ...still(3, 4)])).toEqual([]);
  });

  it('are told less readily just after the camera has moved, and as readily as ever a second later', () => {
    const swing = [0, 26, 52, 78].map((left, frame) => view(1, { left, frame }));
    const rest = Array.from({ length: 25 }, (_, frame) => view(1, { left: 78, frame: 4 + frame }));
    // Half of the new scene shines through: more than a cut takes, less than it takes after such a swing.
    const [end, other] = [view(1, { left: 78, frame: 40 }), view(51)];
    const weak: Image = { ...end, data: end.data.map((v, k) => (v + other.data[k]!) / 2) };
    expect(cuts([...swing, weak])).toEqual([]);
    expect(cuts([...swing, ...rest, weak])).toEqual([29]);
  });

  it('are measured between 0 and about 1, on grey images too', () => {
    const grey = (image: Image): Image => ({ ...image, channels: 1, data: image.data.filter((_, i) => i % 3 === 1) });
    const same = sceneChange(view(1), view(1, { frame: 1 }));
    const other = sceneChange(grey(view(1)), grey(view(51)));
    expect(same.structure + same.light + same.colour).toBeLessThan(0.1);
    expect(other.colour).toBeLessThan(1e-6);
    expect(other.structure + other.light).toBeGreaterThan(0.75);
  });
});
