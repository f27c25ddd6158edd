/**
 * A training run: epochs of steps, validation after each, the best epoch kept, everything in files that a later run can go on
 * from. A run stopped anywhere and resumed ends with the weights of one never stopped (same seed, batch and threads).
 */
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { loadModel } from '../../node/models/models.js';
import { type Checkpoint, saveCheckpoint } from '../../node/train/checkpoint.js';
import { createShards } from '../../node/train/shards.js';
import { readWeights } from '../../onnx/decode.js';
import { encodeModel } from '../../onnx/encode.js';
import type { Network } from '../../train/networks/network.js';
import { inferenceGraph, type TrainingProgram, trainingProgram } from '../../train/program.js';
import type { Recipe } from '../../train/recipes.js';
import type { Schedule, ScheduleState } from '../../train/schedule.js';
import { Trainer } from '../../train/trainer.js';
import { makeCard, modelName } from './card.js';
import { checkConfig, lastCheckpoint, restore } from './resume.js';
import type { TrainingTask } from './task.js';

/** One line of the log. */
export interface EpochLog {
  readonly epoch: number;
  readonly learningRate: number;
  readonly trainLoss: number;
  readonly trainAccuracy?: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly [figure: string]: number | undefined;
}

/** Where a run stands, for a progress bar. */
export interface RunProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number | undefined;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

export interface RunOptions {
  readonly network: Network;
  readonly task: TrainingTask;
  readonly recipe: Recipe;
  readonly out: string;
  /** What the model, and its files, are called; default: as its network. */
  readonly name?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  /** Go on from the checkpoint in `out`. */
  readonly resume?: boolean | undefined;
  /** An .onnx that phiz wrote, whose weights the run starts from; those of another shape (other classes) start afresh. */
  readonly from?: string | undefined;
  /** The command that repeats this run, for the card. */
  readonly command: string;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((progress: RunProgress) => void) | undefined;
  readonly onEpoch?: ((log: EpochLog) => void) | undefined;
  /** Something worth telling: images left out, a resumed run without a checkpoint. */
  readonly onNote?: ((text: string) => void) | undefined;
}

export interface RunResult {
  readonly finished: boolean;
  readonly epoch: number;
  readonly best: { readonly epoch: number; readonly value: number } | null;
  readonly log: readonly EpochLog[];
}

interface EpochSums {
  readonly loss: number;
  readonly correct: number;
  readonly seconds: number;
}

/** Where a run stands between two steps: what a checkpoint holds beside weights and optimiser. */
interface RunState {
  /** Epochs completed. */
  epoch: number;
  /** Steps done in the epoch under way. */
  step: number;
  schedule: ScheduleState;
  best: { readonly epoch: number; readonly value: number } | null;
  log: readonly EpochLog[];
  /** Of the epoch under way. */
  sums: EpochSums;
}

const NO_SUMS: EpochSums = { loss: 0, correct: 0, seconds: 0 };

/** Files of a run in its folder. */
export function runFiles(out: string, name: string) {
  return { model: `${join(out, name)}.onnx`, checkpoint: join(out, 'checkpoint.bin'), log: join(out, 'log.ndjson') };
}

/**
 * Trains. Resolves with `finished: false` where `signal` stopped it (a checkpoint is saved). Throws PhizError
 * `invalid-option` where a resumed run's settings differ, and what checkpoints, engines and data throw.
 */
export async function runTraining(options: RunOptions): Promise<RunResult> {
  const { network, task, recipe, out, seed = 1, threads = 2, resume = false } = options;
  const parts = recipe.parallel === 'samples' ? threads : 1;
  if (recipe.batch % parts !== 0)
    throw new PhizError('invalid-option', `a batch of ${recipe.batch} cannot be shared by ${parts} threads; use a multiple`);
  const files = runFiles(out, modelName(options));
  const rule = recipe.schedule(recipe.rate);
  const program = trainingProgram(network, {
    batch: recipe.batch / parts,
    classes: task.classes,
    crossEntropy: recipe.loss,
    detection: recipe.detection,
  });
  const config = configOf(options, threads);
  const source = await createShards(program, { parts, threads: recipe.parallel === 'samples' ? 1 : threads });
  try {
    const { optimiser, clip, average, sharpness } = recipe;
    const trainer = new Trainer({ program, source, seed, optimiser, clip, average, sharpness });
    if (options.from !== undefined) await startFrom(trainer, options.from, options.onNote);
    const saved = resume ? await lastCheckpoint(files.checkpoint) : undefined;
    if (resume && !saved) options.onNote?.(`no checkpoint in ${out} yet: starting at the first epoch`);
    if (saved) {
      checkConfig({ balance: 0, distil: 0, sharpness: 0, ...saved.config, seed: saved.seed }, { ...config, seed });
      restore(trainer, saved);
    }
    const state = saved ? stateOf(saved) : freshState(rule);
    const save = () => saveCheckpoint(files.checkpoint, checkpointOf(state, { trainer, program, config, seed }));
    while (state.epoch < recipe.epochs) {
      if (!(await trainEpoch(state, { trainer, rule, options }))) {
        await save();
        return resultOf(state, false);
      }
      const model = encodeModel(inferenceGraph(network, { classes: task.classes, weights: trainer.shipped }).graph);
      const entry = await judgeEpoch(state, { model, rule, options });
      if (state.best?.epoch === entry.epoch) {
        const card = makeCard({ ...options, seed, model, best: state.best, recipe });
        await writeAtomic(files.model, model);
        await writeAtomic(files.model.replace(/\.onnx$/, '.json'), `${JSON.stringify(card, null, 2)}\n`);
      }
      await writeAtomic(files.log, state.log.map((line) => `${JSON.stringify(line)}\n`).join(''));
      await save();
      options.onEpoch?.(entry);
    }
    return resultOf(state, true);
  } finally {
    await source.close();
  }
}

/** The settings that decide a run's course, as its checkpoint keeps them. */
function configOf({ network, task, recipe }: RunOptions, threads: number) {
  return {
    network: network.name,
    classes: task.classes,
    batch: recipe.batch,
    epochs: recipe.epochs,
    rate: recipe.rate,
    threads,
    samples: task.stream.samples,
    balance: recipe.balance,
    distil: recipe.distil,
    sharpness: recipe.sharpness,
    augment: JSON.stringify(recipe.augment),
  };
}

function freshState(rule: Schedule): RunState {
  return { epoch: 0, step: 0, schedule: rule.start(), best: null, log: [], sums: NO_SUMS };
}

function stateOf({ epoch, step, schedule, best, notes }: Checkpoint): RunState {
  return { epoch, step, schedule, best, log: notes.log as EpochLog[], sums: notes.sums as EpochSums };
}

function resultOf({ epoch, best, log }: RunState, finished: boolean): RunResult {
  return { finished, epoch, best, log };
}

interface CheckpointParts {
  readonly trainer: Trainer;
  readonly program: TrainingProgram;
  readonly config: Readonly<Record<string, unknown>>;
  readonly seed: number;
}

function checkpointOf(state: RunState, { trainer, program, config, seed }: CheckpointParts): Checkpoint {
  const { epoch, step, schedule, best, log, sums } = state;
  return {
    epoch,
    step,
    seed,
    config,
    schedule,
    best,
    notes: { log, sums },
    parameters: Object.fromEntries(program.parameters.map(({ name, dims }) => [name, { dims, data: trainer.weights[name]! }])),
    optimiser: trainer.state,
    average: trainer.averaged ?? null,
  };
}

interface EpochParts {
  readonly trainer: Trainer;
  readonly rule: Schedule;
  readonly options: RunOptions;
}

/** The steps that are left of the epoch under way. False where the signal stopped it; the state stands after the last step done. */
async function trainEpoch(state: RunState, { trainer, rule, options }: EpochParts): Promise<boolean> {
  const { task, recipe, signal } = options;
  const steps = task.stream.stepsPerEpoch;
  const totalSteps = steps * recipe.epochs;
  let started = performance.now();
  while (state.step < steps) {
    const learningRate = rule.rate(state.epoch * steps + state.step, { totalSteps, state: state.schedule });
    const report = await trainer.step(await task.stream.batch(state.epoch, state.step), learningRate);
    state.step += 1;
    const now = performance.now();
    state.sums = {
      loss: state.sums.loss + report.loss,
      correct: state.sums.correct + report.correct,
      seconds: state.sums.seconds + (now - started) / 1000,
    };
    started = now;
    options.onStep?.(progressOf(state, options));
    if (signal?.aborted) return false;
  }
  return true;
}

function progressOf({ epoch, step, sums }: RunState, { task, recipe }: RunOptions): RunProgress {
  const steps = task.stream.stepsPerEpoch;
  const perSecond = (step * recipe.batch) / sums.seconds;
  return {
    epoch: epoch + 1,
    epochs: recipe.epochs,
    step,
    steps,
    loss: sums.loss / step,
    accuracy: task.counts ? sums.correct / (step * recipe.batch) : undefined,
    samplesPerSecond: perSecond,
    secondsLeft: ((steps * recipe.epochs - epoch * steps - step) * recipe.batch) / perSecond,
  };
}

interface JudgeParts {
  readonly model: Uint8Array;
  readonly rule: Schedule;
  readonly options: RunOptions;
}

/** Validates the epoch whose steps are done, and moves the state on to the start of the next. */
async function judgeEpoch(state: RunState, { model, rule, options: { task, recipe } }: JudgeParts): Promise<EpochLog> {
  const steps = task.stream.stepsPerEpoch;
  const { epoch, schedule, sums } = state;
  const validation = await task.validate(model);
  const entry: EpochLog = {
    epoch: epoch + 1,
    learningRate: rule.rate(epoch * steps + steps - 1, { totalSteps: steps * recipe.epochs, state: schedule }),
    trainLoss: sums.loss / steps,
    ...(task.counts ? { trainAccuracy: sums.correct / (steps * recipe.batch) } : {}),
    ...validation,
    seconds: sums.seconds,
    samplesPerSecond: (steps * recipe.batch) / sums.seconds,
  };
  const value = validation[task.metric.validation]!;
  const { best } = state;
  if (!best || (task.metric.best === 'max' ? value > best.value : value < best.value)) state.best = { epoch: epoch + 1, value };
  state.log = [...state.log, entry];
  state.schedule = rule.epochEnd(schedule, validation.validationLoss ?? sums.loss / steps);
  state.sums = NO_SUMS;
  state.step = 0;
  state.epoch = epoch + 1;
  return entry;
}

/** Copies the weights of a trained model into a fresh trainer. Throws PhizError `model-mismatch` where none fits. */
async function startFrom(trainer: Trainer, path: string, onNote?: (text: string) => void): Promise<void> {
  const weights = readWeights((await loadModel(path)).bytes, path);
  const fresh: string[] = [];
  for (const [name, data] of Object.entries(trainer.weights)) {
    const found = weights[name]?.data;
    if (found?.length !== data.length) fresh.push(name);
    else {
      data.set(found);
      trainer.averaged?.[name]?.set(found);
    }
  }
  if (fresh.length === Object.keys(trainer.weights).length)
    throw new PhizError('model-mismatch', `${path} has no weights of this network; give a model that phiz trained`);
  if (fresh.length > 0) onNote?.(`not in ${path}, so starting afresh: ${fresh.join(', ')}`);
}
