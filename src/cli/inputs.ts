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
import { isRemote, type RemoteFile, type RemoteFiles } from '../node/remote/remote-files.js';
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
  /** Of what lies elsewhere, where they are known. */
  readonly facts?: RemoteFile['facts'];
}

/** An input that leads to nothing to analyse. */
export interface BadInput {
  readonly input: string;
  readonly error: PhizError;
  /** How many photos and clips come before it in the order of the inputs. */
  readonly before: number;
}

/** What inputs lead to. */
export interface FoundMedia {
  /** In the order of the inputs, each file once. */
  readonly media: readonly Medium[];
  /** Inputs that lead to nothing. */
  readonly bad: readonly BadInput[];
  /** Pipes in folders whose names do not say what comes out of them. */
  readonly pipes: readonly string[];
}

/** Looks for photos and clips. What lies elsewhere is asked of `remote`. */
export async function findMedia(inputs: readonly string[], remote: RemoteFiles): Promise<FoundMedia> {
  const found = new Map<string, Pick<Medium, 'path' | 'facts'>>();
  const bad: BadInput[] = [];
  const pipes: string[] = [];
  const add = (path: string, facts?: RemoteFile['facts']): void => {
    const key = path === '-' || isRemote(path) ? path : resolve(path);
    if (!found.has(key)) found.set(key, { path, facts });
  };
  for (const input of inputs) {
    try {
      if (isRemote(input)) {
        for (const { url, facts } of await expandRemote(input, remote)) add(url, facts);
        continue;
      }
      const aside: Aside = { bad: [], pipes };
      for (const source of await expand(input, aside)) {
        if (await isPipeOrDevice(source)) {
          const what = 'it is a pipe or a device named like a photo or clip, not a file';
          aside.bad.push({ input: source, error: new PhizError('unreadable-file', what) });
          continue;
        }
        add(source);
      }
      for (const one of aside.bad) bad.push({ ...one, before: found.size });
    } catch (error) {
      if (!(error instanceof PhizError)) throw error;
      bad.push({ input, error, before: found.size });
    }
  }
  const media = [...found.values()].map((one) => ({ ...one, source: sourceName(one.path), name: outputName(one.path) }));
  return { media, bad, pipes };
}

/** Of many files those that are named like photos and clips, as in a folder. */
async function expandRemote(input: string, remote: RemoteFiles): Promise<readonly RemoteFile[]> {
  const files = await remote.expand(input);
  if (files.length === 1 && files[0]!.url === input) return files;
  const media = files.filter(({ url }) => isMedium(url));
  if (media.length === 0) throw new PhizError('no-input', `no photo or clip is there; phiz looks for ${EXTENSIONS.join(' ')}`);
  return media;
}

/** Opening such a thing may wait for ever. One that is given under another name, as shells do for `<(…)`, is meant. */
async function isPipeOrDevice(path: string): Promise<boolean> {
  if (!isMedium(path)) return false;
  const there = await stat(pathForFiles(path)).catch(() => undefined);
  return there !== undefined && !there.isFile() && !there.isDirectory();
}

/** Whether it goes by the name of a clip. */
export function namedLikeClip({ path }: Medium): boolean {
  return CLIP_EXTENSIONS.includes(extname(sourceName(path)).toLowerCase());
}

/** What is met with on the way. */
interface Aside {
  readonly bad: Omit<BadInput, 'before'>[];
  readonly pipes: string[];
}

/** The files of one input; folders below it that cannot be read, and pipes, are put aside. Throws PhizError where there are none. */
async function expand(input: string, aside: Aside): Promise<readonly string[]> {
  if (input === '-') return ['-'];
  if (input === '') throw new PhizError('file-not-found', 'an input is a file, a folder, a pattern or -, not an empty string');
  let isFolder: boolean;
  try {
    isFolder = (await stat(pathForFiles(input))).isDirectory();
  } catch (cause) {
    if (!isMissing(cause)) throw readError('it', cause);
    const meant = await pathsReadAs(input);
    if (meant[0] !== input) return (await Promise.all(meant.map((path) => expand(path, aside)))).flat();
    if (isSequence(input)) return [input];
    if (!isGlob(input)) throw new PhizError('file-not-found', 'no such file or folder', { cause });
    const files = (await expandGlob(input)).filter(isMedium);
    if (files.length === 0) throw new PhizError('no-input', `no photo or clip matches; phiz looks for ${EXTENSIONS.join(' ')}`);
    return files;
  }
  if (!isFolder) return [input];
  const known = aside.bad.length;
  const files = await mediaBelow(input, aside);
  if (files.length === 0 && aside.bad.length === known)
    throw new PhizError('no-input', `no photo or clip in this folder; phiz looks for ${EXTENSIONS.join(' ')}`);
  return files;
}

function isMedium(path: string): boolean {
  return EXTENSIONS.includes(extname(path).toLowerCase()) && !DRAWN.some((ending) => path.toLowerCase().endsWith(ending));
}

/** Photos and clips in a folder and the folders below it, sorted; hidden ones and linked folders are left out. */
async function mediaBelow(folder: string, aside: Aside): Promise<readonly string[]> {
  let entries: Awaited<ReturnType<typeof namesIn>>;
  try {
    entries = await namesIn(folder);
  } catch (cause) {
    aside.bad.push({ input: folder, error: readError('this folder', cause) });
    return [];
  }
  const visible = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const { name, kind } of visible) {
    const path = join(folder, name);
    if (kind === 'folder') found.push(...(await mediaBelow(path, aside)));
    else if (isMedium(name)) found.push(path);
    else if (kind === 'pipe') aside.pipes.push(path);
  }
  return found;
}
