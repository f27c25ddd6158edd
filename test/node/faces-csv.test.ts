import { expect, it } from 'vitest';
import { AGE_RANGES } from '#dist/attributes/age/ranges.js';
import { ageReader } from '#dist/attributes/age/read.js';
import { emotion as emotionAttribute } from '#dist/attributes/emotion/index.js';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { facesCsvHeader, facesCsvRows } from '#dist/report/tables/faces-csv.js';
import type { FaceResult, PhotoResult } from '#dist/results/result.js';

const point = { x: 1.5, y: 2 };
const face: FaceResult = {
  box: { x: 1, y: 2, width: 3, height: 4 },
  landmarks: { leftEye: point, rightEye: point, nose: point, leftMouth: point, rightMouth: { x: 7, y: 8 } },
  confidence: 0.75,
  emotion: emotionAttribute.read(EMOTIONS)([0.1, 0.1, 0.1, 0.3, 0.1, 0.2, 0.1]),
  age: ageReader(AGE_RANGES)([0, 0, 0, 0, 1, 0, 0]),
  quality: { size: 0.5, sharpness: 0.25 },
};

function photo(source: string, faces: readonly FaceResult[]): PhotoResult {
  const model = { name: 'm', version: '1' };
  return { schemaVersion: 1, source, width: 9, height: 9, faces, models: { detector: model, emotion: model, age: model } };
}

/** Reads RFC 4180, independent of the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^,"\n]*))(,|\n)/gy;
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    rows.at(-1)!.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[3] === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

it('writes one row per face under its own columns', () => {
  const [header, ...rows] = parse(facesCsvHeader() + facesCsvRows(photo('a.jpg', [face, face])));
  expect(rows).toHaveLength(2);
  const record = Object.fromEntries(header!.map((name, i) => [name, rows[1]![i]]));
  expect(rows[1]).toHaveLength(header!.length);
  expect(record).toMatchObject({ source: 'a.jpg', face: '2', x: '1', height: '4', confidence: '0.75', right_mouth_y: '8' });
  expect(record).toMatchObject({ emotion: 'happy', happy: '0.3', surprise: '0.2', age_range: '28 to 45', 'age_28-45': '1' });
  expect(Number(record.age_years)).toBeCloseTo(36.5, 9);
  expect(record).toMatchObject({ size: '0.5', sharpness: '0.25' });
});

it('quotes what needs quoting', () => {
  for (const source of ['a,b.jpg', 'say "hi".png', 'two\nlines.jpg', 'plain.jpg', ' ,"\r\n'])
    expect(parse(facesCsvRows(photo(source, [face])))[0]![0]).toBe(source);
  expect(facesCsvRows(photo('a,"b".jpg', [face])).startsWith('"a,""b"".jpg",1,')).toBe(true);
});

it('has a row for a photo without faces', () => {
  const [row, ...others] = parse(facesCsvRows(photo('a.jpg', [])));
  expect(others).toEqual([]);
  expect(row!.filter((cell) => cell !== '')).toEqual(['a.jpg']);
});

it('leaves the landmarks of a detector that finds none empty', () => {
  const [header, row] = parse(facesCsvHeader() + facesCsvRows(photo('a.jpg', [{ ...face, landmarks: null }])));
  const record = Object.fromEntries(header!.map((name, i) => [name, row![i]]));
  expect(record).toMatchObject({ confidence: '0.75', left_eye_x: '', right_mouth_y: '', emotion: 'happy' });
});
