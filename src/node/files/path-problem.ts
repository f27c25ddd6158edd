/** Why a path cannot be written to, in words. */

/** Words for an error of the file system; its code where there are none. */
export function pathProblem(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
      return 'the disk is full';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a part of its path is a file, not a folder';
    case 'ENOENT':
      return 'nothing can be made there';
    default:
      return code ?? String(cause);
  }
}
