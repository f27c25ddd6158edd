/**
 * Element-wise arithmetic with gradients, for losses: operands have one shape, or the second is a plain number or a constant
 * (fed targets, anchors) that broadcasts to the first.
 */
import type { Dim, Value } from '../onnx/graph.js';
import type { Scope } from './scope.js';

type Operand = Value | number;

/** Arithmetic on one scope. */
export class Arithmetic {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  add(a: Value, b: Operand): Value {
    return this.#binary('Add', a, b, (dy) => [dy, dy]);
  }

  subtract(a: Value, b: Operand): Value {
    return this.#binary('Sub', a, b, (dy) => [dy, this.#raw('Neg', dy)]);
  }

  multiply(a: Value, b: Operand): Value {
    return this.#binary('Mul', a, b, (dy, va, vb) => [this.#raw('Mul', dy, vb), this.#raw('Mul', dy, va)]);
  }

  divide(a: Value, b: Value): Value {
    return this.#binary('Div', a, b, (dy, _va, vb, y) => {
      const da = this.#raw('Div', dy, vb);
      return [da, this.#raw('Neg', this.#raw('Mul', da, y))];
    });
  }

  /** The larger of two; the gradient goes to it alone. */
  maximum(a: Value, b: Operand): Value {
    return this.#binary('Max', a, b, (dy, va, vb) => this.#choose('GreaterOrEqual', dy, va, vb));
  }

  /** The smaller of two; the gradient goes to it alone. */
  minimum(a: Value, b: Operand): Value {
    return this.#binary('Min', a, b, (dy, va, vb) => this.#choose('LessOrEqual', dy, va, vb));
  }

  exp(a: Value): Value {
    const y = this.#raw('Exp', a);
    return this.#scope.record([a], y, (dy) => [this.#raw('Mul', dy, y)]);
  }

  absolute(a: Value): Value {
    const y = this.#raw('Abs', a);
    return this.#scope.record([a], y, (dy) => [this.#raw('Mul', dy, this.#raw('Sign', a))]);
  }

  /** log(1 + eˣ), safe for large |x|. */
  softplus(a: Value): Value {
    const y = this.#raw('Softplus', a);
    return this.#scope.record([a], y, (dy) => [this.#raw('Mul', dy, this.#raw('Sigmoid', a))]);
  }

  /** The last axis cut into pieces of the given widths. */
  split(a: Value, widths: readonly number[]): Value[] {
    const scope = this.#scope;
    const axis = a.dims.length - 1;
    const shapes = widths.map((width) => [...a.dims.slice(0, axis), width]);
    const pieces = scope.graph.many('Split', [a, scope.graph.integers(widths)], shapes, { attributes: { axis } });
    scope.recordMany([a], pieces, (dys) => {
      const full = dys.map((dy, i) => dy ?? scope.op('Expand', [scope.graph.constant(0), this.#shapeOf(shapes[i]!)], shapes[i]!));
      return [scope.op('Concat', full, a.dims, { axis })];
    });
    return pieces;
  }

  /** Sum of all elements, a scalar. */
  sum(a: Value): Value {
    const y = this.#scope.op('ReduceSum', [a], [], { keepdims: 0 });
    return this.#scope.record([a], y, (dy) => [this.#scope.op('Expand', [dy, this.#shapeOf(a.dims)], a.dims)]);
  }

  /** The value without its gradient. */
  detach(a: Value): Value {
    return this.#scope.op('Identity', [a], a.dims);
  }

  #shapeOf(dims: readonly Dim[]): Value {
    return this.#scope.graph.integers(dims.map(Number));
  }

  #raw(op: string, ...inputs: Value[]): Value {
    return this.#scope.op(op, inputs, inputs[0]!.dims);
  }

  #choose(comparison: string, dy: Value, a: Value, b: Value): Value[] {
    const first = this.#raw(comparison, a, b);
    const zero = this.#scope.graph.constant(0);
    return [this.#scope.op('Where', [first, dy, zero], a.dims), this.#scope.op('Where', [first, zero, dy], a.dims)];
  }

  #binary(op: string, a: Value, b: Operand, backward: (dy: Value, a: Value, b: Value, y: Value) => Value[]): Value {
    const right = typeof b === 'number' ? this.#scope.graph.constant(b) : b;
    const y = this.#scope.op(op, [a, right], a.dims);
    return this.#scope.record(typeof b === 'number' ? [a] : [a, b], y, (dy) => {
      const gradients = backward(dy, a, right, y);
      return typeof b === 'number' ? gradients.slice(0, 1) : gradients;
    });
  }
}
