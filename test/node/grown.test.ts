/** Networks that are given more layers after they were trained: the others keep their names, and all together say what they said. */
import { expect, it } from 'vitest';
import { random } from '#dist/core/random.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { initialise } from '#dist/train/initialise.js';
import { conv } from '#dist/train/layers/conv.js';
import { grouped, type Layer, sequence } from '#dist/train/layers/layer.js';
import { convBlock, residualBlock } from '#dist/train/networks/network.js';
import { Scope, type Weights } from '#dist/train/scope.js';

const engine = await createNodeEngine({ threads: 1 });
const before = [convBlock(4, { stride: 2 }), residualBlock(4, { gates: true })];
const after = [convBlock(6), conv(2, { bias: true })];

function specs(layer: Layer) {
  const scope = new Scope({ mode: 'infer' });
  layer(scope, scope.graph.input('x', [1, 3, 8, 8]));
  return scope.parameters;
}

async function answer(layer: Layer, weights: Weights): Promise<readonly number[]> {
  const scope = new Scope({ mode: 'infer', weights });
  scope.graph.output(layer(scope, scope.graph.input('x', [1, 3, 8, 8])), 'y');
  const session = await engine.load(encodeModel(scope.graph));
  const stream = random(4);
  const { y } = await session.run({
    x: { dims: [1, 3, 8, 8], data: Float32Array.from({ length: 192 }, () => stream.normal(0, 1)) },
  });
  await session.dispose();
  return [...y!.data].map(Number);
}

it('a grouped block in the middle leaves all names and answers as they were', async () => {
  const small = sequence(...before, ...after);
  const grown = sequence(...before, grouped('late', residualBlock(4, { gates: true })), ...after);
  const names = specs(small).map(({ name }) => name);
  const added = specs(grown)
    .map(({ name }) => name)
    .filter((name) => !names.includes(name));
  expect(specs(grown).length).toBe(names.length + added.length);
  expect(added.length).toBeGreaterThan(0);
  for (const name of added) expect(name).toMatch(/^late\./);

  const trained = initialise(specs(small), 1);
  const weights = { ...initialise(specs(grown), 2), ...trained };
  const said = await answer(small, trained);
  expect(new Set(said).size).toBeGreaterThan(8);
  for (const [i, value] of (await answer(grown, weights)).entries()) expect(value).toBeCloseTo(said[i]!, 5);
});

it('without a group the layers behind it are called something else', () => {
  const names = new Map(specs(sequence(...before, ...after)).map(({ name, dims }) => [name, dims.join()]));
  const shifted = specs(sequence(...before, residualBlock(4, { gates: true }), ...after));
  expect(shifted.some(({ name, dims }) => names.has(name) && names.get(name) !== dims.join())).toBe(true);
});

it('groups nest, and count on where they end', () => {
  const scope = new Scope({ mode: 'infer' });
  const inner = () => [scope.name('conv'), scope.name('conv')];
  expect(scope.name('conv')).toBe('conv1');
  expect(scope.grouped('a', () => [...inner(), ...scope.grouped('b', inner)])).toEqual([
    'a.conv1',
    'a.conv2',
    'a.b.conv1',
    'a.b.conv2',
  ]);
  expect(() =>
    scope.grouped('c', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(scope.name('conv')).toBe('conv2');
});
