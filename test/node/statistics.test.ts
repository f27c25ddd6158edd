/**
 * Statistics against scipy 1.17.1 and R 4.2.2. The values were made by the commands in the comments, in R by those of fixtures/statistics.R,
 * with these data:
 *
 *     a, b = np.array(A), np.array(B); d = a - b; g, h = np.array(G), np.array(H)
 */
import { describe, expect, it } from 'vitest';
import { random } from '#dist/core/random.js';
import { bootstrapBand } from '#dist/statistics/bootstrap.js';
import { pairedClusters, unpairedClusters } from '#dist/statistics/clusters.js';
import { cliffsDelta, cohensDz } from '#dist/statistics/effect.js';
import { cohensKappa } from '#dist/statistics/kappa.js';
import { pairedTest, unpairedTest } from '#dist/statistics/permutation.js';
import { smallestPaired, smallestUnpaired } from '#dist/statistics/power.js';
import { tBelow, tQuantile } from '#dist/statistics/students-t.js';

const A = [0.61, 0.42, 0.75, 0.33, 0.58, 0.49, 0.7, 0.66];
const B = [0.4, 0.38, 0.52, 0.35, 0.41, 0.5, 0.44, 0.47];
const D = A.map((a, i) => a - B[i]!);
const [G, H] = [
  [0.61, 0.42, 0.75, 0.33, 0.58],
  [0.4, 0.38, 0.52, 0.35, 0.41, 0.5],
];

describe('permutation tests', () => {
  it('try everything where they can', () => {
    // permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type='samples', n_resamples=np.inf).pvalue
    expect(pairedTest(D)).toMatchObject({ p: 0.03125, method: 'exact', rearrangements: 256 });
    // permutation_test((g, h), lambda x, y: abs(np.mean(x) - np.mean(y)), permutation_type='independent', alternative='greater',
    //   n_resamples=np.inf).pvalue
    const unpaired = unpairedTest(G, H);
    expect(unpaired).toMatchObject({ method: 'exact', rearrangements: 462 });
    expect(unpaired.p).toBeCloseTo(0.17099567099567, 12);
  });

  it('come near that at random, the same for a seed, and never to 0', () => {
    const some = { most: 200, seed: 3 };
    expect(pairedTest(D, some)).toMatchObject({ method: 'random', rearrangements: 200 });
    expect(pairedTest(D, some)).toEqual(pairedTest(D, some));
    expect(pairedTest(D, { most: 255 }).p).toBeCloseTo(0.03125, 1);
    expect(unpairedTest(G, H, { most: 400 }).p).toBeCloseTo(0.171, 1);
    expect(pairedTest(new Array(30).fill(1), { most: 100 }).p).toBe(0.01);
  });

  it('refuse what cannot be tested', () => {
    expect(() => pairedTest([0.3])).toThrow('a test needs two values or more; got 1');
    expect(() => unpairedTest([0.3, Number.NaN], [1, 2])).toThrow('a test takes numbers; got NaN');
  });

  it('find a difference that is not there in about 5 of 100 studies', () => {
    const share = (p: (chance: ReturnType<typeof random>, seed: number) => number) =>
      Array.from({ length: 400 }, (_, i) => p(random(17, i), i)).filter((value) => value < 0.05).length / 400;
    const draw = (chance: ReturnType<typeof random>, n: number) => Array.from({ length: n }, () => chance.normal());
    // 400 draws at 5 %: 2.9 to 7.1 % within two standard errors.
    const paired = share((chance, seed) => pairedTest(draw(chance, 10), { most: 500, seed }).p);
    const unpaired = share((chance, seed) => unpairedTest(draw(chance, 7), draw(chance, 8), { most: 500, seed }).p);
    const courses = (chance: ReturnType<typeof random>) =>
      Array.from({ length: 10 }, () => {
        let level = 0;
        return Array.from({ length: 20 }, () => (level = 0.8 * level + chance.normal()));
      });
    const clusters = share((chance, seed) =>
      Math.min(1, ...pairedClusters(courses(chance), { seed, rearrangements: 100 }).map(({ p }) => p)),
    );
    for (const found of [paired, unpaired, clusters]) {
      expect(found).toBeGreaterThan(0.025);
      expect(found).toBeLessThan(0.075);
    }
  });
});

describe('effect sizes', () => {
  it("Cohen's d_z, with the interval from the non-central t", () => {
    const { value, interval } = cohensDz(D)!;
    // d.mean() / d.std(ddof=1)
    expect(value).toBeCloseTo(1.1889308272238717, 12);
    // brentq(lambda nc: nct.cdf(t, 7, nc) - .975, -5, 10) / np.sqrt(8), and - .025
    expect(interval![0]).toBeCloseTo(0.24293471771419828, 5);
    expect(interval![1]).toBeCloseTo(2.0896397117270027, 5);
    expect(cohensDz([1, 1, 1])).toBeUndefined();
  });

  it("Cliff's delta, with Feng and Cliff's interval", () => {
    const { value, interval } = cliffsDelta(G, H);
    // 2 * mannwhitneyu(g, h).statistic / 30 - 1
    expect(value).toBeCloseTo(0.46666666666666656, 12);
    // The formula of the paper in numpy, from the matrix np.sign(g[:, None] - h[None, :])
    expect(interval![0]).toBeCloseTo(-0.21621933007584537, 12);
    expect(interval![1]).toBeCloseTo(0.8429523754728453, 12);
    expect(cliffsDelta([3, 4], [1, 2])).toEqual({ value: 1, interval: null });
  });
});

describe("Student's t and power", () => {
  it('integrate to what scipy has', () => {
    expect(tBelow(2, 7, 1.5)).toBeCloseTo(0.6468007850041534, 6); // nct.cdf(2, 7, 1.5)
    expect(tBelow(-1, 3, -0.5)).toBeCloseTo(0.34847166698987214, 6); // nct.cdf(-1, 3, -.5)
    for (const [freedom, t] of [
      [1, 12.706204736174694],
      [5, 2.5705818356363146],
      [11, 2.200985160091639],
    ] as const)
      expect(tQuantile(0.975, freedom) / t).toBeCloseTo(1, 4); // t.ppf(.975, freedom)
  });

  it('say how small an effect could have been shown', () => {
    // brentq(lambda e: nct.sf(t.ppf(.975, n - 1), n - 1, e * np.sqrt(n)) - .8, .01, 2.5)
    expect(smallestPaired(6)).toBeCloseTo(1.434545343950007, 4);
    expect(smallestPaired(12)).toBeCloseTo(0.8886551454156308, 4);
    expect(smallestPaired(30)).toBeCloseTo(0.5292362447757996, 4);
    expect(smallestUnpaired(8, 10)).toBeCloseTo(1.4156946911461052, 4);
    expect(smallestPaired(1)).toBeUndefined();
  });
});

describe('bands', () => {
  it('lie around the mean of those who are there', () => {
    const [first, second, third] = bootstrapBand([
      [0.1, 0.5, null],
      [0.3, null, null],
      [0.8, 0.7, null],
      [0.4, 0.6, 0.9],
    ]);
    expect(first).toMatchObject({ n: 4, mean: 0.4 });
    expect(first!.low!).toBeGreaterThanOrEqual(0.1);
    expect(first!.low!).toBeLessThan(0.3);
    expect(first!.high!).toBeGreaterThan(0.5);
    expect(second!.n).toBe(3);
    expect(third).toEqual({ n: 1, mean: 0.9, low: null, high: null });
  });

  it('hold the true mean in about 95 of 100 studies', () => {
    const held = Array.from({ length: 200 }, (_, i) => {
      const chance = random(5, i);
      const [point] = bootstrapBand(
        Array.from({ length: 30 }, () => [chance.normal(2)]),
        { seed: i, repetitions: 400 },
      );
      return point!.low! <= 2 && 2 <= point!.high!;
    }).filter(Boolean).length;
    expect(held / 200).toBeGreaterThan(0.89);
    expect(held / 200).toBeLessThan(0.99);
  });
});

describe('clusters over time', () => {
  // ttest_1samp(np.array(C), 0).statistic: [2.71163072, 1.74607574, 8.66025404, 11.37135402, 1.94145069]
  const C = [
    [0.1, 0.2, 0.6, 0.7, 0.2],
    [0.0, 0.1, 0.5, 0.9, 0.1],
    [0.2, 0.1, 0.4, 0.6, 0.3],
    [0.1, 0.0, 0.7, 0.8, 0.2],
    [0.1, -0.1, 0.5, 0.5, 0.0],
    [0.0, 0.2, 0.3, 0.6, -0.1],
  ];

  it('weigh neighbouring moments together', () => {
    const clusters = pairedClusters(C);
    expect(clusters.map(({ from, to }) => [from, to])).toEqual([
      [0, 0],
      [2, 3],
    ]);
    expect(clusters[0]!.mass).toBeCloseTo(2.71163072, 7);
    expect(clusters[1]!.mass).toBeCloseTo(8.66025404 + 11.37135402, 7);
    // R, over all 64 signs: 0.21875 and 0.03125 (only all signs as they are, or all swapped, reach it). Here 1,000 are drawn: three
    // standard errors are 0.04 and 0.017.
    expect(Math.abs(clusters[0]!.p - 0.21875)).toBeLessThan(0.04);
    expect(Math.abs(clusters[1]!.p - 0.03125)).toBeLessThan(0.017);
  });

  it('take two groups, too', () => {
    const flat = C.map((course) => course.map((_, m) => 0.05 * ((m % 3) - 1)));
    const [, late] = unpairedClusters(C, flat);
    expect(late).toMatchObject({ from: 2, to: 3 });
    expect(late!.p).toBeLessThan(0.05);
    expect(unpairedClusters(flat, flat)).toEqual([]);
  });
});

it("Cohen's kappa", () => {
  const [first, second] = ['aabbccabcab', 'abbbccabcaa'];
  const table = [...'abc'].map((one) =>
    [...'abc'].map((two) => [...first].filter((c, i) => c === one && second[i] === two).length),
  );
  const agreement = cohensKappa(table)!;
  // po = 9 / 11; pe = sum(c1.count(l) * c2.count(l) for l in 'abc') / 121; (po - pe) / (1 - pe)
  expect(agreement.observed).toBeCloseTo(9 / 11, 12);
  expect(agreement.kappa).toBeCloseTo(0.725, 12);
  expect(cohensKappa([[3]])).toEqual({ observed: 1, kappa: null });
  expect(cohensKappa([[0]])).toBeUndefined();
});
