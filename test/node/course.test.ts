/** One recording on the stimulus's clock: which seconds look away. */
import { describe, expect, it } from 'vitest';
import { LEADING } from '#dist/attributes/index.js';
import { type Landmarks, turnedAside } from '#dist/core/geometry.js';
import type { FrameResult } from '#dist/results/video-result.js';
import { createCourse } from '#dist/study/course.js';

/** A head that stands out by 0.45 eye distances, turned by `yaw` and leaning by `roll` degrees. */
function head(yaw: number, roll = 0): Landmarks {
  const [y, r] = [yaw, roll].map((degrees) => (degrees * Math.PI) / 180) as [number, number];
  const point = (x: number, down: number, out: number) => {
    const across = x * Math.cos(y) + out * Math.sin(y);
    return {
      x: 100 + 40 * (across * Math.cos(r) - down * Math.sin(r)),
      y: 100 + 40 * (across * Math.sin(r) + down * Math.cos(r)),
    };
  };
  return {
    leftEye: point(-0.5, 0, 0),
    rightEye: point(0.5, 0, 0),
    nose: point(0, 0.6, 0.45),
    leftMouth: point(-0.4, 1.1, 0),
    rightMouth: point(0.4, 1.1, 0),
  };
}

describe('a head turned aside', () => {
  it.each([0, 15, -30, 45])('by %d° is known by its nose, however it leans', (yaw) => {
    for (const roll of [0, 20, -60]) expect(turnedAside(head(yaw, roll))).toBeCloseTo(0.45 * Math.tan((yaw * Math.PI) / 180), 9);
  });

  it('is not known where the eyes coincide', () => {
    const eye = { x: 5, y: 5 };
    expect(turnedAside({ ...head(0), leftEye: eye, rightEye: eye })).toBe(null);
  });
});

describe('a course', () => {
  const probabilities = Object.fromEntries(LEADING.classes.labels.map((label) => [label, 1 / LEADING.classes.labels.length]));
  const frame = (timestamp: number, yaws: readonly number[]) =>
    ({
      timestamp,
      faces: yaws.map((yaw, i) => ({
        person: i + 1,
        measured: true,
        landmarks: head(yaw),
        raw: { [LEADING.name]: { probabilities } },
      })),
    }) as unknown as FrameResult;
  const secondsAway = (person: number | 'all', frames: readonly (readonly number[])[]) => {
    const course = createCourse({ subject: LEADING, person, step: 0.1, recording: { offset: 1, baseline: null, excluded: [] } });
    for (const [i, yaws] of frames.entries()) course.add(frame(i / 4, yaws));
    return course.finish().quality.lookingAway;
  };

  it('counts the seconds in which the head is turned by more than 35°, of the stimulus alone', () => {
    // The first four frames are before the stimulus; the last one only says when the one before it ends.
    expect(secondsAway(1, [[60], [60], [60], [60], [30], [-30], [40], [-40], [0]])).toBeCloseTo(0.5, 6);
    expect(secondsAway(1, [[0], [0], [0], [0], [34], [-34], [], [0]])).toBe(0);
  });

  it('counts the share of those asked for', () => {
    const frames = [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [50, 0],
      [50, 0],
      [50, 50],
      [0, 0],
    ];
    expect(secondsAway(1, frames)).toBeCloseTo(0.75, 6);
    expect(secondsAway(2, frames)).toBeCloseTo(0.25, 6);
    expect(secondsAway('all', frames)).toBeCloseTo(0.5, 6);
  });
});
