/**
 * A graph being written by layers, with the tape that differentiates it: each layer adds its forward nodes, and in training
 * records how the gradient of its output becomes gradients of its inputs. `backward` then adds those nodes, last layer first.
 */
import { type Dim, Graph, type Value } from '../onnx/graph.js';

/** How a parameter starts. */
export type Initialisation = 'he-normal' | 'glorot-uniform' | 'zeros' | 'ones' | { readonly values: readonly number[] };

/** A weight of a network. */
export interface ParameterSpec {
  readonly name: string;
  readonly dims: readonly number[];
  readonly initialisation: Initialisation;
  readonly fanIn: number;
  readonly fanOut: number;
  /** False for running statistics, which are not trainable parameters. */
  readonly trainable: boolean;
}

/** Named weights. */
export type Weights = Readonly<Record<string, Float32Array>>;

export interface ScopeOptions {
  /** 'train': batch statistics, dropout and a tape; 'infer': as used. */
  readonly mode: 'train' | 'infer';
  /** Weights stored in the graph; without them they are inputs, fed at every run. */
  readonly weights?: Weights | undefined;
  /** How parameters that a layer leaves open start. */
  readonly initialisation?: 'he-normal' | 'glorot-uniform' | undefined;
}

type Gradient = Value | undefined;

interface TapeEntry {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly backward: (dys: readonly Gradient[]) => readonly Gradient[];
}

/** A dropout mask that must be fed: bytes 0 (dropped) or 1 (kept). */
export interface MaskSpec {
  readonly name: string;
  readonly dims: readonly number[];
  readonly rate: number;
}

/** A batch statistic that the training graph hands out, to update a running one. */
export interface StatisticSpec {
  readonly output: string;
  readonly parameter: string;
  /** running = momentum · running + (1 − momentum) · batch. */
  readonly momentum: number;
}

export class Scope {
  readonly graph = new Graph();
  readonly training: boolean;
  readonly parameters: ParameterSpec[] = [];
  readonly masks: MaskSpec[] = [];
  readonly statistics: StatisticSpec[] = [];
  readonly #options: ScopeOptions;
  readonly #tape: TapeEntry[] = [];
  readonly #differentiable = new Set<string>();
  readonly #counts = new Map<string, number>();
  #group = '';

  constructor(options: ScopeOptions) {
    this.#options = options;
    this.training = options.mode === 'train';
  }

  /** A name for the next layer of a kind: conv1, conv2, … in the order of building, so the same in every graph of a network. */
  name(kind: string): string {
    const grouped = this.#group + kind;
    const count = (this.#counts.get(grouped) ?? 0) + 1;
    this.#counts.set(grouped, count);
    return `${grouped}${count}`;
  }

  /** Builds with names that begin with `group` and are counted on their own: the layers that follow are called what they were. */
  grouped<T>(group: string, build: () => T): T {
    const outer = this.#group;
    this.#group = `${outer}${group}.`;
    try {
      return build();
    } finally {
      this.#group = outer;
    }
  }

  /** Declares a weight: trainable unless said otherwise. */
  parameter(
    name: string,
    dims: readonly number[],
    { initialisation, fanIn = 1, fanOut = 1, trainable = true }: Partial<ParameterSpec> = {},
  ): Value {
    const start = initialisation ?? this.#options.initialisation ?? 'he-normal';
    this.parameters.push({ name, dims, initialisation: start, fanIn, fanOut, trainable });
    if (this.training && trainable) this.#differentiable.add(name);
    // Training normalises by the batch's own statistics: the running ones are not part of its graph.
    if (this.training && !trainable) return { name, dims };
    const { weights } = this.#options;
    if (!weights) return this.graph.input(name, dims);
    const data = weights[name];
    if (!data) throw new TypeError(`no weights for '${name}'`);
    return this.graph.constant(data, dims, name);
  }

  /** Declares a dropout mask of the training graph. */
  mask(dims: readonly number[], rate: number): Value {
    const name = this.name('mask');
    this.masks.push({ name, dims, rate });
    return this.graph.input(name, dims, 'uint8');
  }

  /** Hands out a batch statistic. */
  statistic(value: Value, parameter: string, momentum: number): void {
    const output = `batch.${parameter}`;
    this.graph.output(value, output);
    this.statistics.push({ output, parameter, momentum });
  }

  /** Shorthand for graph.node. */
  op(op: string, inputs: readonly (Value | undefined)[], dims: readonly Dim[], attributes = {}): Value {
    return this.graph.node(op, inputs, dims, { attributes });
  }

  /** The same numbers in another shape. */
  reshape(value: Value, dims: readonly number[]): Value {
    return this.op('Reshape', [value, this.graph.integers(dims)], dims);
  }

  /** left · rightᵀ over the last two axes, batch by batch, without writing down the transpose. */
  timesTransposed(left: Value, right: Value, dims: readonly number[]): Value {
    return this.graph.node('FusedMatMul', [left, right], dims, { domain: 'com.microsoft', attributes: { transB: 1 } });
  }

  /** Whether a gradient is wanted of this value: it hangs on a trainable weight. */
  wants(value: Value): boolean {
    return this.#differentiable.has(value.name);
  }

  /** Notes how dy of `output` becomes gradients of `inputs` (in their order; undefined for none). */
  record(inputs: readonly Value[], output: Value, backward: (dy: Value) => readonly Gradient[]): Value {
    this.recordMany(inputs, [output], ([dy]) => backward(dy!));
    return output;
  }

  /** The same for a layer of several outputs; the gradient of one that nothing hangs on is undefined. */
  recordMany(inputs: readonly Value[], outputs: readonly Value[], backward: TapeEntry['backward']): void {
    if (!this.training || !inputs.some((v) => this.wants(v))) return;
    this.#tape.push({ inputs, outputs, backward });
    for (const { name } of outputs) this.#differentiable.add(name);
  }

  /** Makes an input that gradients are wanted of (for tests). */
  watch(value: Value): Value {
    this.#differentiable.add(value.name);
    return value;
  }

  /**
   * Adds the gradients of the sum of the given scalar losses and returns those of all differentiable leaves, by name.
   * Call once, after the last layer.
   */
  backward(losses: readonly Value[]): Map<string, Value> {
    const gradients = new Map<string, Value>();
    const add = (value: Value, gradient: Value) => {
      const sofar = gradients.get(value.name);
      gradients.set(value.name, sofar ? this.op('Add', [sofar, gradient], value.dims) : gradient);
    };
    for (const loss of losses) add(loss, this.graph.constant(1));
    for (const { inputs, outputs, backward } of this.#tape.toReversed()) {
      const dys = outputs.map(({ name }) => gradients.get(name));
      if (!dys.some(Boolean)) continue;
      for (const { name } of outputs) gradients.delete(name);
      backward(dys).forEach((gradient, i) => {
        const input = inputs[i]!;
        if (gradient && this.wants(input)) add(input, gradient);
      });
    }
    return gradients;
  }
}
