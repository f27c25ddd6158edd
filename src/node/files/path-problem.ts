/** Why a path cannot be written to, in words, and whether others on the same disk fare alike. */
import { PhizError } from '../../core/error.js';

const FULL = 'the disk is full';
const READ_ONLY = 'the file system is read-only';
const FAILED = 'the disk failed';

/** What is wrong with a path that is read or written, by the file system's code. */
export const PATH_WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead round in a circle',
  ENAMETOOLONG: 'a name in it is too long',
};

/** Words for an error of the file system; its code where there are none. */
export function pathProblem(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  switch (code) {
    case 'EROFS':
      return READ_ONLY;
    case 'ENOSPC':
    case 'EDQUOT':
      return FULL;
    case 'EIO':
      return FAILED;
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a part of its path is a file, not a folder';
    case 'ENOENT':
      return 'nothing can be made there';
    default:
      return (code && PATH_WORDS[code]) ?? code ?? String(cause);
  }
}

/** Whether an error says that the disk takes nothing more, whatever is written. Its words tell: they alone come from other threads, too. */
export function isDiskProblem(error: unknown): boolean {
  if (!(error instanceof PhizError) || error.code !== 'unwritable-file') return false;
  return [FULL, READ_ONLY, FAILED].some((words) => error.message.endsWith(`: ${words}`));
}
