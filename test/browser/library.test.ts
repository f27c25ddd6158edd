/** `import … from 'phiz'` in a bundle for browsers: the browser's build, in a worker, with files served beside the bundle. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassesResult } from '#dist/attributes/classes/schema.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import type { PhotoResult } from '#dist/results/result.js';
import { writeTinyEmotion } from '../node/fixtures/tiny-models.js';
import { needs } from '../node/needs.js';
import { addRuntime, openSite, type Site } from './fixtures/site.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const executable = needs.chromium();

const APP = `
import { createAnalyzer, facesCsvHeader, facesCsvRows, readImage, readModel, PhizError } from 'phiz';
Object.assign(globalThis, { createAnalyzer, facesCsvHeader, facesCsvRows, readImage, readModel, PhizError });
`;

describe.skipIf(!executable)('the library in a bundle', () => {
  let folder: string;
  let site: Site | undefined;
  /** Runs code in the page; what it gives comes back as JSON. */
  const inPage = async <T>(code: string): Promise<T> =>
    JSON.parse((await site!.page.evaluate(`(async () => {${code}})().then(JSON.stringify)`)) as string);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-library-'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules/phiz'));
    await writeFile(join(folder, 'app.js'), APP);
    await writeFile(
      join(folder, 'index.html'),
      '<!doctype html><title>app</title><script type="module" src="./app.js"></script>',
    );
    await build({
      root: folder,
      logLevel: 'silent',
      worker: { format: 'es' },
      build: { target: 'es2023', chunkSizeWarningLimit: 4000 },
    });
    await addRuntime(join(folder, 'dist'), 'assets');
    site = await openSite(join(folder, 'dist'), executable!);
    await site.page.waitForFunction('globalThis.createAnalyzer !== undefined');
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('holds nothing of Node', async () => {
    const names = await readdir(join(folder, 'dist/assets'));
    expect(names.some((name) => name.startsWith('analyzer-worker'))).toBe(true);
    for (const name of names.filter((file) => file.endsWith('.js')))
      expect(await readFile(join(folder, 'dist/assets', name), 'utf8')).not.toMatch(
        /onnxruntime-node|node:(fs|worker_threads)|linkedom/,
      );
  });

  it('gives the faces that Node gives, from a bitmap, from pixels and from a file, on one thread for each half where the page is not isolated', async () => {
    const seen = await inPage<{ engine: unknown; results: Pick<PhotoResult, 'faces'>[] }>(`
      const analyzer = await createAnalyzer();
      const blob = await (await fetch('/faces.png')).blob();
      const bitmap = await createImageBitmap(blob);
      const pixels = await readImage(blob);
      const data = new ImageData(new Uint8ClampedArray(pixels.data), pixels.width, pixels.height);
      const results = [];
      for (const picture of [bitmap, pixels, data, blob]) results.push(await analyzer.analyze(picture, { maxFaces: 3 }));
      const closed = bitmap.width;
      const { engine } = analyzer;
      await analyzer.dispose();
      return { engine, results, closed };
    `);
    await using analyzer = await createAnalyzer();
    const { faces } = await analyzer.analyze(await readImage(join(root, 'samples/faces.png')), { maxFaces: 3 });
    expect(seen).toMatchObject({ engine: { device: 'cpu', threads: 2 }, closed: 832 });
    for (const result of seen.results) {
      expect(result.faces.map(({ emotion }) => emotion.label)).toEqual(faces.map(({ emotion }) => emotion.label));
      for (const [i, { box, emotion }] of faces.entries()) {
        expect(result.faces[i]!.box.x).toBeCloseTo(box.x, 1);
        expect(result.faces[i]!.emotion.confidence).toBeCloseTo(emotion.confidence, 3);
      }
    }
  });

  it('reads models of one’s own beside the others, by address and from files', async () => {
    const path = await writeTinyEmotion(join(folder, 'dist'), {
      name: 'skin-light',
      labels: ['bright', 'dim'],
      happy: 'bright',
      sad: 'dim',
    });
    const own = basename(path, '.onnx');
    const seen = await inPage<
      { readonly models: string[]; readonly faces: Record<string, unknown>[]; readonly csv: string[] }[]
    >(`
      const [card, network, photo] = await Promise.all(
        ['/${own}.json', '/${own}.onnx', '/faces.png'].map(async (url) => (await fetch(url)).blob()),
      );
      const results = [];
      for (const model of [new URL('/${own}.onnx', location.href), await readModel(card, network)]) {
        const analyzer = await createAnalyzer({ models: [model], age: null, maxFaces: 2 });
        const { attributes } = analyzer;
        const { models, faces } = await analyzer.analyze(photo);
        const csv = [facesCsvHeader({ attributes }), facesCsvRows({ source: 'a', faces }, { attributes })];
        results.push({ models: Object.keys(models), faces, csv: csv.map((lines) => lines.split('\\n')[0].trim()) });
        await analyzer.dispose();
      }
      const refused = [readModel(photo, network), readModel(card, photo), createAnalyzer({ models: ['age'] })];
      results.push(...(await Promise.all(refused.map((wrong) => wrong.catch(({ code, message }) => code + ': ' + message)))));
      return results;
    `);
    await using analyzer = await createAnalyzer({ models: [path], age: null, maxFaces: 2 });
    const { faces } = await analyzer.analyze(await readImage(join(root, 'samples/faces.png')));
    for (const { models, faces: found, csv } of seen.slice(0, 2)) {
      expect(models).toEqual(['detector', 'emotion', 'skin_light']);
      expect(found).toHaveLength(2);
      for (const [i, face] of (faces as unknown as Record<string, ClassesResult>[]).entries()) {
        const { label, confidence } = found[i]!.skin_light as ClassesResult;
        expect(label).toBe(face.skin_light!.label);
        expect(confidence).toBeCloseTo(face.skin_light!.confidence, 3);
        if (i === 0) expect(csv[1]!.split(',')[csv[0]!.split(',').indexOf('skin_light')]).toBe(label);
      }
    }
    expect(seen.slice(2)).toEqual([
      'model-damaged: the card is not a model card: it is not JSON',
      expect.stringMatching(/^model-damaged: the network has \d+ bytes, its card says \d+: it is another file$/),
      expect.stringMatching(/^invalid-option: .*'age', which is taken/),
    ]);
  });

  it('streams frames, finds and reads faces apart, and stops where it is told to', async () => {
    const seen = await inPage<Record<string, unknown>>(`
      const analyzer = await createAnalyzer({ threads: 1 });
      const image = await readImage(await (await fetch('/faces.png')).blob());
      let released = 0;
      let closed = false;
      async function* frames() {
        try {
          for (let i = 0; ; i++) yield { image, timestamp: i / 10, duration: 0.1, release: () => released++ };
        } finally {
          closed = true;
        }
      }
      const times = [];
      for await (const { timestamp, faces } of analyzer.stream(frames(), { fps: 5 })) {
        times.push([timestamp, faces.map(({ person }) => person)]);
        if (times.length === 3) break;
      }
      const detections = await analyzer.detect(image);
      const readings = await analyzer.classify(image, detections.slice(0, 2));
      const code = (error) => error.code;
      const stop = new AbortController();
      const stopped = analyzer.analyze(image, { signal: stop.signal }).catch(code);
      stop.abort();
      const wrong = await analyzer.analyze(image, { maxFaces: 0 }).catch(code);
      const aborted = await stopped;
      await analyzer.dispose();
      const disposed = await analyzer.analyze(image).catch(code);
      return { times, released, closed, found: detections.length, readings: readings.length, wrong, aborted, disposed };
    `);
    const everybody = [1, 2, 3, 4, 5, 6, 7];
    expect(seen).toMatchObject({
      times: [
        [0, everybody],
        [0.2, everybody],
        [0.4, everybody],
      ],
      closed: true,
      found: 7,
      readings: 2,
      wrong: 'invalid-option',
      aborted: 'aborted',
      disposed: 'disposed',
    });
    expect(seen.released).toBeGreaterThanOrEqual(5);
  });

  it('says what is wrong in the words of its errors', async () => {
    const told = await inPage<readonly string[]>(`
      const code = (error) => (error instanceof PhizError ? error.code : String(error));
      return Promise.all([
        createAnalyzer({ emotion: 'elsewhere' }).catch(code),
        createAnalyzer({ emotion: 'age' }).catch(code),
        createAnalyzer({ base: '/nowhere/' }).catch(code),
        createAnalyzer({ device: 'webgpu' }).catch(code),
        createAnalyzer({ threads: 0 }).catch(code),
        readImage(new Blob(['no picture'])).catch(code),
      ]);
    `);
    expect(told).toEqual([
      'model-not-found',
      'model-mismatch',
      'engine-unavailable',
      'engine-unavailable',
      'invalid-option',
      'not-an-image',
    ]);
  });
});
