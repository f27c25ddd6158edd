/**
 * What the user pointed at, as a list of photos and clips: files as they are, folders with everything below them that is named
 * like one, patterns, and `-` for standard input. Where the files about each go, output-names.ts says. Opens no file:
 * which are clips, their content says (analyze-run.ts).
 */
import { stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { DRAWN_ENDINGS } from '../apps/analyze/formats.js';
import { outputName, sourceName } from '../apps/analyze/output-names.js';
import { PhizError } from '../core/error.js';
import { namesIn, pathForFiles, pathsReadAs } from '../node/files/byte-names.js';
import { isMissing, readError } from '../node/files/read-error.js';
import { IMAGE_EXTENSIONS } from '../node/images/read-image.js';
import { CLIP_EXTENSIONS } from '../node/video/clip-kind.js';
import { isSequence } from '../node/video/image-sequence.js';
import { expandGlob, isGlob } from './glob.js';

/** File name endings looked for in folders and patterns. */
const EXTENSIONS: readonly string[] = [...IMAGE_EXTENSIONS, ...CLIP_EXTENSIONS];

/** What phiz drew itself: left out of folders, so that a second run over the same folder sees the same photos and clips. */
const DRAWN: readonly string[] = DRAWN_ENDINGS.map((ending) => `.${ending}`);

/** One photo or clip to read. */
export interface Medium {
  /** As it was found: the path to open, or `-` for standard input. Bytes that are not UTF-8 stand in it as in byte-names.ts. */
  readonly path: string;
  /** As results call it: the path from the working folder, or `-`. */
  readonly source: string;
  /** What the names of its files begin with, below the folder of the results. */
  readonly name: string;
}

/** An input that leads to nothing to analyse. */
export interface BadInput {
  readonly input: string;
  readonly error: PhizError;
}

/** Photos and clips in the order of the inputs, each file once; inputs that lead to none are listed with the reason. */
export async function findMedia(inputs: readonly string[]): Promise<{ media: readonly Medium[]; bad: readonly BadInput[] }> {
  const sources = new Map<string, string>();
  const bad: BadInput[] = [];
  for (const input of inputs) {
    try {
      for (const source of await expand(input, bad)) {
        if (await isPipeOrDevice(source)) {
          const what = 'it is a pipe or a device named like a photo or clip, not a file';
          bad.push({ input: source, error: new PhizError('unreadable-file', what) });
          continue;
        }
        const key = source === '-' ? source : resolve(source);
        if (!sources.has(key)) sources.set(key, source);
      }
    } catch (error) {
      if (!(error instanceof PhizError)) throw error;
      bad.push({ input, error });
    }
  }
  const media = [...sources.values()].map((path) => ({ path, source: sourceName(path), name: outputName(path) }));
  return { media, bad };
}

/** Opening such a thing may wait for ever. One that is given under another name, as shells do for `<(…)`, is meant. */
async function isPipeOrDevice(path: string): Promise<boolean> {
  if (!isMedium(path)) return false;
  const there = await stat(pathForFiles(path)).catch(() => undefined);
  return there !== undefined && !there.isFile() && !there.isDirectory();
}

/** Whether it goes by the name of a clip. */
export function namedLikeClip({ path }: Medium): boolean {
  return CLIP_EXTENSIONS.includes(extname(path).toLowerCase());
}

/** The files of one input; folders below it that cannot be read are added to `bad`. Throws PhizError where there are none. */
async function expand(input: string, bad: BadInput[]): Promise<readonly string[]> {
  if (input === '-') return ['-'];
  if (input === '') throw new PhizError('file-not-found', 'an input is a file, a folder, a pattern or -, not an empty string');
  let isFolder: boolean;
  try {
    isFolder = (await stat(pathForFiles(input))).isDirectory();
  } catch (cause) {
    if (!isMissing(cause)) throw readError('it', cause);
    const meant = await pathsReadAs(input);
    if (meant[0] !== input) return (await Promise.all(meant.map((path) => expand(path, bad)))).flat();
    if (isSequence(input)) return [input];
    if (!isGlob(input)) throw new PhizError('file-not-found', 'no such file or folder', { cause });
    const files = (await expandGlob(input)).filter(isMedium);
    if (files.length === 0) throw new PhizError('no-input', `no photo or clip matches; phiz looks for ${EXTENSIONS.join(' ')}`);
    return files;
  }
  if (!isFolder) return [input];
  const known = bad.length;
  const files = await mediaBelow(input, bad);
  if (files.length === 0 && bad.length === known)
    throw new PhizError('no-input', `no photo or clip in this folder; phiz looks for ${EXTENSIONS.join(' ')}`);
  return files;
}

function isMedium(path: string): boolean {
  return EXTENSIONS.includes(extname(path).toLowerCase()) && !DRAWN.some((ending) => path.toLowerCase().endsWith(ending));
}

/** Photos and clips in a folder and the folders below it, sorted; hidden ones and linked folders are left out. */
async function mediaBelow(folder: string, bad: BadInput[]): Promise<readonly string[]> {
  let entries: Awaited<ReturnType<typeof namesIn>>;
  try {
    entries = await namesIn(folder);
  } catch (cause) {
    bad.push({ input: folder, error: readError('this folder', cause) });
    return [];
  }
  const visible = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const { name, kind } of visible) {
    const path = join(folder, name);
    if (kind === 'folder') found.push(...(await mediaBelow(path, bad)));
    else if (isMedium(name)) found.push(path);
  }
  return found;
}
