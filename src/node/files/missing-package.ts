/**
 * A package that phiz can do without did not load. Optional peers in package.json are installed by those who need them, since they
 * are large or under terms of their own.
 */
import { PhizError } from '../../core/error.js';
import { installCommand } from './manifest.js';

/**
 * The error for an `import()` of one of `packages` that failed: whether they are not installed, and what installs them, or why what is
 * installed does not load. `needs` says who needs them, such as "clips need".
 */
export function missingPackage(needs: string, packages: readonly string[], cause: unknown): PhizError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const absent = code === 'ERR_MODULE_NOT_FOUND' && packages.some((name) => new RegExp(`['"]${name}['"/]`).test(message));
  const why = absent ? `not installed here; run: ${installCommand(packages)}` : `which cannot be loaded here: ${message}`;
  return new PhizError('engine-unavailable', `${needs} ${packages.join(' and ')}, ${why}`, { cause });
}
