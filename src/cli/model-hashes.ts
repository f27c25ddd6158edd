/** Which models a run was made with, by their bytes: what is reused must come from the same. */
import { loadModel } from '../node/models/models.js';
import type { chosenModels } from './analysis-options.js';

/** The bytes of each model by their hash, so that a model trained anew under its old name counts as another. */
export async function modelHashes({ models = [], ...named }: ReturnType<typeof chosenModels>): Promise<readonly unknown[]> {
  const hashOf = async (model: string): Promise<string> => (await loadModel(model).catch(() => undefined))?.card.sha256 ?? model;
  return Promise.all([
    ...Object.entries(named).map(async ([name, model]) => [name, model === null ? null : await hashOf(String(model ?? name))]),
    ...models.map(hashOf),
  ]);
}
