/**
 * Whether a classifier's probabilities mean what they say: negative log-likelihood, expected calibration error, and the one
 * temperature that makes them fit (Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599).
 * Logits come as rows, one per sample; the temperature divides them before the soft-max and never changes which class is largest.
 */
import { argmax, softmax } from '../../classify/softmax.js';
import { PhizError } from '../../core/error.js';

/** Logits of many samples: one row per sample, one number per class. */
export type LogitRows = readonly ArrayLike<number>[];

/** One of the equal-width bins of confidence. */
export interface CalibrationBin {
  readonly low: number;
  readonly high: number;
  readonly samples: number;
  /** Share of right answers and mean confidence in the bin; null where it is empty. */
  readonly accuracy: number | null;
  readonly confidence: number | null;
}

export interface CalibrationReport {
  /** Expected calibration error: mean over samples of |accuracy − confidence| of their bin. */
  readonly ece: number;
  /** Mean negative log-likelihood of the true class, in nats. */
  readonly nll: number;
  readonly bins: readonly CalibrationBin[];
}

/**
 * Calibration of logits at a temperature against true class indices, in `bins` equal-width bins of the top class's confidence
 * (15 as in the paper). Throws PhizError `invalid-data` for no samples, unequal lengths or a label without a logit.
 */
export function calibrationReport(
  logits: LogitRows,
  truth: ArrayLike<number>,
  { temperature = 1, bins = 15 }: { readonly temperature?: number; readonly bins?: number } = {},
): CalibrationReport {
  check(logits, truth);
  const sums = Array.from({ length: bins }, () => ({ samples: 0, hits: 0, confidence: 0 }));
  logits.forEach((row, i) => {
    const probabilities = softmax(row, temperature);
    const top = argmax(probabilities);
    const confidence = probabilities[top]!;
    // Bins are (low, high], as in the paper.
    const bin = sums[Math.min(Math.max(Math.ceil(confidence * bins) - 1, 0), bins - 1)]!;
    bin.samples++;
    bin.confidence += confidence;
    if (top === truth[i]) bin.hits++;
  });
  return {
    ece: sums.reduce((sum, bin) => sum + Math.abs(bin.hits - bin.confidence), 0) / logits.length,
    nll: negativeLogLikelihood(logits, truth, temperature),
    bins: sums.map((bin, b) => ({
      low: b / bins,
      high: (b + 1) / bins,
      samples: bin.samples,
      accuracy: bin.samples ? bin.hits / bin.samples : null,
      confidence: bin.samples ? bin.confidence / bin.samples : null,
    })),
  };
}

/** Mean −log p(true class) of logits over `temperature`, in nats. Throws as calibrationReport does. */
export function negativeLogLikelihood(logits: LogitRows, truth: ArrayLike<number>, temperature = 1): number {
  check(logits, truth);
  let total = 0;
  // In logarithms throughout, so that a probability too small for a double still has its cost.
  for (const [i, row] of logits.entries()) {
    const top = row[argmax(row)]!;
    let sum = 0;
    for (let k = 0; k < row.length; k++) sum += Math.exp((row[k]! - top) / temperature);
    total += Math.log(sum) - (row[truth[i]!]! - top) / temperature;
  }
  return total / logits.length;
}

/**
 * The temperature in 0.05…20 with the least negative log-likelihood on validation logits. The likelihood is convex in
 * 1/T, so golden-section search on log T finds the one minimum. Throws PhizError `invalid-data` as
 * calibrationReport does.
 */
export function fitTemperature(logits: LogitRows, truth: ArrayLike<number>): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  const cost = (t: number) => negativeLogLikelihood(logits, truth, Math.exp(t));
  let low = Math.log(0.05);
  let high = Math.log(20);
  let a = high - golden * (high - low);
  let b = low + golden * (high - low);
  let costA = cost(a);
  let costB = cost(b);
  while (high - low > 1e-5) {
    if (costA <= costB) {
      high = b;
      [b, costB] = [a, costA];
      a = high - golden * (high - low);
      costA = cost(a);
    } else {
      low = a;
      [a, costA] = [b, costB];
      b = low + golden * (high - low);
      costB = cost(b);
    }
  }
  return Math.exp((low + high) / 2);
}

/** How much likelihood, in nats a sample, a better calibration may cost: a fifth of a percent of what an emotion costs. */
const SLACK = 0.002;

/**
 * The temperature whose confidences are truest (least expected calibration error) among those that are as likely as the likeliest of
 * `fitTemperature`, to within 0.002 nats: about its minimum the likelihood is so flat that it hardly tells them apart, while
 * confidences differ by points. Throws as `fitTemperature` does.
 */
export function truestTemperature(logits: LogitRows, truth: ArrayLike<number>): number {
  const likeliest = fitTemperature(logits, truth);
  const { ece: least, nll: cost } = calibrationReport(logits, truth, { temperature: likeliest });
  let best = { temperature: likeliest, ece: least };
  // Outwards by half a percent; convex in 1/T, so that beyond the first that is too unlikely all are.
  for (const factor of [1.005, 1 / 1.005]) {
    let temperature = likeliest * factor;
    for (let step = 0; step < 100; step++, temperature *= factor) {
      const { ece, nll } = calibrationReport(logits, truth, { temperature });
      if (nll > cost + SLACK) break;
      if (ece < best.ece) best = { temperature, ece };
    }
  }
  return best.temperature;
}

function check(logits: LogitRows, truth: ArrayLike<number>): void {
  if (logits.length === 0) throw new PhizError('invalid-data', 'no samples to calibrate on');
  if (logits.length !== truth.length)
    throw new PhizError('invalid-data', `${logits.length} rows of logits for ${truth.length} labels`);
  logits.forEach((row, i) => {
    if (row[truth[i]!] === undefined)
      throw new PhizError('invalid-data', `label ${truth[i]} of sample ${i} is not among its ${row.length} logits`);
  });
}
