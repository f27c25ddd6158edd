/**
 * An engine that keeps books: how many parameters the networks loaded through it hold, and at which sizes they were run, from which
 * their multiply-adds follow. Counting itself waits until it is asked for, so that it costs no time while times are taken.
 */
import type { Engine } from '../../core/engine.js';
import { sizeOf } from '../../core/tensor.js';
import { readWeights } from '../../onnx/decode.js';
import { modelMultiplyAdds } from '../../onnx/model-cost.js';

export interface CountingEngine extends Engine {
  /** Of all networks loaded so far; null where none was. */
  parameters(): number | null;
  /** Of all runs so far, or null where that cannot be told from the networks. */
  multiplyAdds(): number | null;
}

/** A network's bytes, and how many samples were run at each height and width. */
interface Account {
  readonly model: Uint8Array;
  readonly runs: Map<string, { readonly height: number; readonly width: number; samples: number }>;
}

/** Wraps an engine. */
export function createCountingEngine(engine: Engine): CountingEngine {
  const accounts: Account[] = [];
  return {
    device: engine.device,
    async load(model) {
      const session = await engine.load(model);
      const runs: Account['runs'] = new Map();
      accounts.push({ model, runs });
      return {
        ...session,
        run(feeds, outputs) {
          const [samples = 1, , height = 1, width = 1] = Object.values(feeds).find(({ dims }) => dims.length === 4)?.dims ?? [];
          const key = `${height}×${width}`;
          const known = runs.get(key);
          if (known) known.samples += samples;
          else runs.set(key, { height, width, samples });
          return session.run(feeds, outputs);
        },
      };
    },
    parameters() {
      if (accounts.length === 0) return null;
      const weights = accounts.flatMap(({ model }) => Object.values(readWeights(model, 'a network')));
      return weights.reduce((sum, { dims }) => sum + sizeOf(dims), 0);
    },
    multiplyAdds() {
      if (accounts.length === 0) return null;
      let sum = 0;
      for (const { model, runs } of accounts)
        for (const { height, width, samples } of runs.values()) {
          const one = modelMultiplyAdds(model, { height, width });
          if (one === undefined) return null;
          sum += one * samples;
        }
      return sum;
    },
  };
}
