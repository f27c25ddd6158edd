import { describe, expect, it } from 'vitest';
import { averageDecay, startAverage, updateAverage } from '#dist/train/average.js';
import { clipGlobalNorm, globalNorm } from '#dist/train/gradient.js';
import { adam, adamW, type Optimiser, sgd } from '#dist/train/optimiser.js';

/** One weight through several updates with the given gradients; its value after each. */
function trace(optimiser: Optimiser, start: number, gradients: readonly number[], rate: number, name = 'a.kernel'): number[] {
  const parameters = { [name]: Float32Array.of(start) };
  const state = optimiser.init(parameters);
  return gradients.map((g) => {
    optimiser.update(parameters, { [name]: Float32Array.of(g) }, state, { learningRate: rate });
    return parameters[name]![0]!;
  });
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 6);
}

describe('sgd', () => {
  it('without momentum goes down the gradient', () => {
    expectClose(trace(sgd({ momentum: 0 }), 1, [0.5, -1, 2], 0.1), [0.95, 1.05, 0.85]);
  });

  it('with momentum adds up a velocity', () => {
    // v: 1, 1.9, 2.71
    expectClose(trace(sgd({ momentum: 0.9 }), 1, [1, 1, 1], 0.1), [0.9, 0.71, 0.439]);
  });

  it("with Nesterov's look-ahead follows g + mu v", () => {
    // v: 1, 1.9, 2.71; step: 1.9, 2.71, 3.439
    expectClose(trace(sgd({ momentum: 0.9, nesterov: true }), 1, [1, 1, 1], 0.1), [0.81, 0.539, 0.1951]);
  });

  it('adds weight decay to the gradient', () => {
    // g = 0 + 0.1 w: w = 1 - 0.1 * 0.1 = 0.99, then v = 0.9 * 0.1 + 0.099 = 0.189
    expectClose(trace(sgd({ momentum: 0.9, weightDecay: 0.1 }), 1, [0, 0], 0.1), [0.99, 0.9711]);
  });

  it('refuses what makes no sense', () => {
    expect(() => sgd({ momentum: 1 })).toThrow(/momentum must lie in \[0, 1\), not 1/);
    expect(() => sgd({ momentum: 0, nesterov: true })).toThrow(/nesterov needs a momentum/);
    expect(() => sgd({ momentum: -0.1 })).toThrow(/momentum must lie in \[0, 1\), not -0.1/);
    expect(() => sgd({ weightDecay: Number.NaN })).toThrow(/weightDecay/);
    expect(() => sgd({ weightDecay: -1 })).toThrow(/weightDecay/);
    expect(() => sgd({ weightDecay: Number.POSITIVE_INFINITY })).toThrow(/weightDecay/);
    for (const make of [adam, adamW]) {
      expect(() => make({ epsilon: 0 })).toThrow(/epsilon must be above 0, not 0/);
      expect(() => make({ beta1: -0.1 })).toThrow(/beta1/);
      expect(() => make({ beta2: 1 })).toThrow(/beta2/);
    }
  });

  it('leaves no denormals behind where a gradient stays zero', () => {
    const parameters = { 'a.kernel': Float32Array.of(1) };
    const optimiser = sgd({ momentum: 0.5 });
    const state = optimiser.init(parameters);
    optimiser.update(parameters, { 'a.kernel': Float32Array.of(1e-6) }, state, { learningRate: 1e-3 });
    // 1e-6 / 2^100 is 8e-37: a float could still hold it.
    for (let i = 0; i < 100; i++) optimiser.update(parameters, { 'a.kernel': Float32Array.of(0) }, state, { learningRate: 1e-3 });
    expect(state.slots.velocity!['a.kernel']![0]).toBe(0);
  });
});

describe('adam', () => {
  it('makes a first step of the size of the rate, whatever the gradient', () => {
    expectClose(trace(adam(), 1, [1e-3], 0.01), [0.99]);
    expectClose(trace(adam(), 1, [-1e3], 0.01), [1.01]);
  });

  it.each([
    { name: 'adam', make: adam({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.2 }), l2: 0.2, decoupled: 0 },
    { name: 'adamW', make: adamW({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.2 }), l2: 0, decoupled: 0.2 },
  ])('$name follows the published algorithm for three steps', ({ make, l2, decoupled }) => {
    const gradients = [0.3, -0.7, 1.1];
    const rate = 0.05;
    // Kingma & Ba, algorithm 1, and Loshchilov & Hutter, algorithm 2, line by line in double precision.
    let theta = 0.9;
    let m = 0;
    let v = 0;
    const expected = gradients.map((gradient, index) => {
      const t = index + 1;
      const g = gradient + l2 * theta;
      m = 0.8 * m + (1 - 0.8) * g;
      v = 0.95 * v + (1 - 0.95) * g ** 2;
      const mHat = m / (1 - 0.8 ** t);
      const vHat = v / (1 - 0.95 ** t);
      theta = theta - rate * (mHat / (Math.sqrt(vHat) + 1e-3) + decoupled * theta);
      return theta;
    });
    expectClose(trace(make, 0.9, gradients, rate), expected);
  });

  it('differs between coupled and decoupled decay', () => {
    const [coupled] = trace(adam({ weightDecay: 0.1 }), 1, [1], 0.1);
    const [decoupled] = trace(adamW({ weightDecay: 0.1 }), 1, [1], 0.1);
    expect(coupled).toBeCloseTo(0.9, 6); // the penalty vanishes in the normalisation
    expect(decoupled).toBeCloseTo(0.89, 6);
  });

  it('stays finite where a gradient is zero for ever, and leaves no denormals behind', () => {
    const parameters = { 'a.kernel': Float32Array.of(1) };
    const optimiser = adam();
    const state = optimiser.init(parameters);
    optimiser.update(parameters, { 'a.kernel': Float32Array.of(1e-6) }, state, { learningRate: 1e-3 });
    for (let i = 0; i < 1000; i++)
      optimiser.update(parameters, { 'a.kernel': Float32Array.of(0) }, state, { learningRate: 1e-3 });
    expect(state.slots.mean!['a.kernel']![0]).toBe(0);
    // The squares fade more slowly: 1e-15 · 0.5^100 would still be a float.
    const quick = adam({ beta2: 0.5 });
    const squares = quick.init(parameters);
    quick.update(parameters, { 'a.kernel': Float32Array.of(1e-6) }, squares, { learningRate: 1e-3 });
    for (let i = 0; i < 70; i++) quick.update(parameters, { 'a.kernel': Float32Array.of(0) }, squares, { learningRate: 1e-3 });
    expect(squares.slots.square!['a.kernel']![0]).toBe(0);
    expect(Number.isFinite(parameters['a.kernel'][0])).toBe(true);
    expect(state.step).toBe(1001);
  });
});

describe('every optimiser', () => {
  const all = [sgd({ weightDecay: 0.5 }), adam({ weightDecay: 0.5 }), adamW({ weightDecay: 0.5 })];

  it.each(all)('$name decays kernels only, unless told otherwise', (optimiser) => {
    const names = ['conv1.kernel', 'conv1.bias', 'bn1.scale', 'bn1.offset'];
    const decayed = (decay?: (name: string) => number | boolean): string[] => {
      const parameters = Object.fromEntries(names.map((name) => [name, Float32Array.of(1)]));
      const gradients = Object.fromEntries(names.map((name) => [name, Float32Array.of(0)]));
      optimiser.update(parameters, gradients, optimiser.init(parameters), { learningRate: 0.1, ...(decay ? { decay } : {}) });
      return names.filter((name) => parameters[name]![0] !== 1);
    };
    expect(decayed()).toEqual(['conv1.kernel']);
    expect(decayed(() => true)).toEqual(names);
    expect(decayed(() => 0)).toEqual([]);
  });

  it.each(all)('$name resumes from a copy of its state as if it had never stopped', (optimiser) => {
    const gradientsAt = (step: number) => ({ 'a.kernel': Float32Array.from([Math.sin(step), Math.cos(3 * step)]) });
    const run = (parameters: { 'a.kernel': Float32Array }, state: ReturnType<Optimiser['init']>, from: number, to: number) => {
      for (let step = from; step < to; step++)
        optimiser.update(parameters, gradientsAt(step), state, { learningRate: 0.01, step });
    };
    const whole = { 'a.kernel': Float32Array.of(0.3, -0.2) };
    const wholeState = optimiser.init(whole);
    run(whole, wholeState, 0, 3);
    const resumed = { 'a.kernel': whole['a.kernel'].slice() };
    const resumedState = structuredClone(wholeState);
    run(whole, wholeState, 3, 6);
    run(resumed, resumedState, 3, 6);
    expect(resumed).toEqual(whole);
    expect(resumedState).toEqual(wholeState);
  });

  it.each(all)('$name leaves parameters without a gradient alone and names a gradient that fits nothing', (optimiser) => {
    const parameters = { 'a.kernel': Float32Array.of(1), 'bn.mean': Float32Array.of(2) };
    const state = optimiser.init(parameters);
    optimiser.update(parameters, { 'a.kernel': Float32Array.of(1) }, state, { learningRate: 0.1 });
    expect(parameters['bn.mean'][0]).toBe(2);
    expect(parameters['a.kernel'][0]).toBeLessThan(1);
    expect(() => optimiser.update(parameters, { b: Float32Array.of(1) }, state, { learningRate: 0.1 })).toThrow(/'b'/);
    expect(() => optimiser.update(parameters, { 'a.kernel': new Float32Array(2) }, state, { learningRate: 0.1 })).toThrow(
      /gradient of 2 numbers for 'a.kernel' has a parameter of 1/,
    );
    expect(() =>
      optimiser.update(parameters, { 'a.kernel': Float32Array.of(1) }, { slots: {}, step: 0 }, { learningRate: 0.1 }),
    ).toThrow(/no slot/);
    for (const learningRate of [Number.NaN, -0.1, Number.POSITIVE_INFINITY])
      expect(() => optimiser.update(parameters, {}, state, { learningRate })).toThrow(/learningRate/);
    const before = parameters['a.kernel'][0];
    optimiser.update(parameters, { 'a.kernel': Float32Array.of(1) }, state, { learningRate: 0 });
    expect(parameters['a.kernel'][0]).toBe(before);
  });
});

describe('clipGlobalNorm', () => {
  it('scales all gradients together and returns the norm from before', () => {
    const gradients = { a: Float32Array.of(3), b: Float32Array.of(0, 4) };
    expect(clipGlobalNorm(gradients, 1)).toBe(5);
    expect(globalNorm(gradients)).toBeCloseTo(1, 6);
    expectClose([...gradients.a, ...gradients.b], [0.6, 0, 0.8]);
  });

  it('leaves short gradients and broken ones as they are', () => {
    const short = { a: Float32Array.of(3, 4) };
    expect(clipGlobalNorm(short, 6)).toBe(5);
    expect([...short.a]).toEqual([3, 4]);
    const broken = { a: Float32Array.of(Number.NaN, 1) };
    expect(clipGlobalNorm(broken, 1)).toBeNaN();
    expect(broken.a[1]).toBe(1);
    expect(() => clipGlobalNorm(short, 0)).toThrow(/maxNorm/);
  });
});

describe('the average of weights', () => {
  it('follows the warm-up min(decay, (1 + t) / (10 + t))', () => {
    expect(averageDecay(0.999, 0)).toBeCloseTo(0.1, 12);
    expect(averageDecay(0.999, 8)).toBeCloseTo(0.5, 12);
    expect(averageDecay(0.999, 1e6)).toBe(0.999);
    const parameters = { 'a.kernel': Float32Array.of(0), 'bn.mean': Float32Array.of(10) };
    const average = startAverage(parameters);
    parameters['a.kernel'][0] = 1;
    parameters['bn.mean'][0] = 20;
    updateAverage(average, parameters, { decay: 0.999, step: 0 });
    expectClose([average['a.kernel']![0]!, average['bn.mean']![0]!], [0.9, 19]); // d = 0.1
    updateAverage(average, parameters, { decay: 0.15, step: 1 });
    expectClose([average['a.kernel']![0]!, average['bn.mean']![0]!], [0.985, 19.85]); // d = min(0.15, 2/11)
  });

  it('is a copy, and refuses other parameters', () => {
    const parameters = { a: Float32Array.of(1) };
    const average = startAverage(parameters);
    average.a![0] = 5;
    expect(parameters.a[0]).toBe(1);
    expect(() => updateAverage(average, { b: Float32Array.of(1) }, { step: 0 })).toThrow(/'b'/);
    expect(() => updateAverage(average, parameters, { decay: 1, step: 0 })).toThrow(/decay/);
  });
});
