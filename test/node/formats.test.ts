/** Lists of formats: files, flags, the service's results and the page are made from them or held to them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { keepFaces } from '#dist/analyze/kept-faces.js';
import { CLIP_FORMATS, checkFormats, formatsChosen, OUTPUT_ENDINGS, REPORTED_FORMATS } from '#dist/apps/analyze/formats.js';
import { register as registerAnalyze } from '#dist/cli/commands/analyze.js';
import { register as registerReport } from '#dist/cli/commands/report.js';
import { FRAME_FORMATS, type FrameFormat, openFormats } from '#dist/node/files/frame-formats.js';
import { formatsOf } from '#dist/node/files/output-format.js';
import { JOB_PARTS } from '#dist/server/job-part.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/video.md', import.meta.url)), 'utf8');
const helpOf = (register: (program: Command) => void) => {
  const program = new Command();
  register(program);
  return program.commands[0]!.helpInformation().replaceAll(/\s+/g, ' ');
};

describe.each(CLIP_FORMATS)('$name', ({ name, ending, always, says }) => {
  it('stands in the page, and in the help where it has to be asked for', () => {
    expect(page).toContain(`| \`<name>.${ending}\` | ${says}`);
    const reported = REPORTED_FORMATS.some((format) => format.name === name);
    for (const register of reported ? [registerAnalyze, registerReport] : [registerAnalyze]) {
      const help = helpOf(register);
      expect(help.includes(`also write ${says}, <name>.${ending}`)).toBe(!always);
      if (!always) expect(help).toContain(`--${name} `);
    }
  });
});

it('the service gives out what every run writes', () => {
  const files = Object.values(JOB_PARTS).map(({ file }) => file as string);
  for (const { ending, always } of CLIP_FORMATS) expect(files.includes(`clip.${ending}`)).toBe(always);
});

it('flags become names of formats', () => {
  expect(formatsChosen({ parquet: true, csv: 'table.csv' })).toEqual(['parquet']);
  expect(formatsChosen({})).toEqual([]);
  expect(formatsOf<FrameFormat>(FRAME_FORMATS, []).map(({ name }) => name)).toEqual(['ndjson', 'csv']);
  expect(formatsOf<FrameFormat>(FRAME_FORMATS, ['parquet'])).toEqual(FRAME_FORMATS);
  expect(() => checkFormats(['csv', 'xlsx'])).toThrow("no format 'xlsx'; known: ndjson, csv, parquet, html, mp4");
  expect(() => checkFormats(['mp4'], REPORTED_FORMATS)).toThrow("no format 'mp4'");
  for (const { ending } of CLIP_FORMATS) expect(OUTPUT_ENDINGS).toContain(ending);
});

it('opens the formats, and leaves nothing where one cannot be opened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phiz-formats-'));
  const [csv, parquet] = FRAME_FORMATS.slice(1);
  try {
    const sinks = await openFormats([csv!, parquet!], (ending) => join(folder, `x.${ending}`));
    expect(sinks.map(({ path }) => path)).toEqual([join(folder, 'x.timeline.csv'), join(folder, 'x.timeline.parquet')]);
    for (const sink of sinks) await sink.abort();
    const blocked = (ending: string) => (ending.endsWith('parquet') ? folder : join(folder, `y.${ending}`));
    await expect(openFormats([csv!, parquet!], blocked)).rejects.toMatchObject({ code: 'unwritable-file' });
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('keeps the largest faces within the limits, and unsure ones besides', () => {
  const face = (side: number, score: number, x = 0) => ({ box: { x, y: 0, width: side, height: side }, score, landmarks: null });
  const found = [face(30, 0.9), face(50, 0.2), face(40, 0.8), face(10, 0.9), face(60, 0.95), face(80, 0.9, 90)];
  const image = { width: 100, height: 100 };
  const sides = (limits: Parameters<typeof keepFaces>[2]) => keepFaces(found, image, limits).map(({ box }) => box.width);
  // The last one hangs out of the image: 10 × 80 pixels of it are inside.
  expect(sides({ minFace: 20, maxFaces: 9, minScore: 0.5 })).toEqual([60, 40, 30, 80]);
  expect(sides({ minFace: 20, maxFaces: 2, minScore: 0.5 })).toEqual([60, 40]);
  expect(sides({ minFace: 20, maxFaces: 1, minScore: 0.1, countedFrom: 0.5 })).toEqual([60, 50]);
  expect(sides({ minFace: 20, maxFace: 45, maxFaces: 9, minScore: 0.1 })).toEqual([40, 30, 80]);
});

/** A file and a line each: a report, an annotated clip, and a plot, added to a copy of what is compiled. */
const ADDED = {
  'apps/analyze/report-formats.js': [
    "{ name: 'markdown', ending: 'report.md', type: 'text/markdown', always: false, says: 'the report as Markdown', make: (await import('./new.js')).make },",
    "export const make = async ({ summary }) => '# ' + summary.source + '\\n\\n' + summary.people.length + ' people';",
  ],
  'node/video/annotated-formats.js': [
    "{ name: 'sizes', ending: 'annotated.sizes.txt', type: 'text/plain', always: false, says: 'the sizes of its images', open: (await import('./new.js')).open },",
    `import { writeFile } from 'node:fs/promises';
    export const open = async ({ path }) => {
      const sizes = [];
      const dispose = async () => {};
      return {
        add: async ({ width, height }) => void sizes.push(width + ' ' + height),
        finish: () => writeFile(path, sizes.join('; ')),
        dispose,
        [Symbol.asyncDispose]: dispose,
      };
    };`,
  ],
  'node/images/figure-formats.js': [
    "{ ending: 'length.txt', encode: (await import('./new.js')).encode },",
    'export const encode = (svg) => String(svg.length);',
  ],
} as const;

it('a format more takes a file and a line', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const copy = await mkdtemp(join(tmpdir(), 'phiz-formats-'));
  const phiz = (...args: readonly string[]) =>
    promisify(execFile)('node', [join(copy, 'dist/cli/main.js'), ...args], { cwd: copy });
  try {
    for (const name of ['dist', 'package.json']) await cp(join(root, name), join(copy, name), { recursive: true });
    for (const name of ['node_modules', 'models', 'samples']) await symlink(join(root, name), join(copy, name));
    for (const [list, [line, file]] of Object.entries(ADDED)) {
      const path = join(copy, 'dist', list);
      const before = await readFile(path, 'utf8');
      const after = before.replace(/^export const [A-Z_]+ = \[$/m, (begin) => `${begin}\n${line}`);
      expect(after, list).not.toBe(before);
      await writeFile(path, after);
      await writeFile(join(path, '../new.js'), file);
    }
    const wanted = ['--markdown', '--sizes', '--every', '60', '--quiet', '--threads', '1'];
    await phiz('analyze', 'samples/expressions.mp4', '--out', 'out', ...wanted);
    const at = (ending: string) => join(copy, 'out/samples', `expressions.mp4.${ending}`);
    expect(await readFile(at('report.md'), 'utf8')).toMatch(/^# samples.expressions.mp4\n\n\d people/);
    expect((await readFile(at('annotated.sizes.txt'), 'utf8')).split('; ').length).toBeGreaterThan(100);
    expect((await readdir(join(copy, 'out/samples'))).map((name) => name.replace('expressions.mp4.', '')).sort()).toEqual([
      ...['annotated.mp4', 'annotated.sizes.txt', 'frames.ndjson', 'json', 'pictures.json', 'report.html', 'report.md'],
      ...['timeline.csv', 'timeline.length.txt', 'timeline.png', 'timeline.svg'],
    ]);
    await phiz('report', at('frames.ndjson'), '--markdown', '--out', 'again');
    expect(await readdir(join(copy, 'again'))).toContain('expressions.mp4.report.md');
    expect((await phiz('report', '--help')).stdout).not.toContain('--sizes');
  } finally {
    await rm(copy, { recursive: true });
  }
}, 120_000);
