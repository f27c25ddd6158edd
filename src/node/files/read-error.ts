/** Errors of reading files, in words. Those of writing are path-problem.ts's. */
import { PhizError } from '../../core/error.js';
import { PATH_WORDS } from './path-problem.js';

/** True where the file system said that there is no such file. */
export function isMissing(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * The error for a file that could not be read: `file-not-found` or `unreadable-file`, naming it as `called`. A PhizError stays as it is.
 */
export function readError(called: string, cause: unknown): PhizError {
  if (cause instanceof PhizError) return cause;
  if (isMissing(cause)) return new PhizError('file-not-found', `${called} does not exist`, { cause });
  return new PhizError('unreadable-file', `${called} cannot be read: ${problem(cause)}`, { cause });
}

function problem(cause: unknown): string {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  return (code && PATH_WORDS[code]) || (syscall !== undefined && code) || reason(cause);
}

/** What an error says, in one line. */
export function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!;
}
