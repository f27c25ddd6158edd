/** A photo's published result: an analysis with the version of the schema and the name of what was analysed. */
import type { AttributeName } from '../attributes/index.js';
import { type PhotoResult, SCHEMA_VERSION } from '../results/result.js';
import type { Analysis } from './analyzer.js';

/** Makes the published result of an analysis; `source` is the path or name of the image, `warnings` what `readImage` said of it. */
export function photoResult<Name extends AttributeName = AttributeName>(
  source: string,
  { width, height, faces, models }: Analysis<Name>,
  warnings: readonly string[] = [],
): PhotoResult<Name> {
  return { schemaVersion: SCHEMA_VERSION, source, width, height, ...(warnings.length ? { warnings } : {}), faces, models };
}
