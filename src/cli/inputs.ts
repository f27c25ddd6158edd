/**
 * What the user pointed at, as a list of photos: files as they are, folders with everything below them that is named like an
 * image, patterns, and `-` for standard input. Each photo gets a name of its own for the files written about it. Opens no image.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { PhizError } from '../core/error.js';
import { IMAGE_EXTENSIONS } from '../node/read-image.js';
import { expandGlob, isGlob } from './glob.js';

/** Pictures that phiz drew itself: left out of folders, so that a second run over the same folder sees the same photos. */
const DRAWN = /\.annotated\.(png|jpg)$/i;

/** One photo to read. */
export interface Photo {
  /** As the results name it: the path, or `-` for standard input. */
  readonly source: string;
  /** File name without folder and extension, distinct among all photos of the run (`face`, `face-2`, …). */
  readonly name: string;
}

/** An input that leads to no photo. */
export interface BadInput {
  readonly input: string;
  readonly error: PhizError;
}

/** Photos in the order of the inputs, each file once; inputs that lead to none are listed with the reason. */
export async function findPhotos(inputs: readonly string[]): Promise<{ photos: readonly Photo[]; bad: readonly BadInput[] }> {
  const sources = new Map<string, string>();
  const bad: BadInput[] = [];
  for (const input of inputs) {
    try {
      for (const source of await expand(input, bad)) {
        const key = source === '-' ? source : resolve(source);
        if (!sources.has(key)) sources.set(key, source);
      }
    } catch (error) {
      if (!(error instanceof PhizError)) throw error;
      bad.push({ input, error });
    }
  }
  return { photos: nameApart([...sources.values()]), bad };
}

/** The photos of one input; folders below it that cannot be read are added to `bad`. Throws PhizError where there are none. */
async function expand(input: string, bad: BadInput[]): Promise<readonly string[]> {
  if (input === '-') return ['-'];
  if (input === '') throw new PhizError('file-not-found', 'an input is a file, a folder, a pattern or -, not an empty string');
  let isFolder: boolean;
  try {
    isFolder = (await stat(input)).isDirectory();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw new PhizError('unreadable-file', `cannot be read (${code ?? (cause as Error).message})`, { cause });
    if (!isGlob(input)) throw new PhizError('file-not-found', 'no such file or folder', { cause });
    const files = (await expandGlob(input)).filter(isPhoto);
    if (files.length === 0) throw new PhizError('no-input', `no image matches; phiz looks for ${IMAGE_EXTENSIONS.join(' ')}`);
    return files;
  }
  if (!isFolder) return [input];
  const known = bad.length;
  const files = await imagesBelow(input, bad);
  if (files.length === 0 && bad.length === known)
    throw new PhizError('no-input', `no image in this folder; phiz looks for ${IMAGE_EXTENSIONS.join(' ')}`);
  return files;
}

function isPhoto(path: string): boolean {
  return IMAGE_EXTENSIONS.includes(extname(path).toLowerCase()) && !DRAWN.test(path);
}

/** Images in a folder and the folders below it, sorted; hidden ones and linked folders are left out. */
async function imagesBelow(folder: string, bad: BadInput[]): Promise<readonly string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    bad.push({ input: folder, error: new PhizError('unreadable-file', `this folder cannot be read (${reason})`, { cause }) });
    return [];
  }
  const visible = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of visible) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await imagesBelow(path, bad)));
    else if (isPhoto(entry.name)) found.push(path);
  }
  return found;
}

function nameApart(sources: readonly string[]): readonly Photo[] {
  const taken = new Set<string>();
  return sources.map((source) => {
    const stem = source === '-' ? 'stdin' : basename(source, extname(source));
    let name = stem;
    // Lower case: file systems that ignore case must not see one file overwrite another.
    for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${stem}-${i}`;
    taken.add(name.toLowerCase());
    return { source, name };
  });
}
