/** Small whole files of every format that phiz reads, made anew, for fuzz.ts to damage. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { File, FS, ready } from 'h5wasm';
import sharp from 'sharp';
import { random } from '#dist/core/random.js';
import { encodeCheckpoint } from '#dist/node/train/checkpoint.js';
import { encodeModel } from '#dist/onnx/encode.js';
import { Graph } from '#dist/onnx/graph.js';

export interface Whole {
  /** What reads it, in fuzz-worker.ts. */
  readonly reader: 'image' | 'clip' | 'checkpoint' | 'network' | 'keras';
  readonly ending: string;
  readonly bytes: Buffer;
}

const [WIDTH, HEIGHT, IMAGES] = [48, 40, 3];

/** All of them; those that FFmpeg writes only where it is installed. `folder` is for what is written on the way. */
export async function wholeFiles(folder: string): Promise<readonly Whole[]> {
  const chance = random(7);
  const noise = (pixels: number) => Uint8Array.from({ length: 3 * pixels }, () => Math.floor(chance.uniform(0, 256)));
  const still = () => sharp(noise(WIDTH * HEIGHT), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  const raw = { width: WIDTH, height: HEIGHT * IMAGES, channels: 3, pageHeight: HEIGHT } as const;
  const moving = () => sharp(noise(WIDTH * HEIGHT * IMAGES), { raw });
  const delay = Array<number>(IMAGES).fill(100);
  const jpeg = await still().jpeg().toBuffer();
  const images = {
    jpg: jpeg,
    png: await still().png().toBuffer(),
    webp: await still().webp().toBuffer(),
    gif: await still().gif().toBuffer(),
    tiff: await still().tiff().toBuffer(),
    avif: await still().avif().toBuffer(),
    heic: await readFile('test/fixtures/quadrants.heic'),
    pnm: netpbmText(),
    ...(await written(folder, STILLS)),
  };
  const clips = {
    gif: await moving().gif({ delay }).toBuffer(),
    webp: await moving().webp({ delay }).toBuffer(),
    mjpeg: Buffer.concat([jpeg, jpeg, jpeg]),
    mp4: await readFile('samples/expressions.mp4'),
    ...(await written(folder, MOVING)),
  };
  const of = (reader: Whole['reader'], files: Readonly<Record<string, Buffer>>): readonly Whole[] =>
    Object.entries(files).map(([ending, bytes]) => ({ reader, ending, bytes }));
  return [
    ...of('image', images),
    ...of('clip', clips),
    ...of('checkpoint', { bin: checkpoint() }),
    ...of('network', { onnx: network() }),
    ...of('keras', { h5: await keras() }),
  ];
}

const [PICTURE, SOUND] = ['testsrc=size=48x48:rate=10:duration=0.6', 'sine=duration=0.6'];

/** How FFmpeg writes the clips that sharp and mediabunny do not: each container with its usual codecs, and each codec of MP4 and WebM once. */
const MOVING = {
  webm: ['-c:v', 'libvpx', '-an'],
  'vp9.webm': ['-c:v', 'libvpx-vp9', '-c:a', 'libopus'],
  mkv: ['-c:v', 'libx264', '-an'],
  avi: ['-c:v', 'mpeg4', '-an'],
  'jpeg.avi': ['-c:v', 'mjpeg', '-c:a', 'mp2'],
  mov: ['-c:v', 'libx264', '-an'],
  'hevc.mp4': ['-c:v', 'libx265', '-x265-params', 'log-level=error:pools=1', '-tag:v', 'hvc1', '-c:a', 'aac'],
  'av1.mp4': ['-c:v', 'libaom-av1', '-cpu-used', '8', '-an'],
  // As cameras and web players record: pieces, each with tables of its own.
  'pieces.mp4': ['-c:v', 'libx264', '-g', '3', '-movflags', 'frag_keyframe+empty_moov', '-an'],
  ts: ['-c:v', 'mpeg2video', '-an'],
  m2ts: ['-c:v', 'libx264', '-c:a', 'mp2'],
  mpg: ['-c:v', 'mpeg1video', '-c:a', 'mp2', '-r', '25'],
  vob: ['-c:v', 'mpeg2video', '-c:a', 'mp2', '-r', '25'],
  wmv: ['-c:v', 'wmv2', '-c:a', 'wmav2'],
  asf: ['-c:v', 'msmpeg4', '-c:a', 'wmav2'],
  flv: ['-c:v', 'flv', '-an'],
  ogv: ['-c:v', 'libtheora', '-c:a', 'libvorbis'],
  ogg: ['-c:v', 'libtheora', '-c:a', 'libopus'],
  // Sound alone: refused, whole or not.
  opus: ['-vn', '-c:a', 'libopus'],
  apng: ['-c:v', 'apng', '-an'],
} as const;
const STILL = ['-frames:v', '1', '-update', '1', '-an'] as const;
const STILLS = {
  bmp: ['-c:v', 'bmp', ...STILL],
  pbm: ['-c:v', 'pbm', ...STILL],
  pgm: ['-c:v', 'pgm', ...STILL],
  ppm: ['-c:v', 'ppm', ...STILL],
  pam: ['-c:v', 'pam', ...STILL],
  jxl: ['-c:v', 'libjxl', ...STILL],
  jp2: ['-c:v', 'jpeg2000', ...STILL],
} as const;
/** No random numbers, dates or versions, and no threads: the same files each time, as far as FFmpeg is the same. */
const SAME = ['-threads', '1', '-bitexact', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'];

/** A image that changes and a tone, by FFmpeg; of formats for one image the first. */
async function written(
  folder: string,
  ways: Readonly<Record<string, readonly string[]>>,
): Promise<Readonly<Record<string, Buffer>>> {
  const files: Record<string, Buffer> = {};
  for (const [ending, way] of Object.entries(ways)) {
    const path = join(folder, `whole.${ending}`);
    const sources = ['-f', 'lavfi', '-i', PICTURE, '-f', 'lavfi', '-i', SOUND];
    try {
      await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', ...sources, ...way, ...SAME, path]);
    } catch (error) {
      process.stdout.write(
        `left out, since ffmpeg does not write it here: ${ending} (${(error as Error).message.split('\n')[0]})\n`,
      );
      continue;
    }
    files[ending] = await readFile(path);
  }
  return files;
}

/** Netpbm in text form, which FFmpeg does not write: a ramp. */
function netpbmText(): Buffer {
  const values = Array.from({ length: 3 * 16 * 16 }, (_, i) => i % 256);
  return Buffer.from(`P3\n# a ramp\n16 16\n255\n${values.join(' ')}\n`);
}

function checkpoint(): Buffer {
  return Buffer.from(
    encodeCheckpoint({
      epoch: 1,
      step: 0,
      seed: 1,
      config: { batch: 8 },
      schedule: {},
      best: null,
      notes: {},
      parameters: { kernel: { dims: [2, 3], data: new Float32Array(6) } },
      optimiser: { step: 1, slots: { velocity: { kernel: new Float32Array(6) } } },
      average: null,
    }),
  );
}

/** A network of seven classes: one product. */
function network(): Buffer {
  const graph = new Graph();
  const input = graph.input('input', ['N', 1, 8, 8]);
  const flat = graph.node('Flatten', [input], ['N', 64], { attributes: { axis: 1 } });
  const weights = graph.constant(new Float32Array(448).fill(0.01), [64, 7]);
  graph.output(graph.node('MatMul', [flat, weights], ['N', 7]), 'logits');
  return Buffer.from(encodeModel(graph));
}

/** A classifier as Keras writes it: two layers. */
async function keras(): Promise<Buffer> {
  await ready;
  const layer = (kind: string, name: string, config: object) => ({ class_name: kind, config: { name, ...config } });
  const config = {
    class_name: 'Sequential',
    config: {
      name: 'small',
      layers: [
        layer('Flatten', 'flatten', { batch_input_shape: [null, 4, 4, 1] }),
        layer('Dense', 'dense', { units: 3, activation: 'softmax', use_bias: true }),
      ],
    },
  };
  const file = new File('/whole.h5', 'w');
  file.create_attribute('model_config', JSON.stringify(config));
  const group = file.create_group('model_weights');
  group.create_attribute('backend', 'tensorflow');
  group.create_attribute('keras_version', '2.2.4');
  group.create_attribute('layer_names', ['dense']);
  const dense = group.create_group('dense');
  dense.create_attribute('weight_names', ['dense/kernel:0', 'dense/bias:0']);
  dense.create_group('dense');
  dense.create_dataset({ name: 'dense/kernel:0', data: new Float32Array(48).fill(0.1), shape: [16, 3] });
  dense.create_dataset({ name: 'dense/bias:0', data: new Float32Array(3), shape: [3] });
  file.close();
  return Buffer.from(FS!.readFile('/whole.h5'));
}
