/** The results of a job done, as files in its folder of results. */
import { extname } from 'node:path';
import { clipFile } from '../apps/analyze/formats.js';
import type { Storage } from '../node/storage/storage.js';
import type { JobFiles } from '../results/service.js';
import type { JobRecord } from './job-record.js';
import { HttpProblem } from './problem.js';

/** A result as a file of this machine, or as one stored. */
export type JobFile = { readonly type: string } & (
  | { readonly path: string }
  | { readonly stored: Storage; readonly key: string }
);

/** What can be fetched of a job done: the file in its folder of results, and its type. */
export const JOB_PARTS = {
  summary: { file: 'clip.json', type: 'application/json' },
  frames: clipFile('clip', 'ndjson'),
  'timeline.csv': clipFile('clip', 'csv'),
  report: clipFile('clip', 'html'),
  annotated: clipFile('clip', 'mp4'),
} as const;
export type JobPart = keyof typeof JOB_PARTS;

/** The folder of a job's results. Throws HttpProblem `job-not-ready`, `job-failed`. */
export function readyFolder({ id, state, out, problem }: JobRecord): string {
  if (state === 'failed') throw new HttpProblem('job-failed', problem?.detail ?? 'the job failed');
  if (state !== 'done' || out === null)
    throw new HttpProblem('job-not-ready', `the job is ${state}; ask /v1/jobs/${id} until it is done`, {
      headers: { 'Retry-After': '1' },
    });
  return out;
}

/** Where a clip's part lies in its folder. Throws as `readyFolder`, and HttpProblem `not-found` (no annotated clip was asked for). */
export function readyPart(
  record: JobRecord,
  part: JobPart,
): { readonly out: string; readonly file: string; readonly type: string } {
  const out = readyFolder(record);
  if (part === 'annotated' && !record.settings.annotated)
    throw new HttpProblem('not-found', 'this job was asked for no annotated clip (annotated=false)');
  return { out, ...JOB_PARTS[part] };
}

/** The types of what results hold, by the ending. */
const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.ndjson': 'application/x-ndjson',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.mp4': 'video/mp4',
  '.txt': 'text/plain; charset=utf-8',
};

/** The media type of a file of results. */
export function fileType(name: string): string {
  return TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}

/** A list of files as it is answered. */
export function fileList(id: string, files: readonly { readonly name: string; readonly bytes: number }[]): JobFiles {
  return { files: files.map((file) => ({ ...file, path: `/v1/jobs/${id}/files/${encodeURIComponent(file.name)}` })) };
}

/** Throws HttpProblem `not-found` for a name that is none of the list, wherever it would lead. */
export function checkListed({ files }: JobFiles, name: string): void {
  if (!files.some((file) => file.name === name))
    throw new HttpProblem(
      'not-found',
      'the results of this job have no file of this name; the list of files says which they have',
    );
}
