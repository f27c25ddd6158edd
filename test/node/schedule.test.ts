import { describe, expect, it } from 'vitest';
import { constant, cosine, oneCycle, reduceOnPlateau, type Schedule, type ScheduleState } from '#dist/train/schedule.js';

function rates(schedule: Schedule, totalSteps: number): number[] {
  const state = schedule.start();
  return Array.from({ length: totalSteps }, (_, step) => schedule.rate(step, { totalSteps, state }));
}

describe('constant', () => {
  it('stays', () => {
    expect(rates(constant({ rate: 0.01 }), 3)).toEqual([0.01, 0.01, 0.01]);
    expect(() => constant({ rate: 0 })).toThrow(/rate must be a number above 0, not 0/);
  });
});

describe('cosine', () => {
  it('falls along half a cosine', () => {
    const all = rates(cosine({ rate: 1, floor: 0.1 }), 4);
    const expected = [0, 1, 2, 3].map((t) => 0.1 + 0.45 * (1 + Math.cos((Math.PI * t) / 4)));
    for (const [i, rate] of expected.entries()) expect(all[i]).toBeCloseTo(rate, 12);
  });

  it('rises linearly first', () => {
    const all = rates(cosine({ rate: 0.4, warmup: 0.4 }), 10);
    expect(all.slice(0, 5).map((rate) => Number(rate.toFixed(12)))).toEqual([0.1, 0.2, 0.3, 0.4, 0.4]);
    for (let i = 5; i < 10; i++) expect(all[i]).toBeLessThan(all[i - 1]!);
    expect(all[9]).toBeGreaterThan(0);
  });

  it('ends on the floor, and stays there beyond the end', () => {
    const schedule = cosine({ rate: 1, floor: 0.25 });
    expect(schedule.rate(10, { totalSteps: 10, state: {} })).toBeCloseTo(0.25, 12);
    expect(schedule.rate(99, { totalSteps: 10, state: {} })).toBeCloseTo(0.25, 12);
  });

  it('checks its options', () => {
    expect(() => cosine({ rate: 1, warmup: 5 })).toThrow(/warmup must lie in \[0, 1\), a share of the run, not 5/);
    expect(() => cosine({ rate: 1, warmup: -0.1 })).toThrow(/warmup/);
    expect(() => cosine({ rate: 1, warmup: 1 })).toThrow(/warmup/);
    expect(() => cosine({ rate: 1, floor: 2 })).toThrow(/floor/);
    expect(() => cosine({ rate: 1, floor: -0.1 })).toThrow(/floor/);
    expect(rates(cosine({ rate: 1, floor: 1 }), 2)).toEqual([1, 1]);
  });

  it('falls over what is left after the rise, whatever its share', () => {
    const all = rates(cosine({ rate: 1, warmup: 0.5 }), 8);
    // Half of the way down is at the sixth step of eight, a quarter of the run after the top.
    expect(all[6]).toBeCloseTo(0.5, 12);
  });

  it('has nothing to remember between epochs', () => {
    const schedule = cosine({ rate: 1 });
    expect(schedule.start()).toEqual({});
    expect(schedule.epochEnd({ kept: 1 }, 0.5)).toEqual({ kept: 1 });
  });
});

describe('oneCycle', () => {
  it('starts at a 25th, peaks after 30 % and ends at a 250,000th', () => {
    const all = rates(oneCycle({ rate: 0.5 }), 101);
    expect(all[0]).toBeCloseTo(0.02, 12);
    expect(all[15]).toBeCloseTo((0.5 + 0.02) / 2, 12);
    expect(all[30]).toBeCloseTo(0.5, 12);
    expect(all[65]).toBeCloseTo((0.5 + 0.02 / 1e4) / 2, 12);
    expect(all[100]).toBeCloseTo(0.02 / 1e4, 12);
    expect(Math.max(...all)).toBe(all[30]);
  });

  it('copes with runs of one step and with no rise', () => {
    expect(rates(oneCycle({ rate: 0.5 }), 1)[0]).toBeCloseTo(0.02, 12);
    expect(rates(oneCycle({ rate: 0.5, rise: 0 }), 2)[0]).toBeCloseTo(0.5, 12);
  });

  it('takes divisors of at least 1', () => {
    expect(() => oneCycle({ rate: 1, startDivisor: 0.5 })).toThrow(/startDivisor must be at least 1, not 0.5/);
    expect(() => oneCycle({ rate: 1, endDivisor: 0 })).toThrow(/endDivisor/);
    expect(rates(oneCycle({ rate: 1, startDivisor: 1, endDivisor: 1 }), 3)).toEqual([1, 1, 1]);
  });
});

describe('reduceOnPlateau', () => {
  const after = (schedule: Schedule, losses: readonly number[]): number[] => {
    let state: ScheduleState = schedule.start();
    return losses.map((loss) => {
      state = JSON.parse(JSON.stringify(schedule.epochEnd(state, loss)));
      return schedule.rate(0, { totalSteps: 1, state });
    });
  };

  it('waits for `patience` epochs without improvement, then multiplies by the factor', () => {
    const schedule = reduceOnPlateau({ rate: 1, factor: 0.5, patience: 2 });
    expect(schedule.rate(0, { totalSteps: 1, state: schedule.start() })).toBe(1);
    //                     best  wait1 wait2 wait1 wait2 best wait1
    expect(after(schedule, [2, 2.5, 2, 3, 3, 1, 1])).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]);
  });

  it('counts only falls of more than minDelta (1e-4 as in Keras)', () => {
    const schedule = reduceOnPlateau({ rate: 1, factor: 0.1, patience: 1 });
    expect(after(schedule, [1, 0.99995])).toEqual([1, 0.1]);
    expect(after(schedule, [1, 0.9998])).toEqual([1, 1]);
  });

  it('does not go below the floor, and waits after a reduction when told to', () => {
    expect(after(reduceOnPlateau({ rate: 1, factor: 0.1, patience: 1, floor: 0.05 }), [1, 1, 1, 1])).toEqual([
      1, 0.1, 0.05, 0.05,
    ]);
    // Keras's cooldown: the epoch that ends it counts again.
    expect(after(reduceOnPlateau({ rate: 1, factor: 0.5, patience: 1, cooldown: 2 }), [1, 1, 1, 1, 1])).toEqual([
      1, 0.5, 0.5, 0.25, 0.25,
    ]);
  });

  it('begins its wait anew when the cooldown ends, and waits on at the floor', () => {
    // Reduced after the second epoch; two of cooldown, the second of which counts, so that two are waited for by the sixth.
    const schedule = reduceOnPlateau({ rate: 1, factor: 0.5, patience: 2, cooldown: 2 });
    expect(after(schedule, [1, 1, 1, 1, 1, 1])).toEqual([1, 1, 0.5, 0.5, 0.5, 0.25]);
    const floored = reduceOnPlateau({ rate: 1, factor: 0.5, patience: 1, floor: 1 });
    expect(floored.epochEnd({ rate: 1, best: 1, wait: 3, cooldown: 0 }, 1)).toEqual({ rate: 1, best: 1, wait: 4, cooldown: 0 });
  });

  it('starts with nothing seen, and takes a fall of exactly minDelta for none', () => {
    expect(reduceOnPlateau({ rate: 0.5 }).start()).toEqual({ rate: 0.5, best: null, wait: 0, cooldown: 0 });
    expect(after(reduceOnPlateau({ rate: 1, factor: 0.5, patience: 1, minDelta: 0.5 }), [1, 0.5])).toEqual([1, 0.5]);
  });

  it('checks its options', () => {
    for (const factor of [0, -0.5]) expect(() => reduceOnPlateau({ rate: 1, factor })).toThrow(/factor/);
    for (const patience of [0, -1, 1.5]) expect(() => reduceOnPlateau({ rate: 1, patience })).toThrow(/patience/);
    for (const cooldown of [-1, 0.5]) expect(() => reduceOnPlateau({ rate: 1, cooldown })).toThrow(/cooldown/);
    expect(() => reduceOnPlateau({ rate: 1, minDelta: -1 })).toThrow(/minDelta/);
    expect(after(reduceOnPlateau({ rate: 1, minDelta: 0, patience: 1, factor: 0.5 }), [1, 0.9])).toEqual([1, 1]);
  });

  it('takes a loss that is not a number for no improvement', () => {
    expect(after(reduceOnPlateau({ rate: 1, factor: 0.5, patience: 2 }), [Number.NaN, Number.NaN, 1])).toEqual([1, 0.5, 0.5]);
  });

  it('leaves the state it is given alone', () => {
    const schedule = reduceOnPlateau({ rate: 1 });
    const state = Object.freeze(schedule.start());
    schedule.epochEnd(state, 1);
    expect(state).toEqual(schedule.start());
    expect(() => reduceOnPlateau({ rate: 1, factor: 1 })).toThrow(/factor/);
    expect(() => reduceOnPlateau({ rate: 1, patience: 0.5 })).toThrow(/patience/);
  });
});
