/** The published JSON schema of results, made from the zod schemas in result.ts; schema/photo-result.schema.json is its output. */
import { z } from 'zod';
import { photoResultSchema, SCHEMA_VERSION } from './result.js';

/** JSON Schema (draft 2020-12) of a photo's result. */
export function photoResultJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(photoResultSchema, { target: 'draft-2020-12' });
  const title = 'The faces that phiz found in a photo';
  return { $schema, $id: `urn:phiz:photo-result:${SCHEMA_VERSION}`, title, ...schema };
}
