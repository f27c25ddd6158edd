/**
 * Learning-rate schedules: the rate for each step of a run. A schedule holds no state; what one has to remember
 * (reduce-on-plateau) is plain JSON data that the loop keeps, hands in and stores in its checkpoint. Steps count over the whole
 * run from 0. Nothing here knows of optimisers.
 */
import { PhizError } from '../core/error.js';

/** What a schedule remembers between epochs; survives JSON. */
export type ScheduleState = Readonly<Record<string, number | null>>;

/** What a schedule may look at besides the step. */
export interface ScheduleContext {
  /** Steps of the whole run (epochs · steps per epoch). */
  readonly totalSteps: number;
  readonly state: ScheduleState;
}

/** The learning rate as a function of the step. */
export interface Schedule {
  readonly name: string;
  /** The state before the first epoch. */
  start(): ScheduleState;
  /** The rate of step `step`, from 0. */
  rate(step: number, context: ScheduleContext): number;
  /** The state after an epoch that ended with this validation loss. */
  epochEnd(state: ScheduleState, validationLoss: number): ScheduleState;
}

const stateless = { start: (): ScheduleState => ({}), epochEnd: (state: ScheduleState): ScheduleState => state };

/** The same rate throughout. Throws PhizError `invalid-option`. */
export function constant({ rate }: { readonly rate: number }): Schedule {
  checkRate('rate', rate);
  return { name: 'constant', ...stateless, rate: () => rate };
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** The highest rate. */
  readonly rate: number;
  /** Share of the run, 0–1, in which the rate rises linearly to its highest. */
  readonly warmup?: number | undefined;
  /** The rate that the run ends on. */
  readonly floor?: number | undefined;
}

/**
 * Linear warm-up, then half a cosine down to the floor (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, one cycle).
 * Throws PhizError `invalid-option`.
 */
export function cosine({ rate, warmup = 0, floor = 0 }: CosineOptions): Schedule {
  checkRate('rate', rate);
  checkPart('warmup', warmup);
  checkFloor(floor, rate);
  return {
    name: 'cosine',
    ...stateless,
    rate(step, { totalSteps }) {
      const rising = Math.round(warmup * totalSteps);
      if (step < rising) return (rate * (step + 1)) / rising;
      return between(rate, floor, (step - rising) / Math.max(totalSteps - rising, 1));
    },
  };
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** The highest rate. */
  readonly rate: number;
  /** Share of the run, 0–1, in which the rate rises. */
  readonly rise?: number | undefined;
  /** The run starts at rate / startDivisor. */
  readonly startDivisor?: number | undefined;
  /** The run ends at rate / startDivisor / endDivisor. */
  readonly endDivisor?: number | undefined;
}

/**
 * One cycle: up to the highest rate, then down far below the first (Smith 2018, arXiv:1803.09820; cosine pieces and default
 * divisors as in torch's OneCycleLR). The rate only: momentum stays as it is. Throws PhizError `invalid-option`.
 */
export function oneCycle({ rate, rise = 0.3, startDivisor = 25, endDivisor = 1e4 }: OneCycleOptions): Schedule {
  checkRate('rate', rate);
  checkPart('rise', rise);
  for (const [name, value] of Object.entries({ startDivisor, endDivisor }))
    if (!(value >= 1)) throw new PhizError('invalid-option', `${name} must be at least 1, not ${value}`);
  const first = rate / startDivisor;
  return {
    name: 'one-cycle',
    ...stateless,
    rate(step, { totalSteps }) {
      const last = Math.max(totalSteps - 1, 1);
      const top = rise * last;
      return step < top ? between(first, rate, step / top) : between(rate, first / endDivisor, (step - top) / (last - top));
    },
  };
}

/** Options of {@link reduceOnPlateau}. */
export interface PlateauOptions {
  /** The rate to start with. */
  readonly rate: number;
  /** What the rate is multiplied by at a plateau. */
  readonly factor?: number | undefined;
  /** Epochs without improvement that are waited for. */
  readonly patience?: number | undefined;
  /** The lowest rate. */
  readonly floor?: number | undefined;
  /** By how much the loss must fall to count as better. */
  readonly minDelta?: number | undefined;
  /** Epochs after a reduction in which none is counted. */
  readonly cooldown?: number | undefined;
}

/**
 * Lowers the rate when the validation loss stops falling, as Keras's ReduceLROnPlateau does
 * (https://keras.io/api/callbacks/reduce_lr_on_plateau/), with the same defaults. Throws PhizError `invalid-option`.
 */
export function reduceOnPlateau(options: PlateauOptions): Schedule {
  const { rate, factor = 0.1, patience = 10, floor = 0, minDelta = 1e-4, cooldown = 0 } = options;
  checkRate('rate', rate);
  checkFloor(floor, rate);
  if (!(factor > 0 && factor < 1)) throw new PhizError('invalid-option', `factor must lie between 0 and 1, not ${factor}`);
  if (!Number.isInteger(patience) || patience < 1)
    throw new PhizError('invalid-option', `patience must be a whole number of epochs from 1, not ${patience}`);
  if (!Number.isInteger(cooldown) || cooldown < 0)
    throw new PhizError('invalid-option', `cooldown must be a whole number of epochs from 0, not ${cooldown}`);
  if (!(minDelta >= 0)) throw new PhizError('invalid-option', `minDelta must be at least 0, not ${minDelta}`);
  return {
    name: 'reduce-on-plateau',
    start: () => ({ rate, best: null, wait: 0, cooldown: 0 }),
    rate: (_step, { state }) => state.rate ?? rate,
    epochEnd(state, validationLoss) {
      const now = state.rate ?? rate;
      const best = state.best ?? null;
      const cooling = Math.max((state.cooldown ?? 0) - 1, 0);
      let wait = (state.cooldown ?? 0) > 0 ? 0 : (state.wait ?? 0);
      if (best === null ? Number.isFinite(validationLoss) : validationLoss < best - minDelta)
        return { rate: now, best: validationLoss, wait: 0, cooldown: cooling };
      if (cooling > 0) return { rate: now, best, wait, cooldown: cooling };
      wait += 1;
      if (wait < patience || now <= floor) return { rate: now, best, wait, cooldown: 0 };
      return { rate: Math.max(now * factor, floor), best, wait: 0, cooldown };
    },
  };
}

/** From a to b along half a cosine, part 0–1. */
function between(a: number, b: number, part: number): number {
  return b + ((a - b) * (1 + Math.cos(Math.PI * Math.min(Math.max(part, 0), 1)))) / 2;
}

function checkRate(name: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value))
    throw new PhizError('invalid-option', `${name} must be a number above 0, not ${value}`);
}

function checkPart(name: string, value: number): void {
  if (!(value >= 0 && value < 1))
    throw new PhizError('invalid-option', `${name} must lie in [0, 1), a share of the run, not ${value}`);
}

function checkFloor(floor: number, rate: number): void {
  if (!(floor >= 0 && floor <= rate))
    throw new PhizError('invalid-option', `floor must lie between 0 and the rate of ${rate}, not ${floor}`);
}
