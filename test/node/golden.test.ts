/**
 * What phiz gives out, held against what it gave before the house was rebuilt (fixtures/golden): schemas, the OpenAPI document,
 * tables' columns, and all that `analyze` writes for the samples. Text must be equal; numbers may differ as little as another
 * machine's kernels make them. To take new ones on purpose: `PHIZ_GOLDEN=write npx vitest run test/node/golden.test.ts`.
 *
 * Changed on purpose since: a network may be left out of an analysis, so in the schemas (and the OpenAPI document) what it reads and
 * its model are no longer among what is `required`. Faces above 170 px of the detector's input are taken from the look at half of it,
 * so boxes and readings in the sample clip moved. Photos may be looked at turned: the OpenAPI document has that option. The
 * table of faces also takes clips, photos without a face and failures: it has new columns. Cards may state figures under stress. Clips say
 * how many frames changed their size, and a cut ends only those whose surroundings changed. Networks are newer, and the report has
 * plainer words. A model card's input and labels are bounded.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { facesCsvHeader, timelineCsvHeader } from '#dist/node/index.js';
import {
  frameResultJsonSchema,
  modelCardJsonSchema,
  photoResultJsonSchema,
  videoSummaryJsonSchema,
} from '#dist/results/json-schema.js';
import { runPhiz } from './fixtures/phiz.js';
import { serve } from './fixtures/service.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const rewrite = process.env.PHIZ_GOLDEN === 'write';
/** How far a number may be off: kernels of other processors round otherwise. */
const TOLERANCE = 2e-3;

const NUMBER = /-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;
/** Images depend on encoders; dates of models on when they were made. */
const steady = (text: string): string => text.replaceAll(/data:image\/[^"')]+/g, 'data:');

/** Fails where the text differs, or a number by more than the tolerance. */
async function golden(name: string, text: string): Promise<void> {
  const file = at(`fixtures/golden/${name}`);
  const now = steady(text);
  if (rewrite) await writeFile(file, now);
  const then = await readFile(file, 'utf8');
  expect(now.replaceAll(NUMBER, '#').split('\n'), name).toEqual(then.replaceAll(NUMBER, '#').split('\n'));
  const numbers = (value: string) => [...value.matchAll(NUMBER)].map(([digits]) => Number(digits));
  const before = numbers(then);
  const off = numbers(now).flatMap((value, i) =>
    Math.abs(value - before[i]!) <= TOLERANCE * Math.max(1, Math.abs(before[i]!)) ? [] : [[before[i], value]],
  );
  expect(off, name).toEqual([]);
}
const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-golden-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the goldens are there', () => {
  expect(existsSync(at('fixtures/golden/openapi.json'))).toBe(true);
});

it.each([
  ['photo-result', photoResultJsonSchema],
  ['frame-result', frameResultJsonSchema],
  ['video-summary', videoSummaryJsonSchema],
  ['model-card', modelCardJsonSchema],
] as const)('the schema of %s', (name, make) => golden(`${name}.schema.json`, json(make())));

it('the columns of the tables', () => golden('headers.txt', `${facesCsvHeader()}${timelineCsvHeader()}`));

it('the OpenAPI document', async () => {
  const models = { ...(await writeTinyModels(join(folder, 'models'))), threads: 1 };
  await using service = await serve({ dataDir: join(folder, 'data'), models });
  await golden('openapi.json', json(await (await fetch(`${service.url}/openapi.json`)).json()));
});

it('a photo: result and table', async () => {
  const args = ['analyze', 'faces.png', '--out', join(folder, 'photo'), '--csv', join(folder, 'faces.csv'), '--threads', '1'];
  const { code, err, out } = await runPhiz(args, { cwd: at('../../samples') });
  expect(code, err).toBe(0);
  await golden('faces.json', json(JSON.parse(out)));
  expect(JSON.parse(await readFile(join(folder, 'photo/faces.png.json'), 'utf8'))).toEqual(JSON.parse(out));
  await golden('faces.csv', await readFile(join(folder, 'faces.csv'), 'utf8'));
});

describe('a clip', () => {
  beforeAll(async () => {
    const args = ['analyze', 'expressions.mp4', '--fps', '2', '--parquet', '--out', join(folder, 'clip'), '--threads', '1'];
    const { code, err, out } = await runPhiz(args, { cwd: at('../../samples') });
    expect(code, err).toBe(0);
    await writeFile(join(folder, 'clip/printed.json'), out);
  });

  it.each([
    'expressions.json',
    'expressions.frames.ndjson',
    'expressions.timeline.csv',
    'expressions.timeline.svg',
    'expressions.report.html',
  ])('%s', async (name) => golden(name, await readFile(join(folder, 'clip', name.replace('.', '.mp4.')), 'utf8')));

  it('the summary printed is the one written', async () => {
    const [printed, written] = await Promise.all(
      ['printed.json', 'expressions.mp4.json'].map(async (name) =>
        JSON.parse(await readFile(join(folder, 'clip', name), 'utf8')),
      ),
    );
    expect(printed).toEqual(written);
  });

  it('Parquet', async () => {
    const { buffer, byteOffset, byteLength } = await readFile(join(folder, 'clip/expressions.mp4.timeline.parquet'));
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    const { schema } = await parquetMetadataAsync(file);
    const columns = schema.slice(1).map(({ name, type, repetition_type }) => `${name} ${type} ${repetition_type}`);
    const rows = await parquetReadObjects({ file });
    const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
    await golden(
      'expressions.timeline.parquet.txt',
      `${columns.join('\n')}\n${JSON.stringify(rows[0], plain, 1)}\n${rows.length}\n`,
    );
  });
});
