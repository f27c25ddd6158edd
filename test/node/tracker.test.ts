import { describe, expect, it } from 'vitest';
import type { Appearance } from '#dist/analyze/appearance.js';
import type { TrackableDetection } from '#dist/analyze/track.js';
import { type TrackedBox, Tracker } from '#dist/analyze/tracker.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import { random } from '#dist/core/random.js';
import { type TrackedFrame, trackingReport } from '#dist/train/evaluate/tracking.js';
import { CROWD, crowdAt } from './fixtures/crowd.js';

/** A made-up person's appearance, with noise of its own each time. */
function appearanceFor(face: number, chance = random(face, 1)): Appearance {
  const own = random(face, 0);
  const pattern = new Float32Array(256).map(() => 120 + own.normal(0, 40) + chance.normal(0, 6));
  const chroma = new Float32Array(8).map((_, i) => (i % 2 ? 0.3 : 0.5) + 0.1 * Math.sin(face + i) + chance.normal(0, 0.01));
  return { pattern, chroma };
}

function detection(
  x: number,
  y: number,
  side: number,
  { score = 0.9, face = undefined as number | undefined } = {},
): TrackableDetection {
  const middle = { x: x + side / 2, y: y + side / 2 };
  const landmarks = { leftEye: middle, rightEye: middle, nose: middle, leftMouth: middle, rightMouth: middle };
  const appearance = face === undefined ? undefined : appearanceFor(face);
  return { box: { x, y, width: side, height: side }, landmarks, score, appearance };
}

const numbers = (boxes: readonly TrackedBox[]) => boxes.map(({ person }) => person);

describe('the tracker', () => {
  it('shows persons in the first frame, later sure ones at once and unsure ones when they stay', () => {
    const tracker = new Tracker();
    expect(numbers(tracker.update(0, [detection(10, 10, 40, { score: 0.55 }), detection(200, 10, 40)]))).toEqual([1, 2]);
    const both = [detection(10, 10, 40, { score: 0.55 }), detection(200, 10, 40)];
    expect(numbers(tracker.update(0.04, [...both, detection(400, 10, 40), detection(300, 200, 40, { score: 0.6 })]))).toEqual([
      1, 2, 3,
    ]);
    const four = [...both, detection(400, 10, 40), detection(300, 200, 40, { score: 0.6 })];
    expect(numbers(tracker.update(0.08, four))).toEqual([1, 2, 3]);
    expect(numbers(tracker.update(0.12, four))).toEqual([1, 2, 3, 4]);
  });

  it('follows a person through unsure frames without calling them clear, and starts none there', () => {
    const tracker = new Tracker();
    tracker.update(0, [detection(10, 10, 40)]);
    for (let i = 1; i < 20; i++) {
      const found = tracker.update(i * 0.04, [detection(10 + i, 10, 40, { score: 0.3 }), detection(300, 10, 40, { score: 0.3 })]);
      expect(found).toMatchObject([{ person: 1, clear: false, detection: 0 }]);
    }
  });

  it('bridges an occlusion, carries a box for a moment, and lets go in the end', () => {
    const tracker = new Tracker();
    for (let i = 0; i < 25; i++) tracker.update(i * 0.04, [detection(100 + 3 * i, 50, 60, { face: 1 })]);
    expect(tracker.update(1, [])).toMatchObject([{ person: 1, detection: undefined }]);
    expect(tracker.update(1.2, [])).toEqual([]);
    expect(numbers(tracker.update(1.5, [detection(100 + 3 * 37, 50, 60, { face: 1 })]))).toEqual([1]);
    for (let t = 2; t < 7; t += 0.5) expect(tracker.update(t, [])).toEqual([]);
    expect(tracker.takeEnded()).toEqual([]);
    tracker.update(7, []);
    expect(tracker.takeEnded()).toEqual([1]);
    expect(tracker.takeEnded()).toEqual([]);
  });

  it.each([
    ['stands', 0],
    ['walks on the same way', 40],
    ['walks the other way', -40],
  ])('keeps the number of somebody who %s, hidden a full second by another who crosses', (_, speed) => {
    for (let seed = 1; seed <= 8; seed++) {
      const chance = random(seed);
      const tracker = new Tracker();
      let hidden = 0;
      for (let i = 0; i < 125; i++) {
        const t = i / 25;
        // The one in front is larger, and is before the other's middle at 2.5 s. Who is covered by half or more is not found.
        const apart = (t - 2.5) * 72;
        const behind = 300 + speed * (t - 2.5);
        const detections = [
          { ...detection(behind + apart + chance.normal(0, 1), 52, 72), appearance: appearanceFor(2, chance) },
          { ...detection(behind + chance.normal(0, 1), 50, 60), appearance: appearanceFor(1, chance) },
        ];
        const covered = Math.abs(apart) < 36.5;
        if (covered) hidden++;
        const found = tracker.update(t, covered ? detections.slice(0, 1) : detections);
        const seen = found.filter(({ detection }) => detection !== undefined);
        const persons = new Map(seen.map(({ detection, person }) => [detection, person]));
        expect(persons.get(0)).toBe(1);
        if (!covered) expect(persons.get(1)).toBe(2);
      }
      expect(hidden).toBeGreaterThanOrEqual(25);
    }
  });

  it('knows somebody who is back from who is new', () => {
    for (const [face, person] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const tracker = new Tracker();
      for (let i = 0; i < 40; i++) tracker.update(i * 0.04, [detection(100, 50, 60, { face: 1 })]);
      for (let i = 40; i < 90; i++) tracker.update(i * 0.04, []);
      let found: readonly TrackedBox[] = [];
      for (let i = 90; i < 105; i++) found = tracker.update(i * 0.04, [detection(400, 150, 60, { face })]);
      expect(numbers(found)).toEqual([person]);
    }
  });

  it('does not take a stranger in somebody’s place for them', () => {
    const tracker = new Tracker();
    for (let i = 0; i < 50; i++) tracker.update(i * 0.04, [detection(100, 50, 60, { face: 1 })]);
    for (let i = 50; i < 75; i++) {
      const found = tracker.update(i * 0.04, [detection(100, 50, 60, { face: 4 })]);
      // Until the new person is one, nothing is measured under the old number.
      for (const { person, clear } of found) if (person === 1) expect(clear).toBe(false);
    }
    expect(numbers(tracker.update(3, [detection(100, 50, 60, { face: 4 })]))).toEqual([2]);
  });

  describe.each([1, 4, 8, 60])('with frames %i s apart', (gap) => {
    const follow = (...frames: readonly (readonly TrackableDetection[])[]) => {
      const tracker = new Tracker();
      return frames.map((found, i) => numbers(tracker.update(i * gap, found)));
    };
    const here = (face: number, chance: ReturnType<typeof random>) => ({
      ...detection(100, 50, 60),
      appearance: appearanceFor(face, chance),
    });
    const there = (face: number, chance: ReturnType<typeof random>, x = 700) => ({
      ...detection(x, 250, 70),
      appearance: appearanceFor(face, chance),
    });
    const chance = random(7);

    it('who stays in place keeps the number', () => {
      const frames = Array.from({ length: 8 }, () => [here(1, chance), there(2, chance)]);
      expect(follow(...frames)).toEqual(frames.map(() => [1, 2]));
    });

    it('who was gone for some frames, or moved far, is known by appearance', () => {
      const gone = [there(2, chance)];
      const both = [here(1, chance), there(2, chance)];
      expect(follow(both, both, gone, gone, gone, both).at(-1)).toEqual([1, 2]);
      expect(follow([here(1, chance)], [here(1, chance)], [there(1, chance, 1500)])).toEqual([[1], [1], [1]]);
    });

    it('a stranger in the place is somebody else at once, and the first is known again', () => {
      const found = follow(...[1, 1, 1, 4, 4, 1].map((face) => [here(face, chance)]));
      expect(found).toEqual([[1], [1], [1], [2], [2], [1]]);
    });

    it('who was gone for very long is forgotten', () => {
      const empty = Array.from({ length: 12 }, () => []);
      expect(follow([here(1, chance)], ...empty, [here(1, chance)]).at(-1)).toEqual([2]);
    });
  });

  it('ends everybody at a cut', () => {
    const tracker = new Tracker();
    tracker.update(0, [detection(10, 10, 40, { face: 1 }), detection(200, 10, 40, { face: 2 })]);
    tracker.cut();
    expect(tracker.carried(0.02)).toEqual([]);
    expect(numbers(tracker.update(0.04, [detection(10, 10, 40, { face: 1 })]))).toEqual([3]);
    expect(tracker.takeEnded()).toEqual([1, 2]);
    expect(tracker.newScene).toBe(true);
  });

  it('never moves an identity between far-apart boxes of frames in a row, whatever comes', () => {
    let followed = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const chance = random(seed);
      const tracker = new Tracker();
      const wanderers = Array.from({ length: 4 }, () => ({ x: chance.uniform(0, 500), y: chance.uniform(0, 250) }));
      let before = new Map<number, BoundingBox>();
      let time = 0;
      for (let frame = 0; frame < 120; frame++) {
        time += chance.uniform(0.02, 0.06);
        // Wanderers who leap now and then, and alarms from nowhere. All look the same: only place and size keep them apart.
        for (const wanderer of wanderers) {
          const leaps = chance.chance(0.08);
          wanderer.x = leaps ? chance.uniform(0, 500) : wanderer.x + chance.normal(0, 8);
          wanderer.y = leaps ? chance.uniform(0, 250) : wanderer.y + chance.normal(0, 8);
        }
        const alarms = Array.from({ length: chance.integer(3) }, () => ({
          x: chance.uniform(0, 500),
          y: chance.uniform(0, 250),
        }));
        const detections = [...wanderers, ...alarms].map(({ x, y }) =>
          detection(x, y, chance.uniform(36, 46), { score: chance.uniform(0.2, 1), face: 1 }),
        );
        const seen = tracker.update(time, detections).filter((one) => one.detection !== undefined);
        const now = new Map(seen.map(({ person, box }) => [person, box]));
        for (const [person, box] of now) {
          const last = before.get(person);
          if (!last) continue;
          followed++;
          const far = Math.hypot(
            box.x + box.width / 2 - last.x - last.width / 2,
            box.y + box.height / 2 - last.y - last.height / 2,
          );
          expect(far).toBeLessThanOrEqual((0.75 + 10 * 0.06) * Math.max(box.width, last.width));
        }
        before = now;
      }
    }
    expect(followed).toBeGreaterThan(300);
  });

  it('gives the same twice, and two share nothing', () => {
    const run = (trackers: readonly Tracker[]) => {
      const chance = random(9);
      return Array.from({ length: 80 }, (_, i) => {
        const detections = crowdAt(i / 10).map(({ box, face }) => ({
          ...detection(0, 0, 1, { face }),
          box: { ...box, x: box.x + chance.normal(0, 1) },
        }));
        return trackers.map((tracker) => tracker.update(i / 10, detections));
      });
    };
    const [pair, alone] = [run([new Tracker(), new Tracker()]), run([new Tracker()])];
    for (const [i, [one, other]] of pair.entries()) {
      expect(other).toEqual(one);
      expect(alone[i]![0]).toEqual(one);
    }
  });

  it('refuses wrong options and times that do not go on', () => {
    expect(() => new Tracker({ bridge: -1 })).toThrow(/bridge.*-1/);
    expect(() => new Tracker({ highScore: 0.3, lowScore: 0.4 })).toThrow(/0.4, 0.3/);
    expect(() => new Tracker({ memory: 1 })).toThrow(/memory/);
    const tracker = new Tracker();
    tracker.update(1, []);
    expect(() => tracker.update(1, [])).toThrow(/1 s came after 1 s/);
    expect(() => tracker.update(Number.NaN, [])).toThrow(/NaN/);
  });
});

describe('the tracking report', () => {
  const box = (x: number) => ({ x, y: 0, width: 10, height: 10 });
  const frame = (truth: readonly [number, number][], given: readonly [number, number][]): TrackedFrame => ({
    truth: truth.map(([person, x]) => ({ person, box: box(x) })),
    given: given.map(([person, x]) => ({ person, box: box(x) })),
  });

  it('counts by hand', () => {
    // Person 1 is called 7, 7, 8; person 2 is missed once; 9 is nobody.
    const report = trackingReport([
      frame(
        [
          [1, 0],
          [2, 50],
        ],
        [
          [7, 0],
          [5, 51],
        ],
      ),
      frame(
        [
          [1, 0],
          [2, 50],
        ],
        [
          [7, 1],
          [9, 200],
        ],
      ),
      frame(
        [
          [1, 0],
          [2, 50],
        ],
        [
          [8, 0],
          [5, 50],
        ],
      ),
    ]);
    expect(report).toMatchObject({
      persons: 2,
      identities: 4,
      truePositives: 4,
      falseNegatives: 2,
      falsePositives: 2,
      switches: 1,
    });
    expect(report.idf1).toBeCloseTo((2 * 4) / (6 + 6), 12);
    expect(trackingReport([]).idf1).toBe(1);
    expect(() =>
      trackingReport([
        frame(
          [
            [1, 0],
            [1, 9],
          ],
          [],
        ),
      ]),
    ).toThrow(/person 1 twice/);
  });
});

/** Truth that counts: who is to be seen by half or more. */
const visible = (t: number, seed: number) => crowdAt(t, seed).filter((face) => face.visible >= 0.5);

describe('the benchmark: six people, three crossings, an occlusion, an absence, a cut', () => {
  it('holds with made-up detections: noise, misses, false alarms', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const chance = random(seed, 5);
      const tracker = new Tracker();
      const frames: TrackedFrame[] = [];
      for (let k = 0; k < CROWD.duration * 25; k++) {
        // Uneven times, as phones record them.
        const t = (k + chance.uniform(-0.3, 0.3)) / 25;
        if (k === CROWD.cut * 25) tracker.cut();
        const now = k < CROWD.cut * 25 ? Math.min(t, CROWD.cut - 1e-3) : Math.max(t, CROWD.cut);
        const detections: TrackableDetection[] = [];
        for (const { box, face, visible: seen } of crowdAt(now, seed)) {
          if (seen < 0.4 || chance.chance(0.03)) continue;
          const { width } = box;
          const moved = { x: box.x + chance.normal(0, 0.03 * width), y: box.y + chance.normal(0, 0.03 * width) };
          const grown = { width: width * (1 + chance.normal(0, 0.03)), height: box.height * (1 + chance.normal(0, 0.03)) };
          const score = Math.min(Math.max(0.35 + 0.6 * seen + chance.normal(0, 0.05), 0.2), 1);
          detections.push({
            ...detection(0, 0, 1),
            box: { ...moved, ...grown },
            score,
            appearance: appearanceFor(face + 10 * seed, chance),
          });
        }
        if (chance.chance(0.1))
          detections.push(
            detection(chance.uniform(0, 580), chance.uniform(0, 300), 40, { score: chance.uniform(0.2, 0.6), face: 90 }),
          );
        frames.push({ truth: visible(now, seed), given: tracker.update(now, detections) });
      }
      const report = trackingReport(frames);
      expect(report.idf1, `seed ${seed}: ${JSON.stringify(report)}`).toBeGreaterThanOrEqual(0.98);
      expect(report.switches, `seed ${seed}`).toBeLessThanOrEqual(1);
    }
  });
});
