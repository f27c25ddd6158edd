/** An input of which nothing came, as results and tables tell it. */
import { PhizError } from '../../core/error.js';
import { SCHEMA_VERSION } from '../../results/result.js';

/** Stands in the place of a result. */
export interface FailureRecord {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly source: string;
  readonly error: { readonly code: string; readonly message: string };
}

/** The record of what was thrown; `unexpected` is the code of what phiz did not foresee. */
export function failureRecord(source: string, error: unknown): FailureRecord {
  const code = error instanceof PhizError ? error.code : 'unexpected';
  const message = error instanceof Error ? error.message : String(error);
  return { schemaVersion: SCHEMA_VERSION, source, error: { code, message } };
}
