/** Counts what a graph costs to run: multiply-adds of its convolutions and matrix products, one image of the given size. */
import type { Dim, Graph } from './graph.js';

/** What is counted of a graph: one under construction, or one read from a file (model-cost.ts). */
export type CountedGraph = Pick<Graph, 'nodes' | 'inputs'> & {
  readonly initializers: readonly { readonly name: string; readonly dims: readonly Dim[] }[];
};

/** Operators that hand a weight on in its shape: stored in half precision or in bytes, it is widened first. */
const SAME_SHAPE = ['Cast', 'DequantizeLinear', 'Identity'];

/** Operators whose result is of a size that stands in their inputs' values, which are not looked at. */
const RESIZING = /^(Pad|Reduce.*)$/;

/**
 * Multiply-adds for one sample. `sizes` gives numbers to symbolic dimensions ('H', 'W'); the batch counts as 1. Throws TypeError
 * where the weights of a convolution or product are not in the graph, or the size of a convolution's image cannot be followed.
 */
export function multiplyAdds(graph: CountedGraph, sizes: Readonly<Record<string, number>> = {}): number {
  const dims = new Map<string, readonly Dim[]>();
  for (const value of [...graph.inputs, ...graph.initializers]) dims.set(value.name, value.dims);
  const weights = new Set(graph.initializers.map(({ name }) => name));
  const number = (dim: Dim | undefined) => (typeof dim === 'number' ? dim : (sizes[String(dim)] ?? 1));
  const count = (name: string | undefined) => {
    const own = dims.get(name ?? '');
    if (!own) throw new TypeError(`the weights '${name}' are not in the graph`);
    return own.map(number).reduce((a, b) => a * b, 1);
  };
  let total = 0;
  // Sizes are followed node by node, since symbolic ones are only names in the graph.
  const shape = new Map<string, readonly [number, number]>();
  for (const input of graph.inputs)
    if (input.dims.length === 4) shape.set(input.name, [number(input.dims[2]), number(input.dims[3])]);
  for (const node of graph.nodes) {
    const [from, to] = [node.inputs[0]!, node.outputs[0]!];
    const sides = shape.get(from);
    const kernel = node.attributes.kernel_shape as readonly number[] | undefined;
    if (weights.has(from) && SAME_SHAPE.includes(node.op)) {
      dims.set(to, dims.get(from)!);
      weights.add(to);
    } else if (node.op === 'Conv' && !sides) throw new TypeError(`the size of '${from}' is not known`);
    else if (kernel && sides) {
      const strides = (node.attributes.strides as readonly number[]) ?? [1, 1];
      const pads = (node.attributes.pads as readonly number[]) ?? [0, 0, 0, 0];
      const dilations = (node.attributes.dilations as readonly number[]) ?? [1, 1];
      const reach = kernel.map((size, i) => (size - 1) * dilations[i]! + 1);
      const same = String(node.attributes.auto_pad ?? '').startsWith('SAME');
      const round = node.attributes.ceil_mode === 1 ? Math.ceil : Math.floor;
      const out = [0, 1].map((i) =>
        same ? Math.ceil(sides[i]! / strides[i]!) : round((sides[i]! + pads[i]! + pads[i + 2]! - reach[i]!) / strides[i]!) + 1,
      );
      shape.set(to, [out[0]!, out[1]!]);
      if (node.op === 'Conv') total += count(node.inputs[1]) * out[0]! * out[1]!;
    } else if (node.op === 'Resize' && sides) shape.set(to, [sides[0] * 2, sides[1] * 2]);
    else if (node.op === 'Gemm' || (node.op === 'MatMul' && weights.has(node.inputs[1]!))) total += count(node.inputs[1]);
    else if (node.op.startsWith('Global')) shape.set(to, [1, 1]);
    else if (sides && !RESIZING.test(node.op)) shape.set(to, sides);
  }
  return total;
}
