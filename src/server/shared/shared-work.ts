/**
 * Jobs that many machines share: what is said of one in the queue, and where its files lie in the storage. All of a job lies below one key:
 * `input` (the clip), a folder per attempt, and `result.json`, which names the one attempt that counts and is written once and last.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PhizError } from '../../core/error.js';
import { isMissing } from '../../node/files/read-error.js';
import type { SharedQueue } from '../../node/queue/bullmq-queue.js';
import type { QueueState } from '../../node/queue/job-queue.js';
import { readStored, type Storage } from '../../node/storage/storage.js';
import { JOB_KINDS, type JobKind } from '../../results/job-kinds.js';
import { PROBLEM_CODES } from '../../results/service.js';
import type { StudyTaskOptions } from '../job-messages.js';
import { type ClipSettings, clipSettingsSchema } from '../job-record.js';

interface AnyWork {
  /** What the results, or people, call it. */
  readonly source: string;
  readonly settings: ClipSettings;
  /** Hash of the models that it is to be done with. */
  readonly models: string;
}

/** One clip. */
export interface ClipTask extends AnyWork {
  readonly kind?: 'clip' | undefined;
}

/** Photos that are done one after another by one process, since starting one takes longer than a photo does. */
export interface PhotoBatchWork extends AnyWork {
  readonly kind: 'photo-batch';
  readonly photos: readonly { readonly source: string; readonly ending: string }[];
}

/** A study whose recordings are jobs of their own: its report is made when all of them have ended. */
export interface StudyWork extends AnyWork {
  readonly kind: 'study';
  /** Of the design, `.csv` or `.json`. */
  readonly designEnding: string;
  /** What the files say that the study is made of. */
  readonly texts: { readonly design: string; readonly moments?: string | undefined; readonly coded?: string | undefined };
  readonly options: StudyTaskOptions;
  /** Each recording, as the design calls it, and the job that it is. */
  readonly recordings: readonly { readonly file: string; readonly job: string }[];
}

/** What a job is to do. */
export type SharedWork = ClipTask | PhotoBatchWork | StudyWork;

export function kindOf({ kind = 'clip' }: SharedWork): JobKind {
  return kind;
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
    kind: z.enum(JOB_KINDS).default('clip'),
    source: z.string(),
    settings: clipSettingsSchema,
    ended: z.iso.datetime(),
    outcome: outcomeSchema,
  })
  .readonly();
export type Published = z.output<typeof publishedSchema>;

/** The queue of all kinds. */
export interface SharedJobQueue extends SharedQueue<SharedWork, SharedOutcome> {
  countsByKind(): Promise<Readonly<Record<JobKind, Readonly<Record<QueueState, number>>>>>;
}

export const folderKey = (id: string): string => `jobs/${id}`;
export const inputKey = (id: string): string => `jobs/${id}/input`;
/** A name below an attempt's, as keys have it: whatever people call their recordings. */
export const storedName = (name: string): string =>
  name
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`))
    .join('/');
/** The name again. */
export const nameStored = (key: string): string => key.split('/').map(decodeURIComponent).join('/');
export const photoKey = (id: string, i: number): string => `${inputKey(id)}/${i}`;
export const attemptKey = (id: string, out: string): string => `jobs/${id}/${out}`;
export const resultKey = (id: string): string => `jobs/${id}/result.json`;

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

/** The id of a job of another kind; `inputs`: the SHA-256 of each file of it, in order. */
export function otherJobIdOf(owner: string | null, work: PhotoBatchWork | StudyWork, inputs: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([2, owner, work, inputs]))
    .digest('hex')
    .slice(0, 32);
}

interface AnyHandIn {
  readonly queue: SharedJobQueue;
  readonly storage: Storage;
  readonly owner: string | null;
  readonly priority?: number | undefined;
}

export interface HandIn extends AnyHandIn {
  readonly work: ClipTask;
  /** Path of the clip. */
  readonly path: string;
  /** SHA-256 of it. */
  readonly sha256: string;
}

/**
 * Hands a job in, its clip first: the queue never names bytes that are not durable. Says whether it is new, known, or already done.
 * Throws QueueFull, and what queue and storage throw.
 */
export function handIn({ path, sha256, ...about }: HandIn): Promise<HandedIn> {
  const { owner, work } = about;
  const id = jobIdOf({ owner, sha256, settings: work.settings, models: work.models });
  return store(id, about, [[inputKey(id), path]]);
}

export interface HandInOther extends AnyHandIn {
  readonly work: PhotoBatchWork | StudyWork;
  /** The photos of a batch, in order. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

/** The same for a batch of photos, or for a study, whose recordings were handed in before it. */
export function handInOther({ files, ...about }: HandInOther): Promise<HandedIn> {
  const id = otherJobIdOf(
    about.owner,
    about.work,
    files.map(({ sha256 }) => sha256),
  );
  return store(
    id,
    about,
    files.map(({ path }, i) => [photoKey(id, i), path] as const),
  );
}

/** A job, and whether it is new, known, or already done. */
export interface HandedIn {
  readonly id: string;
  readonly state: 'new' | 'known' | 'done';
}

async function store(
  id: string,
  { queue, storage, owner, priority, work }: AnyHandIn & { readonly work: SharedWork },
  inputs: readonly (readonly [key: string, path: string])[],
): Promise<HandedIn> {
  if (await readPublished(storage, id)) return { id, state: 'done' };
  for (const [key, path] of inputs) if (!(await storage.stat(key))) await storage.put(key, { path }, { ifAbsent: true });
  return { id, state: (await queue.enqueue({ id, owner, priority, work })) ? 'new' : 'known' };
}
