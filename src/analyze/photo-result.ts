/** A photo's published result: an analysis with the version of the schema and the name of what was analysed. */
import type { AttributeName } from '../attributes/index.js';
import { type PhotoResult, SCHEMA_VERSION } from '../results/result.js';
import type { Analysis } from './analyzer.js';

/** Makes the published result of an analysis; `source` is the path or name of the image, `said` what `readImage` said of it. */
export function photoResult<Name extends AttributeName = AttributeName>(
  source: string,
  { width, height, faces, models, warnings: missed = [] }: Analysis<Name>,
  said: readonly string[] = [],
): PhotoResult<Name> {
  const warnings = [...said, ...missed];
  return { schemaVersion: SCHEMA_VERSION, source, width, height, ...(warnings.length ? { warnings } : {}), faces, models };
}
