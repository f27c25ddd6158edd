/** Keras networks as ONNX graphs: every layer against plain loops, every Keras's way of writing, and what cannot be translated. */
import { describe, expect, it } from 'vitest';
import { random } from '#dist/core/random.js';
import type { Tensor } from '#dist/core/tensor.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { samePadding } from '#dist/onnx/padding.js';
import { type KerasParts, normWeights, weightsOf } from './fixtures/keras-files.js';
import { functional, type Layer, sequential, sound, translated } from './fixtures/keras-models.js';
import * as keras from './fixtures/keras-reference.js';

const engine = await createNodeEngine({ threads: 1 });

/** Translates, runs one random image, and gives the logits with the image in Keras's layout. */
async function logitsOf(parts: KerasParts, image: keras.Maps): Promise<readonly number[]> {
  const session = await engine.load(encodeModel(translated(parts).graph));
  const { rows, columns, channels, data } = image;
  const planes = new Float32Array(data.length);
  for (let p = 0; p < rows * columns; p++)
    for (let c = 0; c < channels; c++) planes[c * rows * columns + p] = data[p * channels + c]!;
  const { logits } = await session.run({ input: { dims: [1, channels, rows, columns], data: planes } }, ['logits']);
  await session.dispose();
  return [...logits!.data];
}

function image(rows: number, columns: number, channels: number): keras.Maps {
  const stream = random(5);
  return { rows, columns, channels, data: Float64Array.from({ length: rows * columns * channels }, () => stream.normal(0, 1)) };
}

function expectClose(got: readonly number[], wanted: keras.Maps) {
  expect(got.length).toBe(wanted.data.length);
  for (const [i, v] of wanted.data.entries()) expect(got[i], `logit ${i}`).toBeCloseTo(v, 3);
}

const windowOf = (size: number, stride: number, padding: string, more = {}) => ({
  kernel_size: [size, size],
  pool_size: [size, size],
  strides: [stride, stride],
  padding,
  ...more,
});

describe('TensorFlow\'s "same" padding', () => {
  it.each([
    [8, 3, 1, 1, [1, 1]],
    [8, 3, 2, 1, [0, 1]],
    [7, 3, 2, 1, [1, 1]],
    [8, 2, 2, 1, [0, 0]],
    [5, 2, 1, 1, [0, 1]],
    [60, 1, 2, 1, [0, 0]],
    [9, 3, 1, 2, [2, 2]],
    [10, 5, 3, 1, [2, 2]],
  ])('of %i pixels under a window of %i with stride %i and dilation %i', (size, kernel, stride, dilation, pads) => {
    expect(samePadding(size, kernel, stride, dilation)).toEqual(pads);
  });
});

describe('an imported network computes what Keras computes:', () => {
  const end: readonly Layer[] = [
    ['Flatten', 'flat'],
    ['Dense', 'out', { units: 3, use_bias: true, activation: 'softmax' }],
  ];
  /** One layer between the image and a dense layer. */
  async function check(layer: Layer, weights: readonly Tensor[], compute: (x: keras.Maps) => keras.Maps, x = image(8, 7, 3)) {
    const middle = compute(x);
    const [kernel, bias] = weightsOf(9, [middle.data.length, 3], [3]) as [Tensor, Tensor];
    const config = functional([x.rows, x.columns, x.channels], [layer, ...end]);
    const logits = await logitsOf({ config, weights: { [layer[1]]: weights, out: [kernel, bias] } }, x);
    expectClose(logits, keras.dense(middle, kernel, bias));
  }

  for (const padding of ['same', 'valid'])
    for (const [size, stride] of [
      [3, 1],
      [3, 2],
      [2, 2],
      [1, 2],
      [5, 3],
    ] as const) {
      const window = windowOf(size, stride, padding);
      const name = `${size}×${size}, stride ${stride}, ${padding}`;
      it(`Conv2D ${name}`, async () => {
        const [kernel, bias] = weightsOf(1, [size, size, 3, 4], [4]) as [Tensor, Tensor];
        await check(['Conv2D', 'c', { filters: 4, use_bias: true, activation: 'relu', ...window }], [kernel, bias], (x) =>
          keras.relu(keras.conv2d(x, window, kernel, bias)),
        );
      });
      it(`DepthwiseConv2D ${name}`, async () => {
        const [kernel] = weightsOf(2, [size, size, 3, 2]) as [Tensor];
        await check(['DepthwiseConv2D', 'd', { depth_multiplier: 2, use_bias: false, ...window }], [kernel], (x) =>
          keras.depthwiseConv2d(x, window, kernel),
        );
      });
      it(`SeparableConv2D ${name}`, async () => {
        const weights = weightsOf(3, [size, size, 3, 2], [1, 1, 6, 5], [5]) as [Tensor, Tensor, Tensor];
        await check(['SeparableConv2D', 's', { filters: 5, depth_multiplier: 2, ...window }], weights, (x) =>
          keras.conv2d(keras.depthwiseConv2d(x, window, weights[0]), windowOf(1, 1, 'valid'), weights[1], weights[2]),
        );
      });
      it(`pools ${name}`, async () => {
        await check(['MaxPooling2D', 'm', window], [], (x) => keras.pool2d(x, window, 'max'));
        await check(['AveragePooling2D', 'a', window], [], (x) => keras.pool2d(x, window, 'mean'));
      });
    }

  it('Conv2D with holes', async () => {
    const window = windowOf(3, 1, 'same', { dilation_rate: [2, 2] });
    const [kernel] = weightsOf(1, [3, 3, 3, 4]) as [Tensor];
    await check(['Conv2D', 'c', { filters: 4, use_bias: false, ...window }], [kernel], (x) => keras.conv2d(x, window, kernel));
  });

  it('a pool whose stride is left open moves by its own size', async () => {
    const window = windowOf(2, 2, 'valid');
    await check(['MaxPooling2D', 'm', { pool_size: [2, 2], strides: null, padding: 'valid' }], [], (x) =>
      keras.pool2d(x, window, 'max'),
    );
  });

  it('ZeroPadding2D of unlike sides', async () => {
    const padding = [
      [1, 2],
      [0, 3],
    ];
    await check(['ZeroPadding2D', 'z', { padding }], [], (x) => keras.zeroPadding2d(x, 1, 2, 0, 3));
  });

  it('BatchNormalization, with its own ε, without γ, and with what a file leaves open', async () => {
    const all = normWeights(4, 3) as [Tensor, Tensor, Tensor, Tensor];
    const [, beta, mean, variance] = all;
    await check(['BatchNormalization', 'b', { axis: -1, epsilon: 0.1 }], all, (x) => keras.batchNormalization(x, ...all, 0.1));
    await check(['BatchNormalization', 'b', { axis: [3], scale: false }], [beta, mean, variance], (x) =>
      keras.batchNormalization(x, undefined, beta, mean, variance),
    );
  });

  it('Rescaling, ReLU with a largest value, LeakyReLU and layers that matter in training only', async () => {
    const map = (f: (v: number) => number) => (x: keras.Maps) => ({ ...x, data: x.data.map(f) });
    await check(
      ['Rescaling', 'r', { scale: 0.5, offset: -1 }],
      [],
      map((v) => v * 0.5 - 1),
    );
    await check(
      ['ReLU', 'r', { max_value: 1, negative_slope: 0, threshold: 0 }],
      [],
      map((v) => Math.min(Math.max(v, 0), 1)),
    );
    await check(
      ['LeakyReLU', 'r', { alpha: 0.25 }],
      [],
      map((v) => (v > 0 ? v : v * 0.25)),
    );
    await check(['Dropout', 'r', { rate: 0.5 }], [], (x) => x);
  });

  it('branches that meet: Add, Concatenate, a layer used twice, a global mean and a Softmax layer of its own', async () => {
    const [shared, last] = weightsOf(6, [3, 3, 3, 3], [3, 3, 6, 4]) as [Tensor, Tensor];
    const same = windowOf(3, 1, 'same');
    const config = functional(
      [6, 6, 3],
      [
        ['Conv2D', 'shared', { filters: 3, use_bias: false, ...same }],
        ['Add', 'sum', {}, ['shared', 'in']],
        ['Concatenate', 'both', { axis: -1 }, ['sum', 'shared']],
        ['Conv2D', 'last', { filters: 4, use_bias: false, ...same }],
        ['GlobalAveragePooling2D', 'mean'],
        ['Softmax', 'probabilities', { axis: -1 }],
      ],
    );
    // The second use: `shared` is fed by its own first output.
    config.config.layers[1]!.inbound_nodes.push([['shared', 0, 0, {}]]);
    config.config.layers[3]!.inbound_nodes = [
      [
        ['sum', 0, 0, {}],
        ['shared', 1, 0, {}],
      ],
    ];
    const x = image(6, 6, 3);
    const first = keras.conv2d(x, same, shared);
    const joined = keras.concatenate(keras.add(first, x), keras.conv2d(first, same, shared));
    const logits = await logitsOf({ config, weights: { shared: [shared], last: [last] } }, x);
    expectClose(logits, keras.globalAverage(keras.conv2d(joined, same, last)));
  });
});

describe('files of every Keras', () => {
  const shape = [6, 6, 1];
  const conv = { filters: 2, use_bias: true, activation: 'relu', kernel_size: [3, 3], strides: [2, 2], padding: 'same' };
  const layers: readonly Layer[] = [
    ['Conv2D', 'conv', conv],
    ['Dropout', 'drop', { rate: 0.5 }],
    ['Flatten', 'flat'],
    ['Dense', 'out', { units: 2, activation: 'softmax' }],
  ];
  const weights = { conv: weightsOf(1, [3, 3, 1, 2], [2]), drop: [], flat: [], out: weightsOf(2, [18, 2], [2]) };
  const former: readonly Layer[] = [
    [
      'Convolution2D',
      'conv',
      {
        nb_filter: 2,
        nb_row: 3,
        nb_col: 3,
        subsample: [2, 2],
        border_mode: 'same',
        dim_ordering: 'tf',
        bias: true,
        activation: 'relu',
      },
    ],
    ['Dropout', 'drop', { p: 0.5 }],
    ['Flatten', 'flat'],
    ['Dense', 'out', { output_dim: 2, bias: true, activation: 'softmax' }],
  ];
  const plain = functional(shape, layers);
  /** As Keras 3 writes it: tensors with their history, wrapped activations and types, names of inputs without a list around them. */
  const tensor = (from: string) => ({ class_name: '__keras_tensor__', config: { shape: [null], keras_history: [from, 0, 0] } });
  const three = {
    class_name: 'Functional',
    config: {
      name: 'm',
      layers: plain.config.layers.map((layer, i) => ({
        ...layer,
        module: 'keras.layers',
        config:
          layer.class_name === 'InputLayer'
            ? { name: 'in', batch_shape: [null, ...shape] }
            : layer.class_name === 'Dense'
              ? { ...layer.config, activation: { module: 'builtins', class_name: 'function', config: 'softmax' } }
              : layer.config,
        inbound_nodes: i === 0 ? [] : [{ args: [tensor(plain.config.layers[i - 1]!.name)], kwargs: { training: false } }],
      })),
      input_layers: ['in', 0, 0],
      output_layers: ['out', 0, 0],
    },
  };
  const two = sequential(shape, layers);

  it.each([
    ['Sequential, Keras 1', { config: sequential(shape, former), weights }],
    ['Sequential, Keras 2.0 (a list)', { config: two, weights }],
    [
      'Sequential, Keras 2.3 (with a name)',
      { config: { class_name: 'Sequential', config: { name: 's', layers: two.config } }, weights },
    ],
    ['functional, Keras 3', { config: three, weights }],
  ])('%s', (_, parts) => {
    const got = translated(parts);
    expect(got).toMatchObject({ parameters: 2 * 9 + 2 + 18 * 2 + 2, multiplyAdds: 2 * 9 * 9 + 36 });
    expect(encodeModel(got.graph)).toEqual(encodeModel(translated({ config: plain, weights }).graph));
  });
});

describe('what cannot be translated is named:', () => {
  const config = (change: (layers: Record<string, unknown>[]) => void) =>
    sound((whole) => change(whole.config.layers as Record<string, unknown>[]));
  const networks: Record<string, readonly [KerasParts, code: string, message: RegExp]> = {
    'an unknown layer by its name and kind': [
      config((layers) => {
        Object.assign(layers[1]!, { class_name: 'LSTM', name: 'memory' });
      }),
      'unsupported-network',
      /layer 'memory' is a 'LSTM', which phiz does not know; it knows InputLayer, Conv2D/,
    ],
    'an unknown activation': [
      config((layers) => {
        (layers[1]!.config as Record<string, unknown>).activation = 'mish';
      }),
      'unsupported-network',
      /layer 'conv' \(Conv2D\) has the activation 'mish'/,
    ],
    'channels first': [
      config((layers) => {
        (layers[1]!.config as Record<string, unknown>).data_format = 'channels_first';
      }),
      'unsupported-network',
      /layer 'conv' \(Conv2D\) has data_format "channels_first"/,
    ],
    'weights of another shape': [
      sound((_, weights) => {
        weights.conv = weightsOf(1, [3, 3, 2, 2]);
      }),
      'model-damaged',
      /layer 'conv' needs the weights kernel of \[3,3,1,2\]; the file has \[3,3,2,2\]/,
    ],
    'a layer without weights': [
      sound((_, weights) => {
        delete weights.conv;
      }),
      'model-damaged',
      /the file has none/,
    ],
    'weights that are not numbers': [
      sound((_, weights) => {
        weights.conv![0]!.data[3] = Number.NaN;
      }),
      'model-damaged',
      /kernel of layer 'conv' is not a number/,
    ],
    'layers in a circle': [
      config((layers) => {
        layers[1]!.inbound_nodes = [[['mean', 0, 0, {}]]];
      }),
      'model-damaged',
      /feeds itself in a circle/,
    ],
    'a layer that is not there': [
      config((layers) => {
        layers[1]!.inbound_nodes = [[['ghost', 0, 0, {}]]];
      }),
      'model-damaged',
      /no layer 'ghost'/,
    ],
    'a sum of unlike shapes': [
      config((layers) => {
        layers[3]!.class_name = 'Add';
        layers[3]!.inbound_nodes = [
          [
            ['mean', 0, 0, {}],
            ['conv', 0, 0, {}],
          ],
        ];
      }),
      'unsupported-network',
      /adds values of unlike shapes/,
    ],
    'an end in a sigmoid': [
      config((layers) => {
        (layers[3]!.config as Record<string, unknown>).activation = 'sigmoid';
      }),
      'unsupported-network',
      /ends in a sigmoid/,
    ],
    'an end in an image': [
      sound(({ config: whole }) => {
        whole.output_layers = [['conv', 0, 0]];
      }),
      'unsupported-network',
      /ends in an image/,
    ],
    'several outputs': [
      sound(({ config: whole }) => {
        whole.output_layers.push(['conv', 0, 0]);
      }),
      'unsupported-network',
      /2 outputs/,
    ],
    'an input of any size': [
      config((layers) => {
        (layers[0]!.config as Record<string, unknown>).batch_input_shape = [null, null, null, 1];
      }),
      'unsupported-network',
      /takes \[null,null,null,1\]/,
    ],
    'sizes without sense': [
      config((layers) => {
        (layers[1]!.config as Record<string, unknown>).strides = [0, -1];
      }),
      'model-damaged',
      /layer 'conv' \(Conv2D\) has strides \[0,-1\]/,
    ],
    'a window larger than its image': [
      config((layers) => {
        layers[2] = {
          ...layers[2],
          class_name: 'MaxPooling2D',
          config: { name: 'mean', pool_size: [9, 9] },
        };
      }),
      'unsupported-network',
      /a window of 9 pixels, larger than its input of 6/,
    ],
    'a image that grows without end': [
      config((layers) => {
        (layers[2] as Record<string, unknown>).class_name = 'ZeroPadding2D';
        (layers[2]!.config as Record<string, unknown>).padding = [100_000, 100_000];
      }),
      'unsupported-network',
      /more numbers than phiz computes with/,
    ],
    'another kind of model': [{ config: { class_name: 'Graph', config: {} }, weights: {} }, 'unsupported-network', /'Graph'/],
    'a description that is not JSON': [{ config: '{"class_name": ', weights: {} }, 'model-damaged', /model_config is not JSON/],
    'a description that is not a model': [{ config: '[1, 2]', weights: {} }, 'model-damaged', /model_config is not an object/],
    'no layers at all': [{ config: { class_name: 'Sequential', config: [] }, weights: {} }, 'model-damaged', /has 0 layers/],
  };
  for (const [name, [parts, code, message]] of Object.entries(networks))
    it(name, () => {
      let failure: unknown;
      try {
        translated(parts);
      } catch (error) {
        failure = error;
      }
      expect(failure).toMatchObject({ name: 'PhizError', code, message: expect.stringMatching(message) });
    });
});
