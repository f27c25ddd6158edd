/**
 * A training run: epochs of steps, validation after each, the best epoch kept, everything in files that a later run can go on
 * from. A run stopped anywhere and resumed ends with the weights of one never stopped (same seed, batch and threads).
 */
import { join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { loadModel } from '../../node/models/models.js';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from '../../node/train/checkpoint.js';
import { createShards } from '../../node/train/shards.js';
import { readWeights } from '../../onnx/decode.js';
import { encodeModel } from '../../onnx/encode.js';
import type { Network } from '../../train/networks/network.js';
import { inferenceGraph, trainingProgram } from '../../train/program.js';
import type { Recipe } from '../../train/recipes.js';
import type { ScheduleState } from '../../train/schedule.js';
import { Trainer } from '../../train/trainer.js';
import { makeCard } from './card.js';
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
  readonly seed?: number;
  readonly threads?: number;
  /** Go on from the checkpoint in `out`. */
  readonly resume?: boolean;
  /** An .onnx that phiz wrote, whose weights the run starts from; those of another shape (other classes) start afresh. */
  readonly from?: string;
  /** The command that repeats this run, for the card. */
  readonly command: string;
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: RunProgress) => void;
  readonly onEpoch?: (log: EpochLog) => void;
  /** Something worth telling: pictures left out, a resumed run without a checkpoint. */
  readonly onNote?: (text: string) => void;
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

/** Files of a run in its folder. */
export function runFiles(out: string, name: string) {
  return { model: `${join(out, name)}.onnx`, checkpoint: join(out, 'checkpoint.bin'), log: join(out, 'log.ndjson') };
}

/**
 * Trains. Resolves with `finished: false` where `signal` stopped it (a checkpoint is saved). Throws PhizError
 * `invalid-option` where a resumed run's settings differ, and what checkpoints, engines and data throw.
 */
export async function runTraining(options: RunOptions): Promise<RunResult> {
  const { network, task, recipe, out, seed = 1, threads = 2, resume = false, signal } = options;
  const parts = recipe.parallel === 'samples' ? threads : 1;
  if (recipe.batch % parts !== 0)
    throw new PhizError('invalid-option', `a batch of ${recipe.batch} cannot be shared by ${parts} threads; use a multiple`);
  const files = runFiles(out, network.name);
  const rule = recipe.schedule(recipe.rate);
  const program = trainingProgram(network, {
    batch: recipe.batch / parts,
    classes: task.classes,
    crossEntropy: recipe.loss,
  });
  const config = {
    network: network.name,
    classes: task.classes,
    batch: recipe.batch,
    epochs: recipe.epochs,
    rate: recipe.rate,
    threads,
    samples: task.stream.samples,
    balance: recipe.balance,
    augment: JSON.stringify(recipe.augment),
  };
  const source = await createShards(program, { parts, threads: recipe.parallel === 'samples' ? 1 : threads });
  try {
    const trainer = new Trainer({
      program,
      source,
      optimiser: recipe.optimiser,
      seed,
      clip: recipe.clip,
      average: recipe.average,
    });
    if (options.from !== undefined) await startFrom(trainer, options.from, options.onNote);
    const steps = task.stream.stepsPerEpoch;
    const totalSteps = steps * recipe.epochs;
    let epoch = 0;
    let step = 0;
    let schedule: ScheduleState = rule.start();
    let best: { epoch: number; value: number } | null = null;
    let log: EpochLog[] = [];
    let sums: EpochSums = { loss: 0, correct: 0, seconds: 0 };
    const saved = resume ? await lastCheckpoint(files.checkpoint) : undefined;
    if (resume && !saved) options.onNote?.(`no checkpoint in ${out} yet: starting at the first epoch`);
    if (saved) {
      checkConfig({ balance: 0, ...saved.config, seed: saved.seed }, { ...config, seed });
      restore(trainer, saved);
      ({ epoch, step, schedule } = saved);
      best = saved.best;
      log = saved.notes.log as EpochLog[];
      sums = saved.notes.sums as EpochSums;
    }
    const save = () =>
      saveCheckpoint(files.checkpoint, {
        epoch,
        step,
        seed,
        config,
        schedule,
        best,
        notes: { log, sums },
        parameters: Object.fromEntries(
          program.parameters.map(({ name, dims }) => [name, { dims, data: trainer.weights[name]! }]),
        ),
        optimiser: trainer.state,
        average: trainer.averaged ?? null,
      });
    const shipped = () => encodeModel(inferenceGraph(network, { classes: task.classes, weights: trainer.shipped }).graph);

    for (; epoch < recipe.epochs; epoch++) {
      let started = performance.now();
      for (; step < steps; ) {
        const learningRate = rule.rate(epoch * steps + step, { totalSteps, state: schedule });
        const report = await trainer.step(await task.stream.batch(epoch, step), learningRate);
        step += 1;
        const now = performance.now();
        sums = {
          loss: sums.loss + report.loss,
          correct: sums.correct + report.correct,
          seconds: sums.seconds + (now - started) / 1000,
        };
        started = now;
        const perSecond = (step * recipe.batch) / sums.seconds;
        options.onStep?.({
          epoch: epoch + 1,
          epochs: recipe.epochs,
          step,
          steps,
          loss: sums.loss / step,
          accuracy: task.counts ? sums.correct / (step * recipe.batch) : undefined,
          samplesPerSecond: perSecond,
          secondsLeft: ((totalSteps - epoch * steps - step) * recipe.batch) / perSecond,
        });
        if (signal?.aborted) {
          await save();
          return { finished: false, epoch, best, log };
        }
      }
      const model = shipped();
      const validation = await task.validate(model);
      const entry: EpochLog = {
        epoch: epoch + 1,
        learningRate: rule.rate(epoch * steps + steps - 1, { totalSteps, state: schedule }),
        trainLoss: sums.loss / steps,
        ...(task.counts ? { trainAccuracy: sums.correct / (steps * recipe.batch) } : {}),
        ...validation,
        seconds: sums.seconds,
        samplesPerSecond: (steps * recipe.batch) / sums.seconds,
      };
      log = [...log, entry];
      schedule = rule.epochEnd(schedule, validation.validationLoss ?? sums.loss / steps);
      const value = validation[task.metric.validation]!;
      if (!best || (task.metric.best === 'max' ? value > best.value : value < best.value)) {
        best = { epoch: epoch + 1, value };
        const card = makeCard({ ...options, seed, model, best, recipe });
        await writeAtomic(files.model, model);
        await writeAtomic(files.model.replace(/\.onnx$/, '.json'), `${JSON.stringify(card, null, 2)}\n`);
      }
      await writeAtomic(files.log, log.map((line) => `${JSON.stringify(line)}\n`).join(''));
      sums = { loss: 0, correct: 0, seconds: 0 };
      step = 0;
      epoch += 1;
      await save();
      epoch -= 1;
      options.onEpoch?.(entry);
    }
    return { finished: true, epoch, best, log };
  } finally {
    await source.close();
  }
}

/** The checkpoint, or undefined where the run was stopped before it wrote one. */
async function lastCheckpoint(path: string): Promise<Checkpoint | undefined> {
  try {
    return await loadCheckpoint(path);
  } catch (error) {
    if (error instanceof PhizError && error.code === 'file-not-found') return undefined;
    throw error;
  }
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

function restore(trainer: Trainer, saved: Checkpoint): void {
  for (const [name, data] of Object.entries(trainer.weights)) data.set(saved.parameters[name]!.data);
  for (const [name, data] of Object.entries(trainer.averaged ?? {})) data.set(saved.average![name]!);
  for (const [slot, arrays] of Object.entries(trainer.state.slots))
    for (const [name, data] of Object.entries(arrays)) data.set(saved.optimiser.slots[slot]![name]!);
  trainer.state.step = saved.optimiser.step;
}

/** Settings that decide a run's course must be the same; older checkpoints do not name all of them. */
function checkConfig(saved: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(now))
    if (Object.hasOwn(saved, name) && saved[name] !== value)
      throw new PhizError(
        'invalid-option',
        `the checkpoint was made with ${name} ${String(saved[name])}, this run asks for ${String(value)}; use the same or start anew`,
      );
}
