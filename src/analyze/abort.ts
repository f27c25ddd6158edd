/** Stopping between two steps of the work. */
import { PhizError } from '../core/error.js';

/** Throws PhizError `aborted` once the signal was given. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PhizError('aborted', 'the analysis was stopped', { cause: signal.reason });
}
