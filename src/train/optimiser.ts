/**
 * Optimisers: from gradients to new weights. Plain loops over Float32Arrays, in place; what an optimiser remembers between
 * updates is plain data (OptimiserState), so that a checkpoint stores it without knowing which optimiser made it.
 * No learning-rate schedule here (schedule.ts), no gradient clipping (gradient.ts), no graph.
 */
import { PhizError } from '../core/error.js';

/** Named flat arrays: parameters, or gradients of the same names and lengths. */
export type Arrays = Readonly<Record<string, Float32Array>>;

/** What an optimiser remembers: per slot (such as `velocity`) one array for each parameter, and the number of updates done. */
export interface OptimiserState {
  readonly slots: Readonly<Record<string, Arrays>>;
  /** Updates done so far. */
  step: number;
}

/** How one update is to be done. */
export interface UpdateOptions {
  readonly learningRate: number;
  /** Which update this is, from 0; default: `state.step`. Adam's bias correction depends on it. */
  readonly step?: number;
  /**
   * Which parameters the weight decay applies to, by name: true or 1 for all of it, false or 0 for none, a number for that share.
   * Default: names ending in `.kernel`, so biases and batch-norm scales and offsets stay free.
   */
  readonly decay?: (name: string) => number | boolean;
}

/** A rule that turns gradients into new weights. */
export interface Optimiser {
  readonly name: string;
  /** Zeroed memory for these parameters. */
  init(parameters: Arrays): OptimiserState;
  /**
   * Changes, in place, the parameters that have a gradient, and the state. Throws PhizError `invalid-data` where a gradient
   * fits no parameter.
   */
  update(parameters: Arrays, gradients: Arrays, state: OptimiserState, options: UpdateOptions): void;
}

/** Names that end in `.kernel`: weights of convolutions and dense layers. */
export function decaysKernels(name: string): boolean {
  return name.endsWith('.kernel');
}

/** A loop over one parameter: w, its gradient g, its slots, and the weight decay that holds for it. */
type Rule = (w: Float32Array, g: Float32Array, slots: readonly Float32Array[], decay: number, rate: number, step: number) => void;

function optimiser(name: string, slotNames: readonly string[], weightDecay: number, rule: Rule): Optimiser {
  return {
    name,
    init(parameters) {
      const slots: Record<string, Record<string, Float32Array>> = {};
      for (const slot of slotNames) {
        const arrays: Record<string, Float32Array> = {};
        for (const [key, w] of Object.entries(parameters)) arrays[key] = new Float32Array(w.length);
        slots[slot] = arrays;
      }
      return { slots, step: 0 };
    },
    update(parameters, gradients, state, { learningRate, step = state.step, decay = decaysKernels }) {
      if (!(learningRate >= 0) || !Number.isFinite(learningRate))
        throw new PhizError('invalid-option', `learningRate must be a number of at least 0, not ${learningRate}`);
      for (const [key, g] of Object.entries(gradients)) {
        const w = parameters[key];
        if (!w || w.length !== g.length)
          throw new PhizError(
            'invalid-data',
            `a gradient of ${g.length} numbers for '${key}' has ${w ? `a parameter of ${w.length}` : 'no parameter of that name'}`,
          );
        const slots = slotNames.map((slot) => {
          const array = state.slots[slot]?.[key];
          if (array?.length === w.length) return array;
          throw new PhizError(
            'invalid-data',
            `the state of ${name} has no slot '${slot}' of ${w.length} numbers for '${key}'; make it with init()`,
          );
        });
        rule(w, g, slots, weightDecay * Number(decay(key)), learningRate, step);
      }
      state.step = step + 1;
    },
  };
}

/**
 * Below this a running mean is set to zero. A unit that gets no gradient any more would otherwise fade into denormal floats,
 * stick there, and slow the loop down many times over.
 */
const TINY = 1e-30;

/** Options of {@link sgd}. */
export interface SgdOptions {
  readonly momentum?: number;
  /** Look ahead by one step of the velocity. */
  readonly nesterov?: boolean;
  /** L2 penalty: added to the gradient as weightDecay · w. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with momentum: v ← μ·v + g, then w ← w − η·v, or with Nesterov's look-ahead w ← w − η·(g + μ·v)
 * (Sutskever et al. 2013, http://proceedings.mlr.press/v28/sutskever13.html, in the form of torch.optim.SGD, where η multiplies
 * the velocity). Throws PhizError `invalid-option`.
 */
export function sgd({ momentum = 0.9, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimiser {
  checkShare('momentum', momentum);
  checkDecay(weightDecay);
  if (nesterov && momentum === 0) throw new PhizError('invalid-option', 'nesterov needs a momentum above 0, such as 0.9');
  return optimiser('sgd', ['velocity'], weightDecay, (w, g, [v], decay, rate) => {
    const velocity = v!;
    const ahead = nesterov ? momentum : 1;
    const now = nesterov ? 1 : 0;
    for (let i = 0; i < w.length; i++) {
      const weight = w[i]!;
      const slope = g[i]! + decay * weight;
      let next = momentum * velocity[i]! + slope;
      if (Math.abs(next) < TINY) next = 0;
      velocity[i] = next;
      w[i] = weight - rate * (now * slope + ahead * next);
    }
  });
}

/** Options of {@link adam} and {@link adamW}. */
export interface AdamOptions {
  /** Decay of the mean of gradients. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients. */
  readonly beta2?: number;
  readonly epsilon?: number;
  /** adam: L2 penalty, added to the gradient; adamW: share of the weight, times the rate, taken off at each update. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1): w ← w − η·m̂ / (√v̂ + ε) with bias-corrected means.
 * Throws PhizError `invalid-option`.
 */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamOptions = {}): Optimiser {
  return adamLike('adam', { beta1, beta2, epsilon, weightDecay }, false);
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, with η·λ as in torch.optim.AdamW):
 * the decay takes η·λ·w off the weight and never enters the means. Throws PhizError `invalid-option`.
 */
export function adamW({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 }: AdamOptions = {}): Optimiser {
  return adamLike('adamw', { beta1, beta2, epsilon, weightDecay }, true);
}

function adamLike(name: string, options: Required<AdamOptions>, decoupled: boolean): Optimiser {
  const { beta1, beta2, epsilon, weightDecay } = options;
  checkShare('beta1', beta1);
  checkShare('beta2', beta2);
  checkDecay(weightDecay);
  if (!(epsilon > 0)) throw new PhizError('invalid-option', `epsilon must be above 0, not ${epsilon}`);
  return optimiser(name, ['mean', 'square'], weightDecay, (w, g, [mean, square], decay, rate, step) => {
    const stride = rate / (1 - beta1 ** (step + 1));
    const unbias = 1 / Math.sqrt(1 - beta2 ** (step + 1));
    const factors = {
      beta1,
      beta2,
      epsilon,
      stride,
      unbias,
      penalty: decoupled ? 0 : decay,
      keep: decoupled ? 1 - rate * decay : 1,
    };
    adamLoop(w, g, mean!, square!, factors);
  });
}

type AdamFactors = Readonly<Record<'beta1' | 'beta2' | 'epsilon' | 'stride' | 'unbias' | 'penalty' | 'keep', number>>;

/** A function of its own, so that all factors are locals: V8 runs it half again as fast as a closure. */
function adamLoop(w: Float32Array, g: Float32Array, mean: Float32Array, square: Float32Array, factors: AdamFactors): void {
  const { beta1, beta2, epsilon, stride, unbias, penalty, keep } = factors;
  const new1 = 1 - beta1;
  const new2 = 1 - beta2;
  for (let i = 0; i < w.length; i++) {
    const weight = w[i]!;
    const slope = g[i]! + penalty * weight;
    let first = beta1 * mean[i]! + new1 * slope;
    if (Math.abs(first) < TINY) first = 0;
    let second = beta2 * square[i]! + new2 * slope * slope;
    if (second < TINY) second = 0;
    mean[i] = first;
    square[i] = second;
    w[i] = keep * weight - (stride * first) / (Math.sqrt(second) * unbias + epsilon);
  }
}

function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new PhizError('invalid-option', `${name} must lie in [0, 1), not ${value}`);
}

function checkDecay(value: number): void {
  if (!(value >= 0) || !Number.isFinite(value))
    throw new PhizError('invalid-option', `weightDecay must be a number of at least 0, not ${value}`);
}
