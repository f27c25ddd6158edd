/**
 * Times one peer on one picture in a process of its own: started by bench/photo.ts, prints one line of JSON. Both run on the
 * WebAssembly backend with the models inside their npm packages, detection, emotion and age only; nothing is fetched.
 * Usage: node run.mjs human|face-api PICTURE.rgb WIDTH HEIGHT RUNS
 * or, for bench/photos.ts: node run.mjs human FOLDER, a plain loop over the photos of a folder, decoded by sharp.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const [peer, path, width, height, runs] = process.argv.slice(2);
const shape = [Number(height), Number(width), 3];
const folder = statSync(path).isDirectory();
const pixels = folder ? undefined : new Uint8Array(readFileSync(path));
// Not every package exports its package.json or the build that is wanted, so they are reached by path.
const modules = fileURLToPath(new URL('node_modules', import.meta.url));
const wasm = `${join(modules, '@tensorflow/tfjs-backend-wasm/dist')}/`;
const peers = { human, 'face-api': faceApi };
if (!Object.hasOwn(peers, peer)) throw new Error(`no peer '${peer}': human or face-api`);

const { analyze, backend } = await peers[peer]();
if (folder) {
  await loop();
  process.exit(0);
}
const WARM_UP = 3;
const times = [];
let faces = 0;
for (let i = -WARM_UP; i < Number(runs); i++) {
  const start = performance.now();
  faces = await analyze();
  if (i >= 0) times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const { version } = JSON.parse(readFileSync(join(modules, '@vladmandic', peer, 'package.json'), 'utf8'));
process.stdout.write(`${JSON.stringify({ peer, version, backend, faces, median: times[times.length >> 1] })}\n`);

/** The photos of the folder one after the other; prints milliseconds without those of loading. */
async function loop() {
  const sharp = require('sharp');
  const names = readdirSync(path);
  let found = 0;
  const start = performance.now();
  for (const name of names) {
    const { data, info } = await sharp(join(path, name))
      .rotate()
      .flatten()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    found += await analyze(new Uint8Array(data), [info.height, info.width, 3]);
  }
  const took = performance.now() - start;
  const { version } = JSON.parse(readFileSync(join(modules, '@vladmandic', peer, 'package.json'), 'utf8'));
  process.stdout.write(`${JSON.stringify({ peer, version, backend, photos: names.length, faces: found, took })}\n`);
}

/** @vladmandic/human: blazeface, emotion and faceres (age); no frame is skipped and nothing is reused from the one before. */
async function human() {
  const models = join(modules, '@vladmandic/human/models');
  // Its WebAssembly build loads models by http only: that address is answered from the package's own folder.
  const address = 'http://models.invalid/';
  globalThis.fetch = async (url) => {
    if (!String(url).startsWith(address)) throw new Error(`no network here: ${url}`);
    const name = String(url).slice(address.length);
    const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    return new Response(readFileSync(join(models, name)), { headers: { 'content-type': type } });
  };
  const { Human } = require(join(modules, '@vladmandic/human/dist/human.node-wasm.js'));
  const off = { enabled: false };
  const instance = new Human({
    backend: 'wasm',
    wasmPath: wasm,
    modelBasePath: address,
    debug: false,
    async: false,
    cacheSensitivity: 0,
    cacheModels: false,
    filter: off,
    gesture: off,
    body: off,
    hand: off,
    object: off,
    segmentation: off,
    face: {
      enabled: true,
      detector: { maxDetected: 50, rotation: false, return: false, skipFrames: 0, skipTime: 0 },
      mesh: off,
      attention: off,
      iris: off,
      antispoof: off,
      liveness: off,
      description: { enabled: true, skipFrames: 0, skipTime: 0 },
      emotion: { enabled: true, skipFrames: 0, skipTime: 0 },
    },
  });
  await instance.load();
  const analyze = async (data = pixels, dims = shape) => {
    const input = instance.tf.tensor3d(data, dims, 'int32');
    const result = await instance.detect(input);
    input.dispose();
    if (result.error) throw new Error(result.error);
    const [face] = result.face;
    if (!folder && face && (face.age === undefined || !face.emotion?.length)) throw new Error('human gave no age or no emotion');
    return result.face.length;
  };
  return { analyze, backend: instance.tf.getBackend() };
}

/** @vladmandic/face-api: its tiny detector at its default size, expressions, and age with gender. */
async function faceApi() {
  const faceapi = require(join(modules, '@vladmandic/face-api/dist/face-api.node-wasm.js'));
  const models = join(modules, '@vladmandic/face-api/model');
  require('@tensorflow/tfjs-backend-wasm').setWasmPaths(wasm);
  await faceapi.tf.setBackend('wasm');
  await faceapi.tf.ready();
  await faceapi.nets.tinyFaceDetector.loadFromDisk(models);
  await faceapi.nets.faceExpressionNet.loadFromDisk(models);
  await faceapi.nets.ageGenderNet.loadFromDisk(models);
  const input = faceapi.tf.tensor3d(pixels, shape, 'int32');
  const options = new faceapi.TinyFaceDetectorOptions();
  const analyze = async () => {
    const found = await faceapi.detectAllFaces(input, options).withFaceExpressions().withAgeAndGender();
    return found.length;
  };
  return { analyze, backend: faceapi.tf.getBackend() };
}
