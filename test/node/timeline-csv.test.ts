import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTimelineCsv } from '#dist/node/files/frame-sink.js';
import { openTimelineParquet } from '#dist/node/files/parquet.js';
import { timelineColumns, timelineCsvHeader, timelineCsvRows, timelineRows } from '#dist/report/tables/timeline-csv.js';
import { carried, clipFrames, faceOf, frameOf } from './fixtures/frame-results.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-timeline-'));
});
afterAll(() => rm(folder, { recursive: true }));

const record = (line: string) => {
  const names = timelineCsvHeader().trimEnd().split(',');
  const cells = line.trimEnd().split(',');
  expect(cells).toHaveLength(names.length);
  return Object.fromEntries(names.map((name, i) => [name, cells[i]]));
};

describe('the table of a clip', () => {
  it('is spelt for Excel where the decimal sign is a comma', async () => {
    const sink = await openTimelineCsv(join(folder, 'de.csv'), { csvSeparator: ';' });
    await sink.add(frameOf(7, 0.28, [faceOf(2, { happy: 3, sad: 1 })]));
    await sink.finish();
    const text = await readFile(join(folder, 'de.csv'), 'utf8');
    await rm(join(folder, 'de.csv'));
    expect(text.startsWith('\ufeffframe;timestamp;person;')).toBe(true);
    const [head, row] = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(';'));
    expect(row).toHaveLength(head!.length);
    expect(row!.slice(0, 3)).toEqual(['7', '0,28', '2']);
    expect(row![head!.indexOf('emotion_confidence')]).toBe('0,75');
  });

  it('has one row per face per frame under its own columns', () => {
    const frame = frameOf(7, 0.28, [faceOf(2, { happy: 3, sad: 1 }), faceOf(1, { fear: 1 })]);
    const rows = timelineCsvRows(frame).trimEnd().split('\n').map(record);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ frame: '7', timestamp: '0.28', person: '2', x: '20', height: '40', measured: 'true' });
    expect(rows[0]).toMatchObject({ emotion: 'happy', emotion_confidence: '0.75', happy: '0.75', sad: '0.25', angry: '0' });
    expect(rows[0]).toMatchObject({ raw_emotion: 'happy', raw_emotion_confidence: '0.75', age_range: '28 to 45' });
    expect(Number(rows[0]!.age_low)).toBeLessThan(Number(rows[0]!.age_years));
    expect(rows[1]).toMatchObject({ person: '1', emotion: 'fear', fear: '1' });
  });

  it('has a row for a frame without a face, its person empty', () => {
    expect(record(timelineCsvRows(frameOf(3, 0.12, [])))).toMatchObject({
      frame: '3',
      timestamp: '0.12',
      person: '',
      x: '',
      happy: '',
    });
  });

  it('leaves out raw values where the box was carried, and all values before the first measurement', () => {
    const face = carried(faceOf(1, { happy: 1 }));
    expect(record(timelineCsvRows(frameOf(0, 0, [face])))).toMatchObject({
      measured: 'false',
      emotion: 'happy',
      raw_emotion: '',
    });
    const unknown = { ...face, emotion: null, age: null };
    expect(record(timelineCsvRows(frameOf(0, 0, [unknown])))).toMatchObject({
      person: '1',
      emotion: '',
      happy: '',
      age_years: '',
    });
  });
});

const clip = () =>
  clipFrames({
    actors: [
      { emotions: ['happy', 'sad'], years: 30, seen: [[0.2, 1]] },
      { emotions: ['neutral'], years: 9 },
    ],
    seconds: 1.4,
    detectEvery: 3,
    noise: 0.3,
  });

it('the CSV file and the Parquet file hold the same values', async () => {
  const csv = await openTimelineCsv(join(folder, 'clip.csv'));
  // Small groups: several of them, the last one not full.
  const parquet = await openTimelineParquet(join(folder, 'clip.parquet'), { rowGroupSize: 20 });
  const frames = [frameOf(0, 0, []), ...[...clip()].map((frame) => ({ ...frame, frame: frame.frame + 1 }))];
  for (const frame of frames) {
    await csv.add(frame);
    await parquet.add(frame);
  }
  await Promise.all([csv.finish(), parquet.finish()]);
  expect((await readdir(folder)).sort()).toEqual(['clip.csv', 'clip.parquet']);

  const expected = frames
    .flatMap((frame) => timelineRows(frame))
    .map((row) => Object.fromEntries(timelineColumns().map(({ name }, i) => [name, row[i]])));
  const file = await asyncBufferFromFile(join(folder, 'clip.parquet'));
  const read = await parquetReadObjects({ file });
  expect(read).toEqual(expected);
  expect(read[0]).toMatchObject({ frame: 0, timestamp: 0, person: null, measured: null, emotion: null });
  expect(typeof read[5]!.happy).toBe('number');

  const lines = (await readFile(join(folder, 'clip.csv'), 'utf8')).trimEnd().split('\n').slice(1).map(record);
  expect(lines.map((row) => [row.frame, row.person, row.happy])).toEqual(
    expected.map((row) => [String(row.frame), String(row.person ?? ''), String(row.happy ?? '')]),
  );

  const metadata = await parquetMetadataAsync(file);
  expect(metadata.row_groups.length).toBeGreaterThan(2);
  expect(metadata.created_by).toMatch(/^phiz version \d/);
  const types = Object.fromEntries(
    metadata.schema.slice(1).map(({ name, type, repetition_type }) => [name, [type, repetition_type]]),
  );
  expect(types.frame).toEqual(['INT32', 'REQUIRED']);
  expect(types.person).toEqual(['INT32', 'OPTIONAL']);
  expect(types.happy).toEqual(['DOUBLE', 'OPTIONAL']);
  expect(types.emotion).toEqual(['BYTE_ARRAY', 'OPTIONAL']);
});

it('a clip without frames is a table without rows', async () => {
  const path = join(folder, 'empty.parquet');
  await (await openTimelineParquet(path)).finish();
  expect(await parquetReadObjects({ file: await asyncBufferFromFile(path) })).toEqual([]);
});

it('an aborted file is not there, and wrong sizes are refused', async () => {
  const before = await readdir(folder);
  const sink = await openTimelineParquet(join(folder, 'gone.parquet'), { rowGroupSize: 1 });
  await sink.add(frameOf(0, 0, []));
  await sink.abort();
  expect(await readdir(folder)).toEqual(before);
  await expect(openTimelineParquet(join(folder, 'x.parquet'), { rowGroupSize: 0 })).rejects.toMatchObject({
    code: 'invalid-option',
  });
});
