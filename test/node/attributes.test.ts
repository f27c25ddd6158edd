/** What a face shows: the list, and analyses from which a network was left out. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { photoResult } from '#dist/analyze/photo-result.js';
import { ATTRIBUTES } from '#dist/attributes/index.js';
import { createAnalyzer } from '#dist/node/create-analyzer.js';
import { readImage } from '#dist/node/images/read-image.js';
import { facesCsvHeader, facesCsvRows } from '#dist/report/tables/faces-csv.js';
import { type EmotionResult, photoResultSchema } from '#dist/results/result.js';
import { frameResultSchema } from '#dist/results/video-result.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it('no two attributes share a name or a column', () => {
  const names = ATTRIBUTES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const columns = facesCsvHeader().trim().split(',');
  expect(new Set(columns).size).toBe(columns.length);
});

describe('an analyzer without a network', () => {
  it('gives the rest, typed without it', async () => {
    const image = await readImage(at('samples/faces.png'));
    await using all = await createAnalyzer({ threads: 1 });
    await using some = await createAnalyzer({ age: null, threads: 1 });
    expect(Object.keys(some.models)).toEqual(['detector', 'emotion']);
    const analysis = await some.analyze(image);
    const { faces } = analysis;
    expectTypeOf(faces[0]!.emotion).toEqualTypeOf<EmotionResult>();
    // @ts-expect-error: it was left out
    expect(faces[0]!.age).toBeUndefined();
    const { age: _, ...first } = (await all.analyze(image)).faces[0]!;
    // How large a face seems depends on the networks' input sizes.
    expect({ ...faces[0]!, quality: null }).toEqual({ ...first, quality: null });
    const result = photoResult('faces.png', analysis);
    expect(photoResultSchema.parse(result)).toEqual(result);

    const header = facesCsvHeader().trim().split(',');
    const row = facesCsvRows(result).split('\n')[0]!.split(',');
    expect(row).toHaveLength(header.length);
    expect(row[header.indexOf('age_years')]).toBe('');
    expect(row[header.indexOf('emotion')]).toBe(faces[0]!.emotion.label);
  });

  it('follows people all the same', async () => {
    const image = await readImage(at('samples/faces.png'));
    await using analyzer = await createAnalyzer({ emotion: null, age: null, threads: 1 });
    async function* frames() {
      for (let i = 0; i < 3; i++) yield { image, timestamp: i / 25, duration: 1 / 25 };
    }
    let seen = 0;
    for await (const frame of analyzer.stream(frames())) {
      expect(frameResultSchema.parse(frame)).toEqual(frame);
      for (const face of frame.faces) {
        seen++;
        expect(face).not.toHaveProperty('emotion');
        expect(Object.keys(face.raw ?? {})).toEqual(['quality']);
        expectTypeOf(face.raw!).toHaveProperty('quality');
        // @ts-expect-error: it was left out
        expect(face.emotion).toBeUndefined();
      }
    }
    expect(seen).toBeGreaterThan(7);
  });
});

/** Where no attribute is named. What is not here yet names some; the list only grows. */
const BLIND = [
  ...['analyze/analyzer', 'analyze/open-analyzer', 'analyze/tracker', 'analyze/track', 'analyze/photo-result'],
  ...['core/card', 'core/geometry', 'core/image', 'core/calls'],
  ...[
    'media/annotate',
    'media/label-layout',
    'media/clip-marks',
    'media/bars-layout',
    'cli/analysis-options',
    'cli/analyze-run',
    'cli/program',
    'cli/commands/analyze',
    'cli/serve-run',
    'server/openapi',
    'server/options',
    'server/query',
    'node/create-analyzer',
    'node/files/parquet',
    'browser/open-parts',
    'browser/analyzer-messages',
  ],
  ...['apps/evaluate/evaluate', 'apps/train/classifier-task', 'apps/train/judge', 'apps/train/train', 'train/evaluate/numbers'],
  ...[
    'report/judged',
    'report/sums/summary',
    'report/tables/faces-csv',
    'report/tables/timeline-csv',
    'results/result',
    'results/video-result',
    'results/json-schema',
    'results/service',
  ],
];

it.each(['people.tsx', 'timeline.tsx', 'course.ts', 'report-file.ts'])('web/%s names no attribute', (path) => {
  const code = readFileSync(at(`web/${path}`), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  for (const { name } of ATTRIBUTES) expect(code).not.toMatch(new RegExp(`\\.${name}\\b|['"]${name}['"]`));
});

it.each(BLIND)('src/%s.ts goes through the list and names no attribute', (path) => {
  const text = readFileSync(at(`src/${path}.ts`), 'utf8');
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replaceAll(/^export type \{[^}]*\} from .*$/gm, '');
  const named = ATTRIBUTES.flatMap(({ name }) => [
    ...code.matchAll(new RegExp(`\\.${name}\\b|['"]${name}['"]|\\b${name}[:,?]`, 'g')),
  ]);
  expect(named.map(([match]) => match)).toEqual([]);
});
