/**
 * Builds an ONNX graph node by node and knows each value's shape. Knows operators only by name: what they compute and how
 * they are differentiated is the business of src/train/layers. Encoding to bytes is in encode.ts.
 */

/** A dimension: a number, or a name for one known only at run time ('N', 'H/8'). */
export type Dim = number | string;

/** A value in a graph: its name and shape. */
export interface Value {
  readonly name: string;
  readonly dims: readonly Dim[];
}

/** Element types that phiz's graphs use. */
export type ElementType = 'float' | 'int64' | 'uint8' | 'bool';

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface GraphNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export interface GraphPort {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>> | undefined;
  /** Operator domain; '' is ONNX's own, 'com.microsoft' ONNX Runtime's. */
  readonly domain?: string | undefined;
}

/** A graph under construction. */
export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly initializers: Initializer[] = [];
  readonly inputs: GraphPort[] = [];
  readonly outputs: GraphPort[] = [];
  #count = 0;

  /** Declares an input that is fed at run time. */
  input(name: string, dims: readonly Dim[], type: ElementType = 'float'): Value {
    this.inputs.push({ name, type, dims });
    return { name, dims };
  }

  /** Stores float data in the graph. A fresh initializer each call: some kernels work in place on theirs. */
  constant(data: Float32Array | readonly number[] | number, dims: readonly number[] = [], name = this.#fresh('const')): Value {
    const floats =
      typeof data === 'number' ? Float32Array.of(data) : data instanceof Float32Array ? data : Float32Array.from(data);
    this.initializers.push({ name, type: 'float', dims, data: floats });
    return { name, dims };
  }

  /** Stores a vector of 64-bit integers (shapes, axes, slice bounds). */
  integers(values: readonly number[]): Value {
    const name = this.#fresh('ints');
    this.initializers.push({ name, type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });
    return { name, dims: [values.length] };
  }

  /** Adds a node with one output of the given shape. An input may be left out with `undefined`. */
  node(op: string, inputs: readonly (Value | undefined)[], dims: readonly Dim[], options: NodeOptions = {}): Value {
    return this.many(op, inputs, [dims], options)[0]!;
  }

  /** Adds a node with several outputs. */
  many(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly (readonly Dim[])[],
    { attributes = {}, domain = '' }: NodeOptions = {},
  ): Value[] {
    const values = outputs.map((dims) => ({ name: this.#fresh(op), dims }));
    this.nodes.push({
      op,
      domain,
      inputs: inputs.map((v) => v?.name ?? ''),
      outputs: values.map((v) => v.name),
      attributes,
    });
    return values;
  }

  /** Makes a value an output of the graph under a name of its own. */
  output(value: Value, name: string): void {
    this.nodes.push({ op: 'Identity', domain: '', inputs: [value.name], outputs: [name], attributes: {} });
    this.outputs.push({ name, type: 'float', dims: value.dims });
  }

  #fresh(stem: string): string {
    this.#count += 1;
    return `${stem}_${this.#count}`;
  }
}

/** A dimension as a number, where the graph must know it when it is built (gradients do). */
export function known(dim: Dim | undefined): number {
  if (typeof dim === 'number') return dim;
  throw new TypeError(`dimension '${String(dim)}' must be known when the graph is built`);
}

/** A dimension divided (rounded up) or multiplied; a symbolic one keeps a readable name. */
export function scaleDim(dim: Dim | undefined, divide: number, multiply = 1): Dim {
  if (typeof dim === 'number') return Math.ceil(dim / divide) * multiply;
  return divide === 1 && multiply === 1 ? String(dim) : `(${dim})/${divide}*${multiply}`;
}
