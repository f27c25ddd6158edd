/** Which models a run was made with, by their bytes: what is reused must come from the same. */
import { createHash } from 'node:crypto';
import { NETWORK_ATTRIBUTES } from '../../attributes/index.js';
import { loadModel } from './models.js';

/** Models as they are chosen: by role, and classifiers of one's own. */
export type ChosenModels = Readonly<Record<string, unknown>> & { readonly models?: readonly string[] | undefined };

/** The bytes of each model by their hash, so that a model trained anew under its old name counts as another. */
export async function modelHashes({ models = [], ...named }: ChosenModels): Promise<readonly unknown[]> {
  const hashOf = async (model: string): Promise<string> => {
    const loaded = await loadModel(model).catch(() => undefined);
    if (!loaded) return model;
    const { card, refiner } = loaded;
    return refiner ? `${card.sha256}+${refiner.card.sha256}` : card.sha256;
  };
  return Promise.all([
    ...Object.entries(named).map(async ([name, model]) => [name, model === null ? null : await hashOf(String(model ?? name))]),
    ...models.map(hashOf),
  ]);
}

/** One hash of all of them, however they were named. */
export async function modelsHash({ models, ...given }: ChosenModels): Promise<string> {
  const roles = ['detector', ...NETWORK_ATTRIBUTES.map(({ name }) => name)];
  const hashes = await modelHashes({ models, ...Object.fromEntries(roles.map((role) => [role, given[role]])) });
  return createHash('sha256').update(JSON.stringify(hashes)).digest('hex').slice(0, 16);
}
