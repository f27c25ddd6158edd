/** What a face shows: the list, and analyses from which a network was left out. */
import { readdirSync, readFileSync } from 'node:fs';
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

/** Folders that go through the list: what a face shows is named in none of their files. */
const BLIND = [
  ...[
    'analyze',
    'browser',
    'classify',
    'cli',
    'client',
    'core',
    'detect',
    'media',
    'report',
    'results',
    'server',
    'statistics',
  ].map((folder) => `src/${folder}`),
  ...['apps/analyze', 'apps/evaluate', 'apps/train', 'node/engine', 'node/files', 'train/evaluate'].map(
    (folder) => `src/${folder}`,
  ),
  'web',
];

/** Files there that use such a word for something else, or are about one attribute on purpose; a name that they may have. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'src/apps/evaluate/classes.ts': ['emotion'], // the task of networks that FER-2013's parts measure
  'src/apps/evaluate/numbers.ts': ['age'], // of a sample, as UTKFace names it
  'src/apps/evaluate/stress/compressed.ts': ['quality'], // of the encoder
  'src/apps/evaluate/text.ts': ['emotion'],
  'src/browser/clip-writer.ts': ['quality'], // of the encoder
  'src/cli/commands/study.ts': ['quality'], // of a recording
  'src/cli/commands/train.ts': ['emotion', 'age'], // names of networks
  'src/cli/study-run.ts': ['emotion', 'quality'], // a study sums up expressions
  'src/report/pages/study-answer.ts': ['quality'],
  'src/report/pages/study-methods.ts': ['quality'],
  'src/report/pages/study-report.ts': ['quality'],
  'src/report/tables/study-tables.ts': ['quality'],
  'src/train/evaluate/card-metrics.ts': ['emotion'],
  'src/train/evaluate/evaluation.ts': ['emotion'],
  'web/study/participants-panel.tsx': ['quality'], // of a recording
  'web/study/plan.ts': ['quality'],
  'web/study/recorded-course.ts': ['quality'],
  'web/study/sitting.ts': ['quality'], // of a face, too: how large and light it is, told while somebody sits there
  'web/study/study-file.ts': ['quality'],
};

/** Comments, or texts, which may hold what looks like the beginning of a comment and are kept. */
const COMMENT_OR_TEXT = /\/\*[\s\S]*?\*\/|\/\/.*$|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/gm;

/** The attributes that code names: as a property, a text, a key or one of several taken apart; comments and types passed on are left out. */
function named(text: string): readonly string[] {
  const code = text
    .replaceAll(COMMENT_OR_TEXT, (found) => (found.startsWith('/') ? '' : found))
    .replaceAll(/^export type \{[^}]*\} from .*$/gm, '');
  return ATTRIBUTES.map(({ name }) => name).filter((name) =>
    new RegExp(`\\.${name}\\b|['"]${name}['"]|\\b${name}[:,?]|[{,]\\s*${name}\\s*[=}]`).test(code),
  );
}

it.each(BLIND)('%s goes through the list and names no attribute', (folder) => {
  const files = readdirSync(at(folder), { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  expect(files.length).toBeGreaterThan(0);
  const found = files.map((file) => `${folder}/${file.replaceAll('\\', '/')}`);
  const wrong = found.flatMap((path) => {
    const names = named(readFileSync(at(path), 'utf8')).filter((name) => !ALLOWED[path]?.includes(name));
    return names.length ? [`${path}: ${names.join(', ')}`] : [];
  });
  expect(wrong).toEqual([]);
});

it('an exception that is not needed any more is taken off the list', () => {
  for (const [path, names] of Object.entries(ALLOWED)) expect(named(readFileSync(at(path), 'utf8'))).toEqual(names);
});

it('sees an attribute that is named, whichever way', () => {
  expect(named('face.age')).toEqual(['age']);
  expect(named("pick(face, 'emotion')")).toEqual(['emotion']);
  expect(named('const { age, quality } = face')).toEqual(['age', 'quality']);
  expect(named('const { emotion } = face')).toEqual(['emotion']);
  expect(named('({ box, age = 0 }) => box')).toEqual(['age']);
  expect(named("fetch('http://localhost', face.age)")).toEqual(['age']);
  expect(named('{ emotion: null }')).toEqual(['emotion']);
  expect(named('// face.age\n/* emotion: */ page.image')).toEqual([]);
});
