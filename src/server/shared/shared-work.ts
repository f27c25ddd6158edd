/**
 * Jobs that many machines share: what is said of one in the queue, and where its files lie in the storage. All of a job lies below one key:
 * `input` (the clip), a folder per attempt, and `result.json`, which names the one attempt that counts and is written once and last.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PhizError } from '../../core/error.js';
import { isMissing } from '../../node/files/read-error.js';
import type { SharedQueue } from '../../node/queue/bullmq-queue.js';
import { readStored, type Storage } from '../../node/storage/storage.js';
import { PROBLEM_CODES } from '../../results/service.js';
import { type ClipSettings, clipSettingsSchema } from '../job-record.js';

/** What a job is to do. */
export interface SharedWork {
  /** What the results call the clip. */
  readonly source: string;
  readonly settings: ClipSettings;
  /** Hash of the models that it is to be done with. */
  readonly models: string;
}

const outcomeSchema = z
  .object({
    /** Token of the attempt, and name of its folder. */
    out: z.string().regex(/^[0-9a-f]{8,64}$/),
    complete: z.boolean(),
    problem: z
      .object({ code: z.enum(PROBLEM_CODES), detail: z.string() })
      .readonly()
      .nullable(),
    warnings: z.array(z.string()).readonly(),
    progress: z.object({ frames: z.number(), totalFrames: z.number().nullable() }).readonly(),
  })
  .readonly();
/** What came of a job. */
export type SharedOutcome = z.output<typeof outcomeSchema>;

/** `result.json`: enough to answer for a job that the queue has forgotten. */
const publishedSchema = z
  .object({
    resultVersion: z.literal(1),
    id: z.string(),
    owner: z.string().nullable(),
    source: z.string(),
    settings: clipSettingsSchema,
    ended: z.iso.datetime(),
    outcome: outcomeSchema,
  })
  .readonly();
export type Published = z.output<typeof publishedSchema>;

export type SharedJobQueue = SharedQueue<SharedWork, SharedOutcome>;

export const folderKey = (id: string): string => `jobs/${id}`;
export const inputKey = (id: string): string => `jobs/${id}/input`;
export const attemptKey = (id: string, out: string): string => `jobs/${id}/${out}`;
const resultKey = (id: string): string => `jobs/${id}/result.json`;

/** What was published of a job, if anything. */
export async function readPublished(storage: Storage, id: string): Promise<Published | undefined> {
  try {
    return publishedSchema.parse(JSON.parse((await readStored(storage, resultKey(id))).toString()));
  } catch (error) {
    if (isMissing(error) || (error instanceof PhizError && error.code === 'file-not-found')) return undefined;
    throw error;
  }
}

/** Publishes an attempt. False where another attempt was before. */
export function publish(storage: Storage, published: Published): Promise<boolean> {
  return storage.put(resultKey(published.id), Buffer.from(JSON.stringify(published)), { ifAbsent: true });
}

/** The id of a job: the same bytes, options and models of the same owner are the same job. */
export function jobIdOf(about: {
  readonly owner: string | null;
  readonly sha256: string;
  readonly settings: ClipSettings;
  readonly models: string;
}): string {
  const { owner, sha256, settings, models } = about;
  const given = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([1, owner, sha256, given, models]))
    .digest('hex')
    .slice(0, 32);
}

export interface HandIn {
  readonly queue: SharedJobQueue;
  readonly storage: Storage;
  readonly owner: string | null;
  readonly priority?: number | undefined;
  readonly work: SharedWork;
  /** Path of the clip. */
  readonly path: string;
  /** SHA-256 of it. */
  readonly sha256: string;
}

/**
 * Hands a job in, its clip first: the queue never names bytes that are not durable. Says whether it is new, known, or already done.
 * Throws QueueFull, and what queue and storage throw.
 */
export async function handIn({ queue, storage, owner, priority, work, path, sha256 }: HandIn): Promise<{
  readonly id: string;
  readonly state: 'new' | 'known' | 'done';
}> {
  const id = jobIdOf({ owner, sha256, settings: work.settings, models: work.models });
  if (await readPublished(storage, id)) return { id, state: 'done' };
  if (!(await storage.stat(inputKey(id)))) await storage.put(inputKey(id), { path }, { ifAbsent: true });
  return { id, state: (await queue.enqueue({ id, owner, priority, work })) ? 'new' : 'known' };
}
