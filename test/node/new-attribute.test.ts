/** The worked example of docs/architecture.md, in a copy of the house: a new attribute takes one file and one line. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
let copy: string;

const phiz = (...args: readonly string[]) => run('node', [join(copy, 'dist/cli/main.js'), ...args], { cwd: copy });
const node = async (script: string) =>
  JSON.parse((await run('node', ['--input-type=module', '-e', script], { cwd: copy })).stdout);

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'phiz-attribute-'));
  for (const name of ['src', 'models', 'package.json', 'tsconfig.base.json', 'tsconfig.src.json'])
    await cp(join(root, name), join(copy, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  const page = await readFile(join(root, 'docs/architecture.md'), 'utf8');
  const [file, line] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, code]) => code!)
    .filter((code) => code.includes('brightness'));
  expect(file!.split('\n').length).toBeLessThanOrEqual(61);
  await mkdir(join(copy, 'src/attributes/brightness'));
  await writeFile(join(copy, 'src/attributes/brightness/index.ts'), file!);
  const list = join(copy, 'src/attributes/index.ts');
  const before = await readFile(list, 'utf8');
  const after = before.replace(/^export const ATTRIBUTES = .*\n/m, line!);
  expect(after).not.toBe(before);
  await writeFile(list, `import { brightness } from './brightness/index.js';\n${after}`);
  await run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'src/core', 'tsconfig.src.json'], { cwd: copy });
}, 180_000);
afterAll(() => rm(copy, { recursive: true, force: true }));

it('is in the results of a photo, its table and its image', async () => {
  const photo = join(root, 'samples/faces.png');
  const { stdout } = await phiz('analyze', photo, '--csv', 'faces.csv', '--out', 'out', '--threads', '1');
  const { faces } = JSON.parse(stdout);
  for (const face of faces) {
    expect(face.brightness.mean).toBeGreaterThan(0.1);
    expect(face.brightness.mean).toBeLessThan(0.9);
  }
  const [header, first] = (await readFile(join(copy, 'faces.csv'), 'utf8')).split('\n').map((row) => row.trim().split(','));
  expect(Number(first![header!.indexOf('brightness')])).toBe(faces[0].brightness.mean);
  const lines = await node(`
    import { layoutMarks } from './dist/media/label-layout.js';
    const [face] = ${JSON.stringify(faces.slice(0, 1))};
    const marks = layoutMarks([{ ...face, box: { x: 400, y: 400, width: 500, height: 500 } }], { width: 1600, height: 1600, measure: (text) => text.length / 2 });
    console.log(JSON.stringify(marks[0].label.lines.map(({ text }) => text)));`);
  expect(lines.join(' ')).toMatch(/light \d+ %/);
});

it('is in the results of a clip, its tables and its report', async () => {
  await cp(join(root, 'samples/expressions.mp4'), join(copy, 'clip.mp4'));
  await phiz('analyze', 'clip.mp4', '--every', '50', '--parquet', '--no-annotated', '--out', 'out', '--quiet');
  const text = (ending: string) => readFile(join(copy, `out/clip.mp4.${ending}`), 'utf8');
  const summary = JSON.parse(await text('json'));
  expect(summary.people[0].brightness).toBeGreaterThan(0.1);
  expect(await text('report.html')).toMatch(/Brightness \d+ %\./);
  const header = (await text('timeline.csv')).split('\n')[0]!.trim().split(',');
  expect(header).toContain('brightness');
  const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(join(copy, 'out/clip.mp4.timeline.parquet')));
  expect(schema.map(({ name }) => name)).toContain('brightness');
});

it('is in the published schemas and in the service’s document', async () => {
  const found = await node(`
    import { photoResultJsonSchema, frameResultJsonSchema, videoSummaryJsonSchema } from './dist/results/json-schema.js';
    import { z } from 'zod';
    import { photoResultSchema } from './dist/results/result.js';
    const has = (value) => JSON.stringify(value).includes('"brightness"');
    console.log(JSON.stringify([photoResultJsonSchema(), frameResultJsonSchema(), videoSummaryJsonSchema(), z.toJSONSchema(photoResultSchema)].map(has)));`);
  expect(found).toEqual([true, true, true, true]);
});

it('is in the tables of the pages in docs', async () => {
  await cp(join(root, 'build/scripts/make-docs.js'), join(copy, 'build/scripts/make-docs.js'));
  for (const page of ['analyze.md', 'video.md']) await cp(join(root, 'docs', page), join(copy, 'docs', page));
  await run('node', ['build/scripts/make-docs.js'], { cwd: copy });
  const text = await readFile(join(copy, 'docs/analyze.md'), 'utf8');
  expect(text).toContain('| `faces[].brightness` | `mean`: mean luma of the face, 0 to 1 |');
  expect(text).toContain('| `brightness` | 0 to 1 | mean luma of the face |');
  expect(await readFile(join(copy, 'docs/video.md'), 'utf8')).toContain('| `brightness` |');
});

it('is in what the page shows of a face', async () => {
  const said = await node(`
    import { ATTRIBUTES } from './dist/attributes/index.js';
    console.log(JSON.stringify(ATTRIBUTES.flatMap(({ name, line }) => (line ? [line.none] : []))));`);
  expect(said).toContain('light –');
  expect(await readFile(join(root, 'web/people.tsx'), 'utf8')).toContain('attributes.flatMap(({ name, line })');
});
