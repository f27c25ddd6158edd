/** The card of a network just trained: how to feed it, what it was trained on and how good it was on the validation data. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type ModelCard, parseCard } from '../../core/card.js';
import { multiplyAdds } from '../../onnx/cost.js';
import type { Network } from '../../train/networks/network.js';
import { countParameters, inferenceGraph } from '../../train/program.js';
import type { Recipe } from '../../train/recipes.js';
import type { TrainingTask } from './task.js';

export interface CardFacts {
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

const LIMITS = [
  'A classifier reads an expression or an appearance, not a feeling, a fact or an identity.',
  'Error rates differ between groups of people; measure them on your own before you rely on any figure.',
];

/** Builds and checks the card. */
export function makeCard({ network, task, recipe, seed, command, from, model, best }: CardFacts): ModelCard {
  const { input } = network;
  const { graph } = inferenceGraph(network, { classes: task.classes });
  const detector = network.task === 'detector';
  const names = task.data.map(({ name }) => name).join(' and ');
  return parseCard(
    {
      cardVersion: 1,
      name: network.name,
      version: new Date().toISOString().slice(0, 10).replaceAll('-', '.'),
      summary: network.summary,
      file: basename(`${network.name}.onnx`),
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
    `${network.name}.json`,
  );
}
