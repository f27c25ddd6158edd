/** `import … from 'phiz'` in a bundle for browsers: the browser's build, in a worker, with files served beside the bundle. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import type { PhotoResult } from '#dist/results/result.js';
import { needs } from '../node/needs.js';
import { addRuntime, openSite, type Site } from './fixtures/site.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const executable = needs.chromium();

const APP = `
import { createAnalyzer, readImage, PhizError } from 'phiz';
Object.assign(globalThis, { createAnalyzer, readImage, PhizError });
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
