/** One list of formats: files, flags, the service's results and the page are made from it or held to it. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { keepFaces } from '#dist/analyze/kept-faces.js';
import { register as registerAnalyze } from '#dist/cli/commands/analyze.js';
import { register as registerReport } from '#dist/cli/commands/report.js';
import { FRAME_FORMATS, type FrameFormatName, formatsChosen, openFormats, withUsual } from '#dist/node/files/frame-formats.js';
import { JOB_PARTS } from '#dist/server/job-record.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/video.md', import.meta.url)), 'utf8');
const helpOf = (register: (program: Command) => void) => {
  const program = new Command();
  register(program);
  return program.commands[0]!.helpInformation().replaceAll(/\s+/g, ' ');
};

describe.each(FRAME_FORMATS)('$name', ({ name, ending, always, says }) => {
  it('stands in the page, and in the help where it has to be asked for', () => {
    expect(page).toContain(`| \`<name>.${ending}\` | ${says}`);
    for (const register of [registerAnalyze, registerReport]) {
      const help = helpOf(register);
      expect(help.includes(`also write ${says}, <name>.${ending}`)).toBe(!always);
      if (!always) expect(help).toContain(`--${name} `);
    }
  });
});

it('the service gives out what every run writes', () => {
  const files = Object.values(JOB_PARTS).map(({ file }) => file as string);
  for (const { ending, always } of FRAME_FORMATS) expect(files.includes(`clip.${ending}`)).toBe(always);
});

it('flags become names of formats', () => {
  expect(formatsChosen({ parquet: true, csv: 'table.csv' })).toEqual(['parquet']);
  expect(formatsChosen({})).toEqual([]);
  expect(withUsual(['parquet'])).toEqual(['ndjson', 'csv', 'parquet']);
});

it('opens each format once, and leaves nothing where one cannot be opened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phiz-formats-'));
  try {
    const sinks = await openFormats(['parquet', 'csv', 'csv'], (ending) => join(folder, `x.${ending}`));
    expect(sinks.map(({ path }) => path)).toEqual([join(folder, 'x.timeline.csv'), join(folder, 'x.timeline.parquet')]);
    for (const sink of sinks) await sink.abort();
    const blocked = (ending: string) => (ending.endsWith('parquet') ? folder : join(folder, `y.${ending}`));
    await expect(openFormats(['csv', 'parquet'], blocked)).rejects.toMatchObject({ code: 'unwritable-file' });
    await expect(openFormats(['xlsx' as FrameFormatName], blocked)).rejects.toThrow(
      "no format 'xlsx'; known: ndjson, csv, parquet",
    );
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
