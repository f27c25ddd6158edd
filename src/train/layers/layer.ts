/** What a layer is, and how layers combine. A layer adds nodes to a scope's graph and records its gradient on the tape. */
import type { Value } from '../../onnx/graph.js';
import type { Scope } from '../scope.js';

export type Layer = (scope: Scope, x: Value) => Value;

/** One layer after the other. */
export function sequence(...layers: readonly Layer[]): Layer {
  return (scope, x) => layers.reduce((value, layer) => layer(scope, value), x);
}

/** y = main(x) + shortcut(x) (He et al. 2016, arXiv:1512.03385). */
export function residual(main: Layer, shortcut: Layer = (_scope, x) => x): Layer {
  return (scope, x) => add(scope, main(scope, x), shortcut(scope, x));
}

/** Sum of two values of one shape. */
export function add(scope: Scope, a: Value, b: Value): Value {
  return scope.record([a, b], scope.op('Add', [a, b], a.dims), (dy) => [dy, dy]);
}

/**
 * Layers whose weights are named `group.…` and counted on their own: added in the middle of a network, they leave all other names as they
 * are, so that `--from` still finds what was trained without them.
 */
export function grouped(group: string, layer: Layer): Layer {
  return (scope, x) => scope.grouped(group, () => layer(scope, x));
}
