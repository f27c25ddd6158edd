/**
 * Shell patterns for paths, for shells that do not expand them (Windows, quoted arguments); node:fs has no glob in Node 20.
 * Knows `*`, `?`, `[abc]`, `[!abc]`, `{a,b}` (not nested) and `**` (any depth of folders). Names that begin with a dot are matched only by a
 * pattern that begins so. A file or folder whose very name looks like a pattern, `photos[1]`, is meant by that name.
 */
import { join } from 'node:path';
import { namesIn } from '../node/files/byte-names.js';

/** Whether a string holds any pattern sign. */
export function isGlob(pattern: string): boolean {
  return /[*?{[]/.test(pattern);
}

/** Files that match, sorted; none where nothing matches. Folders that cannot be read are left out. */
export async function expandGlob(pattern: string): Promise<readonly string[]> {
  const found = await Promise.all(expandBraces(pattern).map(matchPaths));
  return [...new Set(found.flat())].sort();
}

/** `a{b,c}d` as `abd` and `acd`. */
function expandBraces(pattern: string): readonly string[] {
  const parts = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern);
  if (!parts) return [pattern];
  const [, before = '', inside = '', after = ''] = parts;
  return inside.split(',').flatMap((choice) => expandBraces(`${before}${choice}${after}`));
}

function matchPaths(pattern: string): Promise<readonly string[]> {
  const [root, rest] = splitRoot(pattern.replaceAll('\\', process.platform === 'win32' ? '/' : '\\'));
  return walk(
    root,
    rest.split('/').filter((segment) => segment !== ''),
  );
}

function splitRoot(pattern: string): readonly [string, string] {
  const root = /^(?:[A-Za-z]:)?\/+/.exec(pattern)?.[0] ?? '';
  return [root, pattern.slice(root.length)];
}

async function walk(folder: string, [segment, ...rest]: readonly string[]): Promise<readonly string[]> {
  if (segment === undefined) return [];
  if (!isGlob(segment) && rest.length > 0) return walk(join(folder, segment), rest);
  const entries = await namesIn(folder).catch(() => []);
  if (segment === '**') {
    const here = rest.length > 0 ? walk(folder, rest) : entries.filter((e) => e.kind === 'file').map((e) => join(folder, e.name));
    const deeper = entries
      .filter(({ name, kind }) => kind === 'folder' && !name.startsWith('.'))
      .map(({ name }) => walk(join(folder, name), [segment, ...rest]));
    return (await Promise.all([here, ...deeper])).flat();
  }
  const fits = toRegExp(segment);
  const named = entries.filter(({ name }) => name === segment);
  const fitting = entries.filter(({ name }) => fits?.test(name) && (segment.startsWith('.') || !name.startsWith('.')));
  const found = (named.length > 0 ? named : fitting).map(async ({ name, kind }) => {
    const path = join(folder, name);
    if (rest.length > 0) return kind === 'file' ? [] : walk(path, rest);
    return kind === 'folder' ? [] : [path];
  });
  return (await Promise.all(found)).flat();
}

/** A pattern of one path segment as an anchored expression; undefined where no name can fit, such as `[z-a]`. */
function toRegExp(segment: string): RegExp | undefined {
  const source = segment.replace(
    /\[([!^]?)([^\]]+)\]|[*?]|[\\^$.|+(){}[\]]/g,
    (sign, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
      if (sign === '*') return '.*';
      return sign === '?' ? '.' : `\\${sign}`;
    },
  );
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return undefined;
  }
}
