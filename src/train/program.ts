/**
 * Networks as ONNX graphs: the training program (forward, loss and all gradients in one graph, weights fed) and the
 * inference graph (weights fed, for validation during a run, or stored, to ship).
 */

import { encodeModel } from '../onnx/encode.js';
import type { Graph, Value } from '../onnx/graph.js';
import { type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy.js';
import { type DetectionLossOptions, detectionLosses, detectionTargets } from './losses/detection.js';
import type { Network } from './networks/network.js';
import { type MaskSpec, type ParameterSpec, Scope, type StatisticSpec, type Weights } from './scope.js';

export interface TrainingProgram {
  readonly model: Uint8Array;
  readonly parameters: readonly ParameterSpec[];
  readonly masks: readonly MaskSpec[];
  readonly statistics: readonly StatisticSpec[];
  /** Gradient output `gradient.<parameter>` for each trainable parameter. */
  readonly gradients: readonly string[];
  /** Scalar outputs whose sum is the loss. */
  readonly losses: readonly string[];
}

export interface ProgramOptions {
  readonly batch: number;
  readonly classes: number;
  /** Side of the training images; default: the network's. */
  readonly size?: number | undefined;
  readonly crossEntropy?: CrossEntropyOptions | undefined;
  readonly detection?: DetectionLossOptions | undefined;
}

/** The training graph of a network for a fixed batch size. Outputs: losses, gradients, batch statistics, and logits. */
export function trainingProgram(network: Network, options: ProgramOptions): TrainingProgram {
  const { batch, classes, size = network.input.size } = options;
  const scope = new Scope({ mode: 'train', initialisation: network.initialisation });
  const x = scope.graph.input('input', [batch, network.input.channels, size, size]);
  const y = network.layers(classes)(scope, x);
  const losses: Record<string, Value> = {};
  if (network.output === 'prediction') {
    const targets = detectionTargets(scope, batch, y.dims[1] as number);
    for (const [name, value] of Object.entries(detectionLosses(scope, y, targets, options.detection)))
      losses[`loss.${name}`] = value;
  } else {
    const target = scope.graph.input('target', [batch, classes]);
    losses.loss = crossEntropy(scope, y, target, options.crossEntropy);
    scope.graph.output(y, network.output);
  }
  const gradients = scope.backward(Object.values(losses));
  for (const [name, value] of Object.entries(losses)) scope.graph.output(value, name);
  const outputs: string[] = [];
  for (const { name, trainable } of scope.parameters) {
    const gradient = gradients.get(name);
    if (!trainable || !gradient) continue;
    scope.graph.output(gradient, `gradient.${name}`);
    outputs.push(name);
  }
  return {
    model: encodeModel(scope.graph),
    parameters: scope.parameters,
    masks: scope.masks,
    statistics: scope.statistics,
    gradients: outputs,
    losses: Object.keys(losses),
  };
}

export interface InferenceOptions {
  readonly classes: number;
  /** Stored in the graph; without them weights are inputs. */
  readonly weights?: Weights | undefined;
}

/** The graph of a network as it is used: any batch size; a detector takes any height and width. */
export function inferenceGraph(
  network: Network,
  { classes, weights }: InferenceOptions,
): { readonly graph: Graph; readonly parameters: readonly ParameterSpec[] } {
  const scope = new Scope({ mode: 'infer', initialisation: network.initialisation, weights });
  const { channels, size } = network.input;
  const sides = network.task === 'detector' ? (['H', 'W'] as const) : ([size, size] as const);
  const x = scope.graph.input('input', ['N', channels, ...sides]);
  scope.graph.output(network.layers(classes)(scope, x), network.output);
  return { graph: scope.graph, parameters: scope.parameters };
}

/** Trainable numbers of a network. */
export function countParameters(network: Network, classes: number): number {
  const { parameters } = inferenceGraph(network, { classes });
  return parameters.filter((p) => p.trainable).reduce((sum, p) => sum + p.dims.reduce((a, b) => a * b, 1), 0);
}
