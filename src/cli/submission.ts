/** What `phiz submit` gives to whoever hands in clips, photos or studies, and what comes back. */
import type { PhizError } from '../core/error.js';
import type { RemoteFiles } from '../node/remote/remote-files.js';
import type { JobKind } from '../results/job-kinds.js';
import type { ClipSettings } from '../server/job-record.js';
import type { Shared } from '../server/shared/open-shared.js';
import type { HandedIn } from '../server/shared/shared-work.js';
import { printFailure } from './failure.js';
import type { RemoteRunOptions } from './remote-options.js';
import type { SharedOptions } from './shared-options.js';
import type { StudySumOptions } from './study-options.js';
import type { Line } from './submit-lines.js';

/** The options of `phiz submit`, as its help describes them. */
export interface SubmitRunOptions extends SharedOptions, RemoteRunOptions, StudySumOptions {
  readonly kind?: JobKind | undefined;
  readonly batch?: number | undefined;
  readonly wait?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly out?: string | undefined;
  readonly priority?: number | undefined;
  readonly annotated?: boolean | undefined;
  readonly bars?: boolean | undefined;
  readonly blur?: boolean | undefined;
}

/** What whoever hands in needs. */
export interface Submission {
  readonly shared: Shared;
  readonly remote: RemoteFiles;
  readonly options: SubmitRunOptions;
  readonly settings: ClipSettings;
  /** Hash of the models. */
  readonly models: string;
  readonly signal: AbortSignal;
  /** Makes a call that waits for room in the queue. */
  patiently<T>(work: () => Promise<T>): Promise<T>;
}

/** What was handed in, and whether something could not be. */
export interface Submitted {
  readonly lines: readonly Line[];
  readonly counts: Readonly<Record<HandedIn['state'], number>>;
  readonly failed: boolean;
}

/** Tells what could not be handed in. */
export function tellBad(bad: readonly { readonly input: string; readonly error: PhizError }[]): void {
  for (const { input, error } of bad) printFailure(error, input);
}
