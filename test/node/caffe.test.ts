import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PhizError } from '#dist/core/error.js';
import { random } from '#dist/core/random.js';
import { sizeOf, type Tensor } from '#dist/core/tensor.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { importStage, type MtcnnFiles } from '#dist/node/models/mtcnn.js';
import { type ImportCaffeOptions, importCaffe } from '#dist/onnx/caffe.js';
import { readCaffeWeights } from '#dist/onnx/caffe-weights.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { modelMultiplyAdds } from '#dist/onnx/model-cost.js';
import { parseTextMessage } from '#dist/onnx/text-format.js';
import { caffemodel, type Layers } from './fixtures/caffemodel.js';
import { needs } from './needs.js';

const engine = await createNodeEngine({ threads: 1 });

function noise(dims: readonly number[], seed: number): Tensor {
  const stream = random(seed);
  return { dims, data: Float32Array.from({ length: sizeOf(dims) }, () => stream.uniform() * 2 - 1) };
}

async function run(options: ImportCaffeOptions, data: Tensor): Promise<Record<string, Tensor>> {
  const session = await engine.load(encodeModel(importCaffe(options)));
  try {
    return await session.run({ data });
  } finally {
    await session.dispose();
  }
}

/** Images mirrored in their diagonal. */
function flip({ dims, data }: Tensor): Tensor {
  const [n, c, h, w] = dims as [number, number, number, number];
  const out = new Float32Array(data.length);
  for (let k = 0; k < n * c; k++)
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) out[(k * w + x) * h + y] = data[(k * h + y) * w + x]!;
  return { dims: [n, c, w, h], data: out };
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const code = (of: string) => expect.objectContaining({ name: 'PhizError', code: of });

describe('the text form', () => {
  it('is read: fields, messages, repeats, comments, numbers', () => {
    const message = parseTextMessage(
      '# a comment { "\nname: "net" # the end\ninput_dim: 1 input_dim: -3\nlayer { type: \'Pooling\'; pool: MAX ok: true w: 1.5e-1 e {} }\n# last',
      'here',
    );
    expect(message.get('name')).toEqual(['net']);
    expect(message.get('input_dim')).toEqual([1, -3]);
    const layer = message.get('layer')![0] as ReadonlyMap<string, unknown>;
    expect(Object.fromEntries(layer)).toEqual({ type: ['Pooling'], pool: ['MAX'], ok: [true], w: [0.15], e: [new Map()] });
  });

  it.each([
    ['a: {', /^here:1: .*'}' is missing/],
    ['a: 1\n}', /^here:2: /],
    ['a: 1\nb', /^here:2: field 'b' has no value/],
    ['a 1', /field 'a' has no value/],
    ['a: 1x', /unexpected/],
    ['a: \u0000\u0001', /unexpected/],
    ['a: "open', /unexpected/],
    ['a{'.repeat(10_000), /nested/],
  ])('is refused where it is wrong (%#)', (text, message) => {
    const parse = () => parseTextMessage(text, 'here');
    expect(parse).toThrow(code('model-damaged'));
    expect(parse).toThrow(message);
  });
});

describe('the weights', () => {
  const layers: Layers = { one: [noise([2, 3, 1, 4], 1), noise([2], 2)], two: [noise([5], 3)] };

  it('are read from today’s files and old ones', () => {
    const read = readCaffeWeights(caffemodel(layers), 'here');
    expect(Object.fromEntries(read)).toEqual(layers);
    const old = readCaffeWeights(caffemodel(layers, { old: true }), 'here');
    expect([...old.keys()]).toEqual(['one', 'two']);
    expect(old.get('two')![0]).toEqual({ dims: [1, 1, 1, 5], data: layers.two![0]!.data });
  });

  it('are refused when damaged', () => {
    const bytes = caffemodel(layers);
    for (const wrong of [new Uint8Array(), bytes.slice(0, -3), Uint8Array.from({ length: 300 }, (_, i) => (i * 37) % 256)])
      expect(() => readCaffeWeights(wrong, 'here')).toThrow(code('model-damaged'));
    const lying = caffemodel({ one: [{ dims: [2, 1 << 30], data: Float32Array.of(1, 2, 3) }] });
    expect(() => readCaffeWeights(lying, 'here')).toThrow(/\[2, 1073741824\] holds 3 numbers/);
  });
});

const INPUT = 'input: "data" input_dim: 1 input_dim: 2 input_dim: 7 input_dim: 9\n';
const layer = (name: string, type: string, bottom: string, top: string, parameters = '') =>
  `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${top}" ${parameters} }\n`;

describe('importing', () => {
  const net = [
    INPUT,
    layer('conv', 'Convolution', 'data', 'conv', 'convolution_param { num_output: 3 kernel_h: 3 kernel_w: 2 stride: 1 pad: 1 }'),
    layer('prelu', 'PReLU', 'conv', 'conv'),
    layer('pool', 'Pooling', 'conv', 'pool', 'pooling_param { pool: MAX kernel_size: 3 stride: 2 }'),
    layer('drop', 'Dropout', 'pool', 'pool'),
    layer('full', 'InnerProduct', 'pool', 'full', 'inner_product_param { num_output: 4 }'),
    layer('prob', 'Softmax', 'full', 'prob'),
    layer('side', 'Pooling', 'pool', 'side', 'pooling_param { kernel_size: 2 }'),
  ].join('');
  // 7×9 → convolution 7×10 → pool, rounded up, 3×5 (not 3×4).
  const weights = caffemodel({
    conv: [noise([3, 2, 3, 2], 1), noise([3], 2)],
    prelu: [noise([3], 3)],
    full: [noise([4, 3 * 3 * 5], 4), noise([4], 5)],
  });
  const image = noise([2, 2, 7, 9], 6);

  it('computes what Caffe defines, worked out by hand', async () => {
    const tiny = INPUT + layer('pool', 'Pooling', 'data', 'pool', 'pooling_param { pool: MAX kernel_size: 2 stride: 2 }');
    const data = { dims: [1, 2, 7, 9], data: Float32Array.from({ length: 126 }, (_, i) => i) };
    const { pool } = await run({ prototxt: tiny, caffemodel: weights }, data);
    // Rounded up: 4×5 windows, the last ones cut by the edge.
    expect(pool!.dims).toEqual([1, 2, 4, 5]);
    expect([...pool!.data.slice(0, 5)]).toEqual([10, 12, 14, 16, 17]);
    expect([...pool!.data.slice(15, 20)]).toEqual([55, 57, 59, 61, 62]);

    const slope = caffemodel({ a: [{ dims: [2], data: Float32Array.of(0.5, -1) }] });
    const { y } = await run(
      { prototxt: INPUT + layer('a', 'PReLU', 'data', 'y'), caffemodel: slope },
      {
        dims: [1, 2, 7, 9],
        data: new Float32Array(126).fill(-3),
      },
    );
    expect([y!.data[0], y!.data[125]]).toEqual([-1.5, 3]);
  });

  it('names as outputs what no layer reads, and takes any batch', async () => {
    const outputs = await run({ prototxt: net, caffemodel: weights }, image);
    expect(Object.fromEntries(Object.entries(outputs).map(([name, { dims }]) => [name, dims]))).toEqual({
      prob: [2, 4],
      side: [2, 3, 2, 4],
    });
    const [first] = [image.data.slice(0, 126)];
    const alone = await run({ prototxt: net, caffemodel: weights }, { dims: [1, 2, 7, 9], data: first! });
    expect(farthest(alone.prob!.data, outputs.prob!.data.slice(0, 4))).toBeLessThan(1e-6);
  });

  it('exchanges rows and columns throughout where asked', async () => {
    const plain = await run({ prototxt: net, caffemodel: weights }, image);
    const turned = await run({ prototxt: net, caffemodel: weights, transpose: true }, flip(image));
    expect(farthest(turned.prob!.data, plain.prob!.data)).toBeLessThan(1e-6);
    expect(turned.side!.dims).toEqual([2, 3, 4, 2]);
    expect(farthest(flip(turned.side!).data, plain.side!.data)).toBeLessThan(1e-6);
  });

  it.each([
    ['a layer it does not know', layer('norm', 'LRN', 'data', 'y'), 'unsupported-network', /layer 'norm' is a LRN.*known: Conv/],
    ['inherited names', layer('x', 'constructor', 'data', 'y'), 'unsupported-network', /'x' is a constructor/],
    ['another pool', layer('p', 'Pooling', 'data', 'y', 'pooling_param { pool: AVE }'), 'unsupported-network', /pool is AVE/],
    ['a gap', layer('a', 'ReLU', 'nothing', 'y'), 'model-damaged', /reads 'nothing'/],
    ['weights that are not there', layer('b', 'PReLU', 'data', 'y'), 'model-damaged', /'b' \(PReLU\) needs weights/],
    ['weights of another layer', layer('full', 'PReLU', 'data', 'y'), 'model-damaged', /needs weights of \[2\].*has \[4, 45\]/],
    [
      'sizes that are none',
      layer('c', 'Convolution', 'data', 'y', 'convolution_param { num_output: 3 kernel_size: 99 }'),
      'model-damaged',
      /no whole, positive number for its output/,
    ],
    ['no layers', '', 'model-damaged', /no layers/],
  ])('refuses %s', (_, text, expected, message) => {
    const importing = () => importCaffe({ prototxt: INPUT + text, caffemodel: weights });
    expect(importing).toThrow(code(expected));
    expect(importing).toThrow(message);
  });

  it('refuses networks without one image as input', () => {
    expect(() => importCaffe({ prototxt: layer('a', 'ReLU', 'data', 'y'), caffemodel: weights })).toThrow(/one input/);
    expect(() => importCaffe({ prototxt: 'input: "data" input_dim: 1e9', caffemodel: weights })).toThrow(PhizError);
  });
});

const weights = needs.weights();
describe.skipIf(!weights)('MTCNN’s nets', () => {
  const folder = join(weights ?? '', 'mtcnn');
  const files = Object.fromEntries(
    [1, 2, 3].flatMap((k) => ['prototxt', 'caffemodel'].map((end) => [`det${k}.${end}`, join(folder, `det${k}.${end}`)])),
  ) as MtcnnFiles;

  /** OpenCV.js, wrapped: it is a promise of itself, so whoever awaits it bare waits for ever. */
  const opencv = (async () => {
    // biome-ignore lint/suspicious/noExplicitAny: OpenCV.js is untyped where networks are concerned
    const cv = createRequire(import.meta.url)('@techstark/opencv-js') as any;
    if (!cv.Mat) await new Promise<void>((resolve) => cv.then(() => resolve()));
    return { cv };
  })();

  /** What OpenCV's DNN module makes of the same files and one image [1, 3, h, w], by output. */
  async function byOpenCv(stage: number, { dims, data: values }: Tensor): Promise<Record<string, Tensor>> {
    const { cv } = await opencv;
    for (const end of ['prototxt', 'caffemodel'])
      cv.FS_createDataFile('/', `det${stage}.${end}`, await readFile(join(folder, `det${stage}.${end}`)), true, false, false);
    const net = cv.readNetFromCaffe(`/det${stage}.prototxt`, `/det${stage}.caffemodel`);
    for (const end of ['prototxt', 'caffemodel']) cv.FS_unlink(`/det${stage}.${end}`);
    const [, , h, w] = dims as [number, number, number, number];
    const image = new cv.Mat(h, w, cv.CV_32FC3);
    for (let p = 0; p < h * w; p++) for (let c = 0; c < 3; c++) image.data32F[3 * p + c] = values[c * h * w + p]!;
    const none = new cv.Scalar(0, 0, 0, 0);
    const blob = cv.blobFromImage(image, 1, new cv.Size(w, h), none, false, false, cv.CV_32F);
    net.setInput(blob, 'data', 1, none);
    const names = net.getUnconnectedOutLayersNames();
    const outputs: Record<string, Tensor> = {};
    for (let i = 0; i < names.size(); i++) {
      const out = net.forward(names.get(i));
      outputs[names.get(i)] = { dims: [], data: Float32Array.from(out.data32F) };
      out.delete();
    }
    for (const used of [image, blob, names, net]) used.delete();
    return outputs;
  }

  it.each([
    [1, [1, 3, 47, 38]],
    [2, [1, 3, 24, 24]],
    [3, [1, 3, 48, 48]],
  ] as const)('give the numbers that OpenCV gives: det%i', async (stage, dims) => {
    const session = await engine.load(await importStage(files, stage));
    for (const seed of [1, 2]) {
      const image = noise(dims, seed);
      const ours = await session.run({ data: image });
      // OpenCV reads the files as they are, so it is shown the image as MATLAB stores it.
      const theirs = await byOpenCv(stage, flip(image));
      expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
      for (const [name, { data: numbers }] of Object.entries(theirs)) {
        const own = ours[name]!.dims.length === 4 ? flip(ours[name]!) : ours[name]!;
        expect(farthest(own.data, numbers)).toBeLessThan(1e-4);
        expect(Math.max(...numbers) - Math.min(...numbers)).toBeGreaterThan(1e-3);
      }
    }
    await session.dispose();
  });

  it('cost what their layers say', async () => {
    // R-Net by hand: pools round up, 22 to 11 and 9 to 4, so its convolutions give 22², 9² and 3² outputs; then three products.
    const rnet = 22 ** 2 * 27 * 28 + 9 ** 2 * 9 * 28 * 48 + 3 ** 2 * 4 * 48 * 64 + 3 * 3 * 64 * 128 + 128 * 6;
    expect(modelMultiplyAdds(await importStage(files, 2), { height: 24, width: 24 })).toBe(rnet);
  });
});
