/**
 * What holds for whatever is thrown at parsers and writers of text: read or refused with an error that names the file, whole again after
 * being written, in time that grows with the length.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMOTIONS } from '#dist/attributes/emotion/labels.js';
import { readLines } from '#dist/client/ndjson.js';
import { parseCard } from '#dist/core/card.js';
import { PhizError } from '#dist/core/error.js';
import { area, type BoundingBox, clipBox, iou, squareCrop } from '#dist/core/geometry.js';
import { readKerasConfig } from '#dist/onnx/keras-config.js';
import { parseTextMessage } from '#dist/onnx/text-format.js';
import { csvLine } from '#dist/report/tables/csv-line.js';
import { timelineCsvHeader, timelineCsvRows } from '#dist/report/tables/timeline-csv.js';
import { parseTruthCsv } from '#dist/report/tables/truth-csv.js';
import { parseTable } from '#dist/study/table.js';
import { parseFddb } from '#dist/train/data/fddb.js';
import { parseDuplicates, parseFer2013Csv, parseFerPlus } from '#dist/train/data/fer2013.js';
import { parseUtkFaceSplit } from '#dist/train/data/utkface.js';
import { faceLine, imageLine, type LabelledFace, mistakenLine, parseFaceLabels } from '#dist/train/data/wider.js';
import { cardOf } from './fixtures/cards.js';
import { faceOf, frameOf } from './fixtures/frame-results.js';
import { functional } from './fixtures/keras-models.js';

/** Fixed, so that whoever repeats a run sees the same. */
const RUNS = { numRuns: 300, seed: 16 };

const token = fc.oneof(
  fc.constantFrom(
    '#',
    ',',
    ';',
    '\t',
    '"',
    "'",
    '{',
    '}',
    ':',
    '\r\n',
    '\n',
    ' ',
    '-1',
    '1',
    '0',
    '1e999',
    'NaN',
    '-',
    '\ufeff',
    '\0',
  ),
  fc.constantFrom(
    '# a.jpg 9 9',
    '1 2 3 4',
    'start,end,label',
    '0,1,happy',
    'a/b',
    'layer',
    'name',
    'emotion,pixels,Usage',
    'train',
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
);
const text = fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join(''));

/** Runs something that may refuse what it is given, naming it. */
function readOrRefused(read: () => unknown, names: string): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(PhizError);
    expect((error as PhizError).message).toContain(names);
  }
}

describe('text that people or strangers wrote', () => {
  const name = 'from/somebody.txt';
  it.each([
    ['face labels', () => (given: string) => parseFaceLabels(given, name)],
    ['FDDB', () => (given: string) => parseFddb(given, name)],
    ['truth', () => (given: string) => parseTruthCsv(given, EMOTIONS, name)],
    ['a table', () => (given: string) => parseTable(given, name)],
    ['a Caffe network', () => (given: string) => parseTextMessage(given, name)],
    ['FER+', () => (given: string) => parseFerPlus(given, name)],
    ['duplicates', () => (given: string) => parseDuplicates(given, name)],
    ["UTKFace's split", () => (given: string) => parseUtkFaceSplit(given, name)],
  ])('%s', (_, open) => {
    const read = open();
    fc.assert(
      fc.property(text, (given) => readOrRefused(() => read(given), name)),
      RUNS,
    );
  });

  it('fer2013.csv, whose reader names the file around it', () => {
    fc.assert(
      fc.property(text, (given) => readOrRefused(() => parseFer2013Csv(given), '')),
      RUNS,
    );
  });

  it('of one kind of character, however long', () => {
    // Quadratic time would take hours here, and a regular expression that repeats would run out of stack.
    const long = (unit: string) => unit.repeat(200_000);
    for (const unit of [' ', '#', '"', '{', 'a', '1', ',', '-', '\n', '# ', '#\n', '""'])
      for (const read of [parseFaceLabels, parseFddb, parseTable, parseTextMessage])
        for (const before of ['', '# a ', 'a: ']) readOrRefused(() => read(`${before}${long(unit)}x`, name), name);
  });
});

/** A value with one of its parts, chosen by the numbers, replaced. */
function replaced(value: unknown, path: readonly number[], by: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return by;
  const entries = Object.entries(value);
  if (entries.length === 0) return by;
  const [key] = entries[step % entries.length]!;
  const changed = entries.map(([k, v]) => [k, k === key ? replaced(v, rest, by) : v] as const);
  return Array.isArray(value) ? changed.map(([, v]) => v) : Object.fromEntries(changed);
}
const path = fc.array(fc.nat({ max: 30 }), { maxLength: 6 });

it('model cards', () => {
  const whole = JSON.parse(JSON.stringify(cardOf()));
  expect(parseCard(whole, 'x')).toEqual(whole);
  fc.assert(
    fc.property(path, fc.jsonValue(), (where, by) =>
      readOrRefused(() => parseCard(replaced(whole, where, by), 'my/card.json'), 'my/card.json'),
    ),
    RUNS,
  );
});

it('configurations of Keras', () => {
  const kinds = ['InputLayer', 'Conv2D', 'ReLU', 'Add', 'Dense', 'Flatten'];
  const whole = functional(
    [8, 8, 1],
    [
      ['Conv2D', 'one', { filters: 2, kernel_size: [3, 3], padding: 'same' }],
      ['ReLU', 'two'],
      ['Add', 'three', {}, ['one', 'two']],
      ['Flatten', 'four'],
    ],
  );
  expect(readKerasConfig(JSON.stringify(whole), kinds).layers.size).toBe(5);
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('__proto__', 'constructor', 'three', 'one', -1, [], {}, [[['three', 0, 0, {}]]]),
  );
  fc.assert(
    fc.property(path, odd, (where, by) =>
      readOrRefused(() => readKerasConfig(JSON.stringify(replaced(whole, where, by)), kinds), ''),
    ),
    { ...RUNS, numRuns: 1000 },
  );
});

describe('written and read again', () => {
  const tenth = fc.integer({ min: -5000, max: 50_000 }).map((value) => value / 10);
  const side = fc.integer({ min: 2, max: 9000 }).map((value) => value / 10);
  const box = fc.record({ x: tenth, y: tenth, width: side, height: side });
  const point = fc.record({ x: fc.integer({ min: 0, max: 999 }), y: fc.integer({ min: 0, max: 999 }) });
  const landmarks = fc.record({ leftEye: point, rightEye: point, nose: point, leftMouth: point, rightMouth: point });
  const face: fc.Arbitrary<LabelledFace> = fc.oneof(
    box.map((box) => ({ box, ignore: true })),
    fc.record({ box, landmarks, ignore: fc.constant(false) }),
    box.map((box) => ({ box, ignore: false })),
  );
  const close = (a: BoundingBox, b: BoundingBox) => {
    for (const key of ['x', 'y', 'width', 'height'] as const) expect(a[key]).toBeCloseTo(b[key], 5);
  };
  const name = fc
    .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
    .map((one) => one.replaceAll(/\s/g, ' ').trim())
    .filter((one) => one !== '');

  it('face labels', () => {
    fc.assert(
      fc.property(name, fc.array(face, { maxLength: 5 }), fc.array(box, { maxLength: 3 }), (path, faces, mistaken) => {
        const lines = [imageLine({ path, width: 640, height: 480 }), ...faces.map(faceLine), ...mistaken.map(mistakenLine)];
        const [record, ...others] = parseFaceLabels(lines.join('\n'));
        expect([others.length, record!.path, record!.width, record!.height]).toEqual([0, path, 640, 480]);
        expect(record!.faces.map(({ ignore, landmarks }) => [ignore, landmarks])).toEqual(
          faces.map(({ ignore, landmarks }) => [ignore, landmarks]),
        );
        for (const [i, { box }] of record!.faces.entries()) close(box, faces[i]!.box);
        for (const [i, one] of record!.mistaken!.entries()) close(one, mistaken[i]!);
        expect(record!.mistaken).toHaveLength(mistaken.length);
      }),
      RUNS,
    );
  });

  it('CSV: each cell as it was, but for the apostrophe before what would be a formula', () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('=1+1', '@a', '-2', '"', 'a,b', 'a\nb', ';'));
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        const head = csvLine(cells.map((_, i) => `column ${i}`));
        const line = csvLine(['x', ...cells.slice(1)]);
        const [row] = parseTable(`${head}${line}`, 'x').rows;
        for (const [i, given] of cells.slice(1).entries()) {
          const read = row!.cells[`column ${i + 1}`]!;
          expect([given.trim(), `'${given}`.trim()]).toContain(read);
          if (/^[=+\-@\t\r]/.test(given)) expect(read[0]).toBe("'");
        }
      }),
      RUNS,
    );
  });

  it('a timeline', () => {
    const number = fc.double({ min: 0, max: 4000, noNaN: true });
    const weights = fc.record({
      happy: fc.double({ min: 0.1, max: 1, noNaN: true }),
      sad: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, box, weights), { maxLength: 4 }), (given) => {
        const faces = given.map(([, box, emotions], i) => faceOf(i + 1, emotions, { box }));
        const frame = frameOf(7, given[0]?.[0] ?? 0, faces);
        const { columns, rows } = parseTable(`${timelineCsvHeader()}${timelineCsvRows(frame)}`, 'x');
        expect(rows).toHaveLength(Math.max(faces.length, 1));
        expect(columns.slice(0, 3)).toEqual(['frame', 'timestamp', 'person']);
        for (const [i, { cells }] of rows.entries()) {
          expect([Number(cells.frame), Number(cells.timestamp)]).toEqual([frame.frame, frame.timestamp]);
          const { box, person } = faces[i] ?? { box: undefined, person: '' };
          expect(cells.person).toBe(String(person));
          expect(cells.x).toBe(box ? String(box.x) : '');
        }
      }),
      RUNS,
    );
  });

  it('JSON lines, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (values, size, ended) => {
          const bytes = Buffer.from(values.map((value) => JSON.stringify(value)).join('\n') + (ended ? '\n' : ''));
          const body = new ReadableStream<Uint8Array>({
            start(controller) {
              for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
              controller.close();
            },
          });
          const read: unknown[] = [];
          for await (const value of readLines(body)) read.push(value);
          expect(JSON.stringify(read)).toBe(JSON.stringify(values));
        },
      ),
      { ...RUNS, numRuns: 100 },
    );
  });
});

describe('boxes', () => {
  const number = fc.oneof(fc.double({ min: -1e5, max: 1e5, noNaN: true }), fc.constantFrom(0, 1e-200, 1e-320, 640, 639.9999999));
  const length = fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constantFrom(0, 1e-200, 5e-324, 640));
  const box = fc.record({ x: number, y: number, width: length, height: length });

  it('cut at the borders of an image lie in it, and stay as they are when cut again', () => {
    fc.assert(
      fc.property(box, fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 9000 }), (given, width, height) => {
        const cut = clipBox(given, width, height);
        expect(Math.min(cut.x, cut.y, cut.width, cut.height)).toBeGreaterThanOrEqual(0);
        expect(cut.x + cut.width).toBeLessThanOrEqual(width * (1 + 1e-12));
        expect(cut.y + cut.height).toBeLessThanOrEqual(height * (1 + 1e-12));
        expect(area(cut)).toBeLessThanOrEqual(area(given) * (1 + 1e-9) + 1e-6);
        const again = clipBox(cut, width, height);
        for (const key of ['x', 'y', 'width', 'height'] as const) expect(again[key]).toBeCloseTo(cut[key], 8);
      }),
      RUNS,
    );
  });

  it('overlap as much as each other, from nothing to all', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(iou(a, b)).toBe(iou(b, a));
        expect(iou(a, b)).toBeGreaterThanOrEqual(0);
        expect(iou(a, b)).toBeLessThanOrEqual(1 + 1e-9);
      }),
      RUNS,
    );
  });

  it('give squares to crop that have a size and their centre', () => {
    fc.assert(
      fc.property(box, fc.double({ min: 1, max: 3, noNaN: true }), (given, margin) => {
        const square = squareCrop(given, { margin });
        expect(square.width).toBe(square.height);
        expect(square.width).toBeGreaterThan(0);
        expect(square.x + square.width / 2).toBeCloseTo(given.x + given.width / 2, 4);
      }),
      RUNS,
    );
  });
});
