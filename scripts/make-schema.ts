/** Writes schema/photo-result.schema.json from the zod schemas. Run after a change there: `tsc -b && node build/scripts/make-schema.js`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { photoResultJsonSchema } from '#dist/core/json-schema.js';

await mkdir('schema', { recursive: true });
await writeFile('schema/photo-result.schema.json', `${JSON.stringify(photoResultJsonSchema(), undefined, 2)}\n`);
