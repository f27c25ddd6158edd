/**
 * Where the files about an input go in the folder of the results: the one place that decides it. A name depends on the input's path
 * alone, never on what else is in the run, and two inputs never share one.
 */
import { createHash } from 'node:crypto';
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import { PhizError } from '../../core/error.js';
import { bytesOfName, hasStrayBytes, readablePath } from '../../node/files/byte-names.js';
import { isRemote, remoteName } from '../../node/remote/remote-files.js';

/** File systems take 255 bytes of name; endings such as `.timeline.parquet` need some of them. */
const [LONGEST_NAME, LONGEST_FOLDER] = [200, 255];

/**
 * What the names of an input's files begin with, as a path below the folder of the results: the input's own path from the working
 * folder, its ending included, so that `a.heic` and `a.mov` stay apart; from the root for what lies outside the working folder.
 * Of what lies elsewhere: the bucket or host, and what follows it. A very long file name is cut, and told apart by a hash; so is one whose bytes are not UTF-8, which stand in it as `%E9`. Standard input (`-`) is `stdin`.
 */
export function outputName(path: string, workingFolder: string = process.cwd()): string {
  if (path === '-') return 'stdin';
  if (isRemote(path)) return remoteOutputName(path);
  const whole = resolve(workingFolder, path);
  const inside = relative(workingFolder, whole);
  const outside = inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  // A drive is a folder of its own: C:\x is C/x.
  const { root } = parse(whole);
  const name = outside ? join(root.replaceAll(/[^\p{L}\p{N}]/gu, ''), whole.slice(root.length)) : inside;
  const folders = dirname(name)
    .split(sep)
    .map((folder) => written(folder, LONGEST_FOLDER));
  return join(...folders, written(basename(name), LONGEST_NAME));
}

/** The path in results: from the working folder, so that they do not tell where on the machine it lies. */
export function sourceName(path: string, workingFolder: string = process.cwd()): string {
  if (isRemote(path)) return remoteName(path);
  return path === '-' ? path : readablePath(relative(workingFolder, resolve(workingFolder, path)) || path);
}

/** Folders of an address are folders; what no folder can be called is made a letter that it can. */
function remoteOutputName(address: string): string {
  const [, place] = /^\w+:\/\/(.*)$/s.exec(remoteName(address)) ?? [];
  const parts = (place ?? '').split('/').filter((part) => part !== '');
  const safe = parts.map((part) => part.replaceAll(/[\\:\0]/g, '_').replace(/^\.+$/, '_'));
  return join(...safe.map((part, i) => written(part, i < safe.length - 1 ? LONGEST_FOLDER : LONGEST_NAME)));
}

/** A part of a path as an output's has it. */
function written(name: string, longest: number): string {
  const readable = Buffer.from(readablePath(name));
  if (readable.length <= longest && !hasStrayBytes(name)) return name;
  const hash = createHash('sha256').update(bytesOfName(name)).digest('hex').slice(0, 12);
  const head = readable
    .subarray(0, longest - hash.length - 1)
    .toString()
    .replace(/\ufffd+$/, '');
  return `${head}~${hash}`;
}

/** Where the files of one input go: `join(folder, name)` and an ending. */
export interface OutputPlace {
  readonly folder: string;
  readonly name: string;
}

/**
 * The place of a name below `out`, which must exist. Throws PhizError `unwritable-file` where a link below `out` leads out of it, or
 * a file of that name and one of these endings does: such a link would be followed.
 */
export async function outputPlace(out: string, name: string, endings: readonly string[] = []): Promise<OutputPlace> {
  const parts = name.split(sep);
  const folders = parts.slice(0, -1).map((_, i) => join(out, ...parts.slice(0, i + 1)));
  const paths = [...folders, ...endings.map((ending) => join(out, `${name}.${ending}`))];
  // All at once: where networks keep the thread busy, each answer waits for its turn.
  const [home, ...links] = await Promise.all([
    realpath(out),
    ...paths.map(async (path) => (await lstat(path).catch(() => undefined))?.isSymbolicLink()),
  ]);
  for (const path of paths.filter((_, i) => links[i])) {
    const target = await realpath(path).catch(() => undefined);
    if (target === undefined || !isBelow(target, home))
      throw new PhizError('unwritable-file', `${path} is a link that leads out of ${out}; remove it, or give another --out`);
  }
  return { folder: join(out, dirname(name)), name: basename(name) };
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
