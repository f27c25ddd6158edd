/** Writes schema/*.schema.json from the zod schemas. Run after a change there: `tsc -b && node build/scripts/make-schema.js`. */
import { mkdir, writeFile } from 'node:fs/promises';
import {
  frameResultJsonSchema,
  modelCardJsonSchema,
  photoResultJsonSchema,
  videoSummaryJsonSchema,
} from '#dist/results/json-schema.js';

const schemas = {
  'photo-result': photoResultJsonSchema(),
  'frame-result': frameResultJsonSchema(),
  'video-summary': videoSummaryJsonSchema(),
  'model-card': modelCardJsonSchema(),
};

await mkdir('schema', { recursive: true });
for (const [name, schema] of Object.entries(schemas))
  await writeFile(`schema/${name}.schema.json`, `${JSON.stringify(schema, undefined, 2)}\n`);
