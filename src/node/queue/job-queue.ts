/**
 * The port behind which jobs wait for whoever does them: a folder of one service's own (src/server/disk-queue.ts), or Redis for many
 * machines (bullmq-queue.ts). A job is done at least once; of two that do it at a time only one is heard, since an attempt that lost its
 * claim can end nothing. Knows no clip and no HTTP: what a job is to do (`Work`) and what came of it (`Outcome`) are plain JSON.
 */

/** Where a job is in its life. One that waits for its next attempt is queued. */
export type QueueState = 'queued' | 'running' | 'done' | 'failed';

/** A job as it is handed in. */
export interface NewJob<Work> {
  /** The same work has the same id where it is to be done only once. */
  readonly id: string;
  /** Whose it is; owners take turns. Null where nobody asks. */
  readonly owner: string | null;
  /** 0 to 9; higher ones first. Default: 5. */
  readonly priority?: number | undefined;
  readonly work: Work;
}

/** Why a job failed. */
export interface JobProblem {
  readonly code: string;
  readonly detail: string;
}

/** How far an attempt is. */
export interface JobProgress {
  readonly frames: number;
  readonly totalFrames: number | null;
}

/** What a queue knows of a job. */
export interface JobStatus<Work, Outcome> extends NewJob<Work> {
  readonly state: QueueState;
  readonly progress: JobProgress | null;
  readonly created: string;
  /** Of the present or last attempt. */
  readonly started: string | null;
  readonly ended: string | null;
  /** Attempts whose process died. */
  readonly crashes: number;
  /** Of a job done. */
  readonly outcome: Outcome | null;
  /** Of a job that failed. */
  readonly problem: JobProblem | null;
}

/** What happened to a job. */
export interface JobEvent {
  readonly id: string;
  readonly event: QueueState | 'progress' | 'removed';
}

/** One attempt at a job. Every method but `progress` ends it, and says whether the attempt was still the job's own. */
export interface Claim<Work, Outcome> {
  readonly job: NewJob<Work>;
  /** Of this attempt alone: names its folder, and is checked when it ends. */
  readonly token: string;
  /** Aborts when the job was cancelled, or somebody else does it by now. */
  readonly signal: AbortSignal;
  /** Set where those who did it vanished too often: it is to be failed with this, not tried again. */
  readonly givenUp?: JobProblem | undefined;
  /** Tells how far it is; may be lost. */
  progress(progress: JobProgress): void;
  /** Whether the attempt is still the job's own: asked before anything is shown to others. */
  holds(): Promise<boolean>;
  finish(outcome: Outcome): Promise<boolean>;
  /** The job's own fault: no other attempt would do better. */
  fail(problem: JobProblem): Promise<boolean>;
  /** The process that did it died: another attempt is made a while later, up to MOST_CRASHES in all. */
  crash(problem: JobProblem): Promise<boolean>;
  /** Hands the job back, uncounted, since what it needs is not there yet: it comes up again so many seconds later. */
  postpone(seconds: number): Promise<boolean>;
  /** Hands the job back, by no fault of its own: it is next. Never throws. */
  release(): Promise<void>;
}

export interface JobQueue<Work, Outcome> extends AsyncDisposable {
  /** Takes a job in; when this resolves it is durable. False where a job of this id is there already, which stays as it is. */
  enqueue(job: NewJob<Work>): Promise<boolean>;
  /** The next job, or undefined where none waits. */
  claim(): Promise<Claim<Work, Outcome> | undefined>;
  get(id: string): Promise<JobStatus<Work, Outcome> | undefined>;
  /** How many jobs there are of each state. */
  counts(): Promise<Readonly<Record<QueueState, number>>>;
  /** Takes a job out, whatever its state; one under way has its claim's signal aborted. False where there is none. */
  cancel(id: string): Promise<boolean>;
  /** Calls back for what happens from now on, until disposed. */
  subscribe(listener: (event: JobEvent) => void): Disposable;
}

/** Processes that may die on one job. */
export const MOST_CRASHES = 3;
