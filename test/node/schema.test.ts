import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { photoResultJsonSchema } from '#dist/core/json-schema.js';

it('is the committed one (else run: npx tsc -b && node build/scripts/make-schema.js)', async () => {
  const committed = JSON.parse(await readFile(new URL('../../schema/photo-result.schema.json', import.meta.url), 'utf8'));
  expect(committed).toEqual(JSON.parse(JSON.stringify(photoResultJsonSchema())));
  expect(committed.required).toEqual(['schemaVersion', 'source', 'width', 'height', 'faces', 'models']);
});
