/** Counts what a graph costs to run: multiply-adds of its convolutions and matrix products, one picture of the given size. */
import type { Dim, Graph } from './graph.js';

/** Multiply-adds for one sample. `sizes` gives numbers to symbolic dimensions ('H', 'W'); the batch counts as 1. */
export function multiplyAdds(graph: Graph, sizes: Readonly<Record<string, number>> = {}): number {
  const dims = new Map<string, readonly Dim[]>();
  for (const value of [...graph.inputs, ...graph.initializers]) dims.set(value.name, value.dims);
  const number = (dim: Dim | undefined) => (typeof dim === 'number' ? dim : (sizes[String(dim)] ?? 1));
  let total = 0;
  // Sizes are followed node by node, since symbolic ones are only names in the graph.
  const shape = new Map<string, readonly [number, number]>();
  for (const input of graph.inputs)
    if (input.dims.length === 4) shape.set(input.name, [number(input.dims[2]), number(input.dims[3])]);
  for (const node of graph.nodes) {
    const [from, to] = [node.inputs[0]!, node.outputs[0]!];
    const sides = shape.get(from);
    const kernel = node.attributes.kernel_shape as readonly number[] | undefined;
    if (kernel && sides) {
      const strides = (node.attributes.strides as readonly number[]) ?? [1, 1];
      const pads = (node.attributes.pads as readonly number[]) ?? [0, 0, 0, 0];
      const out = [0, 1].map((i) => Math.floor((sides[i]! + pads[i]! + pads[i + 2]! - kernel[i]!) / strides[i]!) + 1);
      shape.set(to, [out[0]!, out[1]!]);
      if (node.op === 'Conv') {
        const weight = dims.get(node.inputs[1]!)!.map(number);
        total += weight.reduce((a, b) => a * b, 1) * out[0]! * out[1]!;
      }
    } else if (node.op === 'Resize' && sides) shape.set(to, [sides[0] * 2, sides[1] * 2]);
    else if (node.op === 'Gemm')
      total += dims
        .get(node.inputs[1]!)!
        .map(number)
        .reduce((a, b) => a * b, 1);
    else if (sides) shape.set(to, sides);
  }
  return total;
}
