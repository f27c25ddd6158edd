/** Going on with a run: its checkpoint found, its settings compared, its weights and optimiser put back. */
import { PhizError } from '../../core/error.js';
import { type Checkpoint, loadCheckpoint } from '../../node/train/checkpoint.js';
import type { Trainer } from '../../train/trainer.js';

/** The checkpoint, or undefined where the run was stopped before it wrote one. */
export async function lastCheckpoint(path: string): Promise<Checkpoint | undefined> {
  try {
    return await loadCheckpoint(path);
  } catch (error) {
    if (error instanceof PhizError && error.code === 'file-not-found') return undefined;
    throw error;
  }
}

/** Copies weights, averages and the optimiser's state into a fresh trainer. */
export function restore(trainer: Trainer, saved: Checkpoint): void {
  for (const [name, data] of Object.entries(trainer.weights)) data.set(saved.parameters[name]!.data);
  for (const [name, data] of Object.entries(trainer.averaged ?? {})) data.set(saved.average![name]!);
  for (const [slot, arrays] of Object.entries(trainer.state.slots))
    for (const [name, data] of Object.entries(arrays)) data.set(saved.optimiser.slots[slot]![name]!);
  trainer.state.step = saved.optimiser.step;
}

/** Settings that decide a run's course must be the same; older checkpoints do not name all of them. */
export function checkConfig(saved: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(now)) {
    if (!Object.hasOwn(saved, name) || saved[name] === value) continue;
    const way =
      name === 'epochs'
        ? `the schedule of the learning rate spans a run's epochs, so a run cannot be lengthened: resume without --epochs, then begin another with --from <its .onnx> --out <another folder> --epochs <those to add>`
        : 'use the same or start anew';
    throw new PhizError(
      'invalid-option',
      `the checkpoint was made with ${name} ${String(saved[name])}, this run asks for ${String(value)}; ${way}`,
    );
  }
}
