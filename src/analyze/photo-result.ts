/** A photo's published result: an analysis with the version of the schema and the name of what was analysed. */
import { type PhotoResult, SCHEMA_VERSION } from '../core/result.js';
import type { Analysis } from './analyzer.js';

/** Makes the published result of an analysis; `source` is the path or name of the picture. */
export function photoResult(source: string, { width, height, faces, models }: Analysis): PhotoResult {
  return { schemaVersion: SCHEMA_VERSION, source, width, height, faces, models };
}
