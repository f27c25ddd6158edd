/** A user's own classifier beside phiz's networks: its labels on every surface, and in reports made again from saved results. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTRIBUTES } from '#dist/attributes/index.js';
import { attributesOf, ownAttribute } from '#dist/attributes/own.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import { photoResultSchema } from '#dist/results/result.js';
import { frameResultSchema, videoSummarySchema } from '#dist/results/video-result.js';
import { cardOf } from './fixtures/cards.js';
import { runPhiz } from './fixtures/phiz.js';
import { writeTinyEmotion } from './fixtures/tiny-models.js';

const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-own-'));
  model = await writeTinyEmotion(folder, { name: 'Skin light', labels: ['bright', 'dim'], happy: 'bright', sad: 'dim' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('is read under its name in the library, and its values fit the published schema', async () => {
  await using analyzer = await createAnalyzer({ models: [model], age: null, threads: 1 });
  const analysis = await analyzer.analyze(await readImage(sample('faces.png')));
  const face = analysis.faces[0] as unknown as Record<string, { label: string; probabilities: Record<string, number> }>;
  expect(Object.keys(analysis.models)).toEqual(['detector', 'emotion', 'skin_light']);
  expect(['bright', 'dim']).toContain(face.skin_light!.label);
  expect(Object.keys(face.skin_light!.probabilities)).toEqual(['bright', 'dim']);
  const result = { schemaVersion: 1, source: 'faces.png', ...analysis };
  expect(photoResultSchema.parse(result)).toEqual(result);
});

it('writes its columns and its words on a photo', async () => {
  const run = async (out: string, ...flags: string[]) => {
    const args = ['analyze', 'faces.png', '--out', join(folder, out), '--csv', join(folder, `${out}.csv`), '--threads', '1'];
    const { code, err } = await runPhiz([...args, ...flags], { cwd: sample('') });
    expect([code, err]).toEqual([0, '']);
    return {
      csv: (await readFile(join(folder, `${out}.csv`), 'utf8')).split('\n').map((line) => line.trim().split(',')),
      image: await readImage(join(folder, out, 'faces.png.annotated.png')),
    };
  };
  const [without, beside] = [await run('without'), await run('beside', '--model', model)];
  const added = ['skin_light', 'skin_light_confidence', 'skin_light_reliable', 'skin_light_bright', 'skin_light_dim'];
  const raw = ['raw_skin_light', 'raw_skin_light_confidence'];
  expect(beside.csv[0]!.filter((name) => !without.csv[0]!.includes(name))).toEqual([...added, ...raw]);
  expect(['bright', 'dim']).toContain(beside.csv[1]![beside.csv[0]!.indexOf('skin_light')]);
  expect(Buffer.from(beside.image.data).equals(Buffer.from(without.image.data))).toBe(false);
});

describe('a clip', () => {
  const out = () => join(folder, 'clip');
  const text = (ending: string) => readFile(join(out(), `expressions.mp4.${ending}`), 'utf8');

  beforeAll(async () => {
    const args = ['analyze', 'expressions.mp4', '--every', '25', '--parquet', '--model', model, '--out', out()];
    const { code, err } = await runPhiz([...args, '--quiet'], { cwd: sample('') });
    expect([code, err]).toEqual([0, '']);
  }, 120_000);

  it('has it in frames, summary and both tables', async () => {
    const frames = (await text('frames.ndjson'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const frame of frames) expect(frameResultSchema.parse(frame)).toEqual(frame);
    const [first] = frames[0].faces;
    expect(first.skin_light.label).toBe(first.raw.skin_light.label);
    const summary = JSON.parse(await text('json'));
    expect(videoSummarySchema.parse(summary)).toEqual(summary);
    const { shareOfTime, dominant } = summary.people[0].skin_light;
    expect(shareOfTime.bright + shareOfTime.dim).toBeCloseTo(1, 9);
    expect(shareOfTime[dominant]).toBeGreaterThanOrEqual(0.5);
    expect(summary.overall.skin_light.dominant).toBe(dominant);
    const header = (await text('timeline.csv')).split('\n')[0]!.trim().split(',');
    expect(header.slice(-7)).toEqual([
      ...['skin_light', 'skin_light_confidence', 'skin_light_reliable', 'skin_light_bright', 'skin_light_dim'],
      ...['raw_skin_light', 'raw_skin_light_confidence'],
    ]);
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(join(out(), 'expressions.mp4.timeline.parquet')));
    expect(schema.slice(1).map(({ name }) => name)).toEqual(header);
  });

  it('has it in the report, and in the one that is made again', async () => {
    expect(await readdir(out())).toContain('expressions.mp4.timeline.skin_light.svg');
    const report = await text('report.html');
    expect(report).toContain('<h2>Skin_light classes over time</h2>');
    expect(report).toContain('which of two skin_light classes each face shows (bright, dim)');
    const { code } = await runPhiz(['report', join(out(), 'expressions.mp4.frames.ndjson'), '--out', join(folder, 'again')], {
      cwd: folder,
    });
    expect(code).toBe(0);
    const again = await readFile(join(folder, 'again', 'expressions.mp4.report.html'), 'utf8');
    // What the card says the network does is known to the first report alone.
    const plain = (html: string) => html.replaceAll(/<td class="wrap">[^<]*<\/td>/g, '');
    expect(plain(again)).toBe(plain(report));
  });
});

it('refuses names that are taken, and models of other kinds', async () => {
  const card = (name: string, changes = {}) => cardOf({ name, task: 'classes', labels: ['a', 'b'], ...changes });
  for (const name of ['age', 'Quality', 'box', 'raw'])
    expect(() => ownAttribute(card(name))).toThrow(/is taken; give the model another name/);
  expect(() => ownAttribute(card('7'))).toThrow(/must begin with a letter/);
  expect(() => ownAttribute(card('x', { task: 'detector' }))).toThrow(/tells no classes apart/);
  await expect(createAnalyzer({ models: [model, model], threads: 1 })).rejects.toThrow(/two models read 'skin_light'/);
});

it('is known again by its values', () => {
  const listed = attributesOf({
    emotion: { probabilities: { happy: 1 } },
    quality: { size: 1 },
    mood: { probabilities: { a: 0.5, b: 0.5 } },
  });
  expect(listed.map(({ name }) => name)).toEqual([...ATTRIBUTES.map(({ name }) => name), 'mood']);
});
