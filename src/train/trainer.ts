/**
 * One network in training: its weights, what the optimiser remembers, the average of the weights, and the step that moves
 * them. Where gradients come from (threads, devices) is behind GradientSource; epochs, files and validation are the loop's.
 */
import { PhizError } from '../core/error.js';
import type { ByteTensor, Tensor } from '../core/tensor.js';
import { startAverage, updateAverage } from './average.js';
import type { Batch } from './batch.js';
import { clipGlobalNorm, uphill } from './gradient.js';
import { initialise } from './initialise.js';
import { dropoutMasks } from './mask.js';
import type { Optimiser, OptimiserState } from './optimiser.js';
import type { TrainingProgram } from './program.js';

export type Feeds = Readonly<Record<string, Tensor | ByteTensor>>;

/** What one part of a batch gives. Means over that part. */
export interface Gradients {
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, Float32Array>>;
  readonly statistics: Readonly<Record<string, Float32Array>>;
  /** [part, K], classifiers only. */
  readonly logits?: Tensor | undefined;
}

/** Runs the training graph on the parts of a batch, side by side. */
export interface GradientSource {
  /** How many parts a batch is cut into; each has a graph, batch statistics and dropout masks of its own. */
  readonly parts: number;
  run(weights: Readonly<Record<string, Float32Array>>, parts: readonly Feeds[]): Promise<readonly Gradients[]>;
  close(): Promise<void>;
}

export interface TrainerOptions {
  readonly program: TrainingProgram;
  readonly source: GradientSource;
  readonly optimiser: Optimiser;
  readonly seed: number;
  /** Largest norm of all gradients together; 0: no limit. */
  readonly clip?: number | undefined;
  /** Decay of the running average of the weights; 0: none is kept. */
  readonly average?: number | undefined;
  /**
   * How far uphill the gradients that move the weights are taken, as a norm over all weights (`uphill`); 0 (default): where the weights
   * are. Losses and statistics are those where the weights are. A step then takes twice as long.
   */
  readonly sharpness?: number | undefined;
}

/** What a step says: losses by name, samples right (classifiers), norm of the gradients. */
export interface StepReport {
  readonly loss: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly correct: number;
  readonly norm: number;
}

export class Trainer {
  readonly weights: Record<string, Float32Array>;
  readonly averaged: Record<string, Float32Array> | undefined;
  readonly state: OptimiserState;
  readonly #options: TrainerOptions;
  readonly #trainable: Record<string, Float32Array>;

  constructor(options: TrainerOptions) {
    this.#options = options;
    this.weights = initialise(options.program.parameters, options.seed);
    this.averaged = options.average ? startAverage(this.weights) : undefined;
    this.#trainable = Object.fromEntries(options.program.gradients.map((name) => [name, this.weights[name]!]));
    this.state = options.optimiser.init(this.#trainable);
  }

  /** The weights to validate and ship: the average where one is kept. */
  get shipped(): Readonly<Record<string, Float32Array>> {
    return this.averaged ?? this.weights;
  }

  /** Steps done. */
  get steps(): number {
    return this.state.step;
  }

  /** Moves the weights by one batch. Throws PhizError `engine-failed`, `invalid-data` where the loss is not a number any more. */
  async step(batch: Batch, learningRate: number): Promise<StepReport> {
    const { program, source, optimiser, seed, clip = 0, average = 0, sharpness = 0 } = this.#options;
    const step = this.state.step;
    // Made anew for each run, since a source may keep what it is given.
    const parts = () =>
      splitFeeds(batch, source.parts).map((feeds, part) => ({ ...feeds, ...dropoutMasks(program.masks, seed, step, part) }));
    const results = await source.run(this.#trainable, parts());
    const share = 1 / results.length;
    const losses = Object.fromEntries(
      program.losses.map((name) => [name, results.reduce((sum, r) => sum + r.losses[name]!, 0) * share]),
    );
    const loss = Object.values(losses).reduce((a, b) => a + b, 0);
    if (!Number.isFinite(loss))
      throw new PhizError('invalid-data', `the loss of step ${step} is ${loss}: lower the learning rate (now ${learningRate})`);
    const here = mean(results, 'gradients', program.gradients);
    const gradients =
      sharpness > 0
        ? mean(await source.run(uphill(this.#trainable, here, sharpness), parts()), 'gradients', program.gradients)
        : here;
    const norm = clip > 0 ? clipGlobalNorm(gradients, clip) : 0;
    optimiser.update(this.#trainable, gradients, this.state, { learningRate });
    const statistics = mean(
      results,
      'statistics',
      program.statistics.map((s) => s.parameter),
    );
    for (const { parameter, momentum } of program.statistics) {
      const [running, now] = [this.weights[parameter]!, statistics[parameter]!];
      for (let i = 0; i < running.length; i++) running[i] = momentum * running[i]! + (1 - momentum) * now[i]!;
    }
    if (this.averaged) updateAverage(this.averaged, this.weights, { decay: average, step });
    return { loss, losses, correct: countCorrect(batch, results), norm };
  }
}

/** The mean of what the parts of a batch give, written over what the first gives. */
function mean(
  results: readonly Gradients[],
  of: 'gradients' | 'statistics',
  names: readonly string[],
): Record<string, Float32Array> {
  const share = 1 / results.length;
  const sums: Record<string, Float32Array> = {};
  for (const name of names) {
    const sum = results[0]![of][name]!;
    for (const result of results.slice(1)) {
      const other = result[of][name]!;
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + other[i]!;
    }
    if (share !== 1) for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! * share;
    sums[name] = sum;
  }
  return sums;
}

/** Copies every feed of a batch into equal parts along its first axis; a feed of another length goes to each part whole. */
export function splitFeeds(batch: Batch, parts: number): Record<string, Tensor>[] {
  const share = batch.size / parts;
  if (!Number.isInteger(share))
    throw new PhizError('invalid-option', `a batch of ${batch.size} cannot be cut into ${parts} equal parts; choose a multiple`);
  return Array.from({ length: parts }, (_, part) => {
    const feeds: Record<string, Tensor> = {};
    for (const [name, { dims, data }] of Object.entries(batch.feeds)) {
      const length = data.length / batch.size;
      feeds[name] =
        dims[0] === batch.size
          ? { dims: [share, ...dims.slice(1)], data: data.slice(part * share * length, (part + 1) * share * length) }
          : { dims, data };
    }
    return feeds;
  });
}

function countCorrect(batch: Batch, results: readonly Gradients[]): number {
  const target = batch.feeds.target;
  if (!target) return 0;
  const k = target.dims[1]!;
  let row = 0;
  let correct = 0;
  for (const { logits } of results) {
    if (!logits) return 0;
    for (let i = 0; i < logits.dims[0]!; i++, row++)
      if (highest(logits.data, i * k, k) === highest(target.data, row * k, k)) correct++;
  }
  return correct;
}

function highest(data: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (data[from + i]! > data[from + best]!) best = i;
  return best;
}
