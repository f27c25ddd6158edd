/** The card of a network just trained: how to feed it, what it was trained on and how good it was on the validation data. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type ModelCard, parseCard } from '../../core/card.js';
import { PhizError } from '../../core/error.js';
import { multiplyAdds } from '../../onnx/cost.js';
import { listed } from '../../report/words.js';
import type { Network } from '../../train/networks/network.js';
import { countParameters, inferenceGraph } from '../../train/program.js';
import type { Recipe } from '../../train/recipes.js';
import type { TrainingTask } from './task.js';

export interface CardFacts {
  /** What the model is called; default: as its network. */
  readonly name?: string | undefined;
  readonly network: Network;
  readonly task: TrainingTask;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly command: string;
  /** The model whose weights it began with. */
  readonly from?: string | undefined;
  readonly model: Uint8Array;
  readonly best: { readonly epoch: number; readonly value: number };
}

/**
 * What a model, and its files, are called: as its network where nobody says. Throws PhizError `invalid-option` for what is not a name of
 * a file.
 */
export function modelName({ name, network }: Pick<CardFacts, 'name' | 'network'>): string {
  const called = name ?? network.name;
  if (!/^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(called))
    throw new PhizError(
      'invalid-option',
      `a model's name begins with a letter and goes on with letters, digits, '.', '_' and '-', 64 at most; got '${called}'`,
    );
  return called;
}

const LIMITS = [
  'A classifier reads an expression or an appearance, not a feeling, a fact or an identity.',
  'Error rates differ between groups of people; measure them on your own before you rely on any figure.',
];

/** Builds and checks the card. */
export function makeCard({ name: given, network, task, recipe, seed, command, from, model, best }: CardFacts): ModelCard {
  const name = modelName({ name: given, network });
  const { input } = network;
  const { graph } = inferenceGraph(network, { classes: task.classes });
  const detector = network.task === 'detector';
  const names = task.data.map(({ name }) => name).join(' and ');
  return parseCard(
    {
      cardVersion: 1,
      name,
      version: new Date().toISOString().slice(0, 10).replaceAll('-', '.'),
      summary: task.card.task === 'classes' ? `Tells ${listed(shown(task.card.labels))} apart.` : network.summary,
      file: basename(`${name}.onnx`),
      sha256: createHash('sha256').update(model).digest('hex'),
      bytes: model.length,
      parameters: countParameters(network, task.classes),
      multiplyAdds: multiplyAdds(graph, { H: 640, W: 640 }),
      input: {
        name: 'input',
        channels: input.channels,
        ...(detector ? { multiple: 32 } : { width: input.size, height: input.size }),
        order: input.channels === 1 ? 'grey' : 'RGB',
        mean: input.mean,
        scale: input.scale,
      },
      ...task.card,
      training: {
        data: [...task.data],
        command,
        seed,
        epochs: recipe.epochs,
        bestEpoch: best.epoch,
        date: new Date().toISOString().slice(0, 10),
      },
      metrics: [{ name: task.metric.name, value: best.value, on: task.validatedOn }],
      limits: LIMITS,
      licence: `weights: ${task.licence ?? `research use, as the training data (${[...new Set(task.data.map(({ terms }) => terms))].join('; ')})`}; code: MIT`,
      provenance:
        from === undefined
          ? `trained from scratch by phiz on ${names}; no other weights went in`
          : `trained by phiz on ${names}, beginning with the weights of ${from}`,
    },
    `${name}.json`,
  );
}

/** The labels, and of many the first. */
function shown(labels: readonly string[]): readonly string[] {
  return labels.length > 12 ? [...labels.slice(0, 11), `${labels.length - 11} more`] : labels;
}
