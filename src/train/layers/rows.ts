/** From maps to rows of numbers, one row per point, and rows of several maps one after the other: what a detector's head hands out. */
import { type Dim, known, type Value } from '../../onnx/graph.js';
import type { Scope } from '../scope.js';

/** [N, C, H, W] to [N, H·W, C], row-major. */
export function rows(scope: Scope, x: Value): Value {
  const [n, c, h, w] = x.dims;
  const channels = known(c);
  const points: Dim = typeof h === 'number' && typeof w === 'number' ? h * w : `${h}*${w}`;
  const flat = scope.op('Reshape', [x, scope.graph.integers([0, channels, -1])], [n!, channels, points]);
  const y = scope.op('Transpose', [flat], [n!, points, channels], { perm: [0, 2, 1] });
  return scope.record([x], y, (dy) => {
    const turned = scope.op('Transpose', [dy], [n!, channels, points], { perm: [0, 2, 1] });
    return [scope.reshape(turned, x.dims.map(known))];
  });
}

/** Values of shape [N, Pᵢ, C] one after the other along the points. */
export function concatRows(scope: Scope, values: readonly Value[]): Value {
  const first = values[0]!;
  const sizes = values.map((v) => v.dims[1]!);
  const total: Dim = sizes.every((s) => typeof s === 'number') ? sizes.reduce((a, b) => a + b, 0) : sizes.join('+');
  const y = scope.op('Concat', values, [first.dims[0]!, total, first.dims[2]!], { axis: 1 });
  return scope.record(values, y, (dy) => {
    let from = 0;
    return values.map((v) => {
      const size = known(v.dims[1]);
      const bounds = [[from], [from + size], [1]].map((b) => scope.graph.integers(b));
      from += size;
      return scope.op('Slice', [dy, ...bounds], v.dims);
    });
  });
}
