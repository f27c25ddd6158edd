import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  frameResultJsonSchema,
  modelCardJsonSchema,
  photoResultJsonSchema,
  videoSummaryJsonSchema,
} from '#dist/results/json-schema.js';

const folder = new URL('../../schema/', import.meta.url);

const schemas = [
  ['photo-result', photoResultJsonSchema, ['schemaVersion', 'source', 'width', 'height', 'faces', 'models']],
  ['frame-result', frameResultJsonSchema, ['schemaVersion', 'frame', 'timestamp', 'duration', 'cut', 'faces']],
  [
    'video-summary',
    videoSummaryJsonSchema,
    ['schemaVersion', 'source', 'complete', 'problem', 'clip', 'people', 'overall', 'settings', 'models'],
  ],
  [
    'model-card',
    modelCardJsonSchema,
    ['cardVersion', 'name', 'version', 'task', 'summary', 'file', 'sha256', 'bytes', 'parameters', 'input', 'labels'].concat([
      'licence',
      'provenance',
    ]),
  ],
] as const;

it.each(schemas)(
  '%s is the committed one (else run: npx tsc -b && node build/scripts/make-schema.js)',
  async (name, make, required) => {
    const committed = JSON.parse(await readFile(new URL(`${name}.schema.json`, folder), 'utf8'));
    expect(committed).toEqual(JSON.parse(JSON.stringify(make())));
    expect(committed.required).toEqual(required);
  },
);

it('no other schema lies there', async () => {
  expect((await readdir(folder)).sort()).toEqual(schemas.map(([name]) => `${name}.schema.json`).sort());
});
