import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compareDetectors } from '#dist/apps/compare-detectors/compare-detectors.js';
import { createCountingEngine } from '#dist/apps/compare-detectors/counting-engine.js';
import { peakMemory } from '#dist/apps/compare-detectors/peak-memory.js';
import { writeDetectorComparison } from '#dist/apps/compare-detectors/write.js';
import type { BoundingBox } from '#dist/core/geometry.js';
import { createAnchorFreeDetector } from '#dist/detect/anchor-free.js';
import { createNodeEngine } from '#dist/node/engine/engine.js';
import { loadModel } from '#dist/node/models/models.js';
import { REGISTRY } from '#dist/node/models/registry.js';
import { tensorFlowCost } from '#dist/onnx/tensorflow-cost.js';
import { precisionRecallPlot } from '#dist/report/plots/precision-recall.js';
import type { DetectorComparison } from '#dist/report/sums/detector-comparison.js';
import { detectorTable } from '#dist/report/tables/detector-table.js';
import { writeTinyModels } from './fixtures/tiny-models.js';
import { needs } from './needs.js';

const run = promisify(execFile);
const cli = resolve('dist/cli/main.js');

let dir: string;
let photos: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'phiz-detectors-'));
  vi.stubEnv('PHIZ_CACHE', join(dir, 'empty'));
  // The sample as a benchmark of one photo.
  photos = join(dir, 'photos');
  await mkdir(join(photos, 'images'), { recursive: true });
  await cp('samples/faces.png', join(photos, 'images/faces.png'));
  const { faces } = JSON.parse(await readFile('samples/faces.truth.json', 'utf8')) as { faces: { box: BoundingBox }[] };
  const lines = faces.map(({ box: { x, y, width, height } }) => `${x} ${y} ${x + width} ${y + height} ${'-1 '.repeat(10)}1`);
  await writeFile(join(photos, 'labels.txt'), `# faces.png 832 500\n${lines.join('\n')}\n`);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

describe('compareDetectors', () => {
  let comparison: DetectorComparison;
  const progress: (readonly [string | undefined, number, number])[] = [];
  beforeAll(async () => {
    comparison = await compareDetectors({
      data: photos,
      detectors: ['detector', 'mtcnn', 'detector'],
      threads: 1,
      onProgress: (...step) => progress.push(step),
    });
  });

  it('measures each detector on the same images, in a process of its own', () => {
    expect(comparison).toMatchObject({ data: 'labels', images: 1, faces: 7, threads: 1, scoreThreshold: 0.02 });
    expect(comparison.detectors).toHaveLength(1);
    const [own] = comparison.detectors;
    expect(own).toMatchObject({ name: 'detector', recall: 1, parameters: 146_704 });
    expect(own!.averagePrecision).toBeCloseTo(1, 9);
    expect(own!.recallAt.map(({ falsePositives, recall }) => [falsePositives, recall])).toEqual([
      [100, 1],
      [1000, 1],
    ]);
    expect(own!.milliseconds.median).toBeGreaterThan(0);
    expect(own!.curve.at(0)).toMatchObject({ precision: 1, recall: 1 / 7 });
    // Node alone takes more than 30 MB, and a detector more than reading.
    expect(comparison.readingMemory).toBeGreaterThan(3e7);
    expect(own!.peakMemory).toBeGreaterThan(comparison.readingMemory);
    expect(progress).toEqual([
      [undefined, 1, 1],
      ['detector', 1, 1],
    ]);
  });

  it('leaves out what is not here and says what brings it', () => {
    expect(comparison.leftOut).toEqual([{ name: 'mtcnn', reason: expect.stringContaining('phiz models pull mtcnn') }]);
  });

  it('becomes files: figures, tables, page, plot', async () => {
    const out = join(dir, 'out');
    const paths = await writeDetectorComparison(comparison, out);
    expect(paths.map((path) => path.slice(out.length + 1))).toEqual([
      'detectors.json',
      'detectors.md',
      'detectors.html',
      'precision-recall.svg',
      'precision-recall.png',
    ]);
    expect(JSON.parse(await readFile(paths[0]!, 'utf8'))).toEqual(comparison);
    expect(await readFile(paths[1]!, 'utf8')).toMatch(/^\| detector +\| +1\.000 \| +\[1\.000, 1\.000\] /m);
    const page = await readFile(paths[2]!, 'utf8');
    expect(page).toContain('<svg');
    expect(page).toContain('phiz models pull mtcnn');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect((await readFile(paths[4]!)).subarray(1, 4).toString()).toBe('PNG');
  });

  it('refuses wrong options and missing data', async () => {
    const data = photos;
    await expect(compareDetectors({ data, detectors: [] })).rejects.toThrow(/at least one detector/);
    await expect(compareDetectors({ data, limit: 0 })).rejects.toThrow(expect.objectContaining({ code: 'invalid-option' }));
    await expect(compareDetectors({ data, threads: 1.5 })).rejects.toThrow(/threads/);
    await expect(compareDetectors({ data, scoreThreshold: 2 })).rejects.toThrow(/scoreThreshold/);
    await expect(compareDetectors({ data: dir })).rejects.toThrow(expect.objectContaining({ code: 'file-not-found' }));
    await expect(compareDetectors({ data, detectors: ['mtcnn', 'nobody'] })).rejects.toThrow(
      /none of the detectors is here: .*models pull mtcnn.*'nobody'/,
    );
  });

  it('takes the validation part of a whole data set, and tells detectors of one name apart', async () => {
    const whole = join(dir, 'whole');
    await cp(photos, join(whole, 'val'), { recursive: true });
    const { detector } = await writeTinyModels(join(dir, 'tiny'));
    const { faces, detectors } = await compareDetectors({ data: whole, detectors: ['detector', detector], threads: 1 });
    expect(faces).toBe(7);
    expect(detectors.map(({ name }) => name)).toEqual(['detector', 'detector (tiny)']);
  });

  it('is stopped by its signal', async () => {
    const controller = new AbortController();
    const running = compareDetectors({
      data: photos,
      detectors: ['detector'],
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(running).rejects.toThrow(expect.objectContaining({ code: 'aborted' }));
    await expect(compareDetectors({ data: photos, signal: AbortSignal.abort() })).rejects.toThrow(/stopped/);
  });

  it('runs from the command line', async () => {
    const args = ['compare-detectors', '--data', photos, '--detectors', 'detector, haar', '--json'];
    const failure: unknown = await run(process.execPath, [cli, ...args]).catch((error: unknown) => error);
    // What was asked for by name and is not here is a failure in part.
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringMatching(/^phiz: left out haar: .*phiz models pull haar/m) });
    expect(JSON.parse((failure as { stdout: string }).stdout)).toMatchObject({
      faces: 7,
      detectors: [{ name: 'detector' }],
      leftOut: [{ name: 'haar' }],
    });
  });
});

describe('the counting engine', () => {
  it('finds the multiply-adds that the card of the detector gives', async () => {
    const model = await loadModel('detector');
    const engine = createCountingEngine(await createNodeEngine({ threads: 1 }));
    expect(engine.multiplyAdds()).toBeNull();
    const detector = await createAnchorFreeDetector({ engine, model });
    const input = { dims: [1, 3, 640, 640], data: new Float32Array(3 * 640 * 640) };
    const session = await engine.load(model.bytes);
    await session.run({ [model.card.input.name]: input });
    expect(engine.multiplyAdds()).toBe(model.card.multiplyAdds);
    await session.run({ [model.card.input.name]: input });
    expect(engine.multiplyAdds()).toBe(2 * model.card.multiplyAdds!);
    await session.dispose();
    await detector.dispose();
  });
});

it('peak memory grows with what is held, and never shrinks', () => {
  const before = peakMemory();
  expect(before).toBeGreaterThan(2e7);
  // Pages count once they are written to; what was held at the peak and is free again counts no more.
  const held = new Uint8Array(before - process.memoryUsage().rss + 5e7).fill(1);
  const after = peakMemory();
  expect(after).toBeGreaterThan(before);
  expect(held[held.length - 1]).toBe(1);
  expect(peakMemory()).toBeGreaterThanOrEqual(after);
});

const figures: DetectorComparison = {
  data: 'FDDB',
  images: 1122,
  faces: 2032,
  scoreThreshold: 0.02,
  threads: 2,
  machine: 'a machine',
  readingMemory: 5e7,
  detectors: [
    {
      name: 'one',
      version: '1',
      averagePrecision: 0.9123,
      interval: [0.9, 0.925],
      averagePrecision30: 0.95,
      recall: 0.96,
      recallAt: [
        { falsePositives: 100, recall: 0.91, score: 0.5 },
        { falsePositives: 1000, recall: 0.95, score: 0.1 },
      ],
      milliseconds: { median: 12.345, low: 10, high: 15 },
      peakMemory: 123_456_789,
      parameters: 1234,
      multiplyAdds: 1.2345e9,
      curve: [
        { score: 0.9, precision: 1, recall: 0.5 },
        { score: 0.1, precision: 0.5, recall: 0.96 },
      ],
    },
    {
      name: 'a & b',
      version: '1',
      averagePrecision: 0.5,
      interval: [0.4, 0.6],
      averagePrecision30: 0.6,
      recall: 0.5,
      recallAt: [],
      milliseconds: { median: 1234, low: 1, high: 2 },
      peakMemory: 1e8,
      parameters: null,
      multiplyAdds: null,
      curve: [],
    },
  ],
  leftOut: [],
};

describe('the report', () => {
  it('gives the figures in words', () => {
    const text = detectorTable(figures);
    expect(text).toMatch(/^Face detectors on FDDB: 1,122 images, 2,032 faces\n/);
    expect(text).toMatch(/^one +0\.912 +\[0\.900, 0\.925\] +0\.950 +0\.910 +0\.950 +12\.3 +123 +1,234 +1\.23 G$/m);
    expect(text).toMatch(/^a & b +0\.500 .* – +– +1234 +100 +– +–$/m);
    expect(text).toContain('ONNX Runtime with 2 threads');
  });

  it('draws one line per detector, best named first', () => {
    const svg = precisionRecallPlot(figures.detectors, { title: 'Curves' });
    expect(svg.match(/stroke-width="2"/g)?.length).toBeGreaterThan(0);
    expect(svg.indexOf('one  0.912')).toBeGreaterThan(0);
    expect(svg).toContain('a &amp; b  0.500');
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(() => precisionRecallPlot([])).toThrow(expect.objectContaining({ code: 'invalid-data' }));
  });
});

const [fddb, shared] = [needs.data('fddb'), needs.weights()];
describe.skipIf(!fddb || !shared)('other people’s detectors', () => {
  const weights = shared ?? '';

  it('stand in one table on a few of FDDB’s photos', async () => {
    const cache = join(dir, 'cache');
    for (const name of ['mtcnn', 'opencv-ssd', 'haar'] as const)
      for (const file of Object.keys(REGISTRY[name].files))
        await cp(join(weights, REGISTRY[name].folder, file), join(cache, REGISTRY[name].folder, file));
    vi.stubEnv('PHIZ_CACHE', cache);
    const { detectors, leftOut, data, images } = await compareDetectors({
      data: fddb!,
      detectors: ['mtcnn', 'opencv-ssd', 'haar'],
      limit: 4,
    });
    expect(leftOut).toEqual([]);
    expect({ data, images }).toEqual({ data: 'FDDB', images: 4 });
    const [mtcnn, ssd, haar] = detectors;
    expect(detectors.map(({ name }) => name)).toEqual(['mtcnn', 'opencv-ssd', 'haar']);
    expect(Math.min(mtcnn!.averagePrecision, ssd!.averagePrecision)).toBeGreaterThan(0.8);
    // P-Net 6,632, R-Net 100,178, O-Net 389,040.
    expect(mtcnn!.parameters).toBe(495_850);
    expect(mtcnn!.multiplyAdds).toBeGreaterThan(1e8);
    expect(ssd).toMatchObject({ parameters: 2_663_527, multiplyAdds: 1_178_874_752 });
    expect(haar).toMatchObject({ parameters: null, multiplyAdds: null });
  });

  it('cost what their files say, or are refused', async () => {
    const graph = await readFile(join(weights, 'opencv_ssd/opencv_face_detector_uint8.pb'));
    const description = await readFile(join(weights, 'opencv_ssd/opencv_face_detector.pbtxt'), 'utf8');
    const cost = (change: object) => () => tensorFlowCost({ graph, description, side: 300, where: 'ssd', ...change });
    // The first layer: 7×7 kernels over 3 channels, 32 outputs at 150×150.
    const end = description.indexOf('node {', description.indexOf('conv1_h/Conv2D'));
    expect(cost({ description: description.slice(0, end) })().multiplyAdds).toBe(7 * 7 * 3 * 32 * 150 * 150);
    expect(cost({ graph: graph.subarray(0, 5000) })).toThrow(expect.objectContaining({ code: 'model-damaged' }));
    expect(cost({ description: 'node {' })).toThrow(/^ssd:1: /);
  });
});
