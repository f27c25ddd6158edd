/** A stimulus on the page's clock. */
import { describe, expect, it } from 'vitest';
import { StimulusClock } from '#dist/study/stimulus-clock.js';

function clock(...marks: readonly (readonly [now: number, seconds: number])[]): StimulusClock {
  const made = new StimulusClock();
  for (const [now, seconds] of marks) made.mark(now, seconds);
  return made;
}

describe('a stimulus on the clock', () => {
  it('runs evenly between its marks, and before and after them', () => {
    const even = clock([1000, 0], [2000, 1], [4000, 3]);
    expect([500, 1000, 1500, 3000, 4500].map((now) => even.at(now))).toEqual([-0.5, 0, 0.5, 2, 3.5]);
    expect(even.stalled).toBe(0);
  });

  it('stands where it stood, and counts for how long', () => {
    const stood = clock([0, 0], [1000, 1], [1500, 1], [2000, 1], [3000, 2]);
    expect([1200, 1900, 2500].map((now) => stood.at(now))).toEqual([1, 1, 1.5]);
    expect(stood.stalled).toBe(1);
  });

  it('never goes back', () => {
    const jumped = clock([0, 0], [1000, 1], [1100, 0.2], [900, 2], [2000, 2]);
    expect(jumped.at(1100)).toBeCloseTo(1.1, 12);
    expect(jumped.stalled).toBe(0);
  });

  it('is nowhere before it was marked', () => {
    expect(clock().at(5)).toBeNaN();
    expect(clock().stalled).toBe(0);
  });
});
