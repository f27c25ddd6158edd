/** Opens a design: a CSV or JSON file with its moments, or an object; checks that its recordings are there. */
import { createHash } from 'node:crypto';
import { dirname, extname, join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { isFile, readText } from '../../node/files/read-files.js';
import { isRemote, type LocalCopy, placeIn, remoteName } from '../../node/remote/remote-files.js';
import { type Design, refuse } from '../../study/design.js';
import { parseDesign } from '../../study/design-csv.js';
import { type DesignInput, parseDesignJson, readDesignInput } from '../../study/design-json.js';
import { ANALYSED } from './follow-recording.js';
import { timesBeyondEnd } from './times-beyond-end.js';

export interface OpenedDesign {
  readonly design: Design;
  /** What its files say. */
  readonly texts: { readonly design: string; readonly moments?: string | undefined };
  /** SHA-256 of the design and its moments. */
  readonly hash: string;
  /** What the recordings' files are relative to: a folder, or the address of one. */
  readonly folder: string;
}

/** Copies here what lies elsewhere. */
export type CopyFile = (address: string) => Promise<LocalCopy>;

/**
 * `analysed`: recordings whose files are not looked for. A path or an address, or a design whose files are relative to the working folder. Recordings that lie elsewhere are not looked for yet. Throws
 * PhizError `invalid-data` naming every fault, `file-not-found`, and what `copy` throws.
 */
export async function openDesign(
  from: string | DesignInput,
  momentsPath: string | undefined,
  { copy, analysed = [] }: { readonly copy: CopyFile; readonly analysed?: readonly string[] | undefined },
): Promise<OpenedDesign> {
  const opened = typeof from === 'string' ? await readDesign(from, momentsPath, copy) : ofObject(from);
  const here = opened.design.recordings.filter(({ file }) => !analysed.includes(file));
  const missing = await Promise.all(
    here.map(async ({ file, place }) => {
      const path = placeIn(opened.folder, file);
      if (isRemote(path))
        return ANALYSED.test(path)
          ? [`${place}file: '${file}' lies elsewhere; frames that were analysed already must be here`]
          : [];
      return (await isFile(path)) ? [] : [`${place}file: there is no file '${file}'`];
    }),
  );
  refuse(missing.flat());
  refuse(await timesBeyondEnd({ ...opened.design, recordings: here }, opened.folder));
  return opened;
}

async function readDesign(path: string, momentsPath: string | undefined, copy: CopyFile): Promise<OpenedDesign> {
  const read = (place: string): Promise<string> => readPlace(place, copy);
  const folder = dirname(path);
  const name = isRemote(path) ? remoteName(path) : path;
  const text = await read(path);
  if (extname(name).toLowerCase() === '.json') {
    if (momentsPath !== undefined)
      throw new PhizError('invalid-option', `${name} holds its moments itself; a table of moments goes with a CSV`);
    return { design: parseDesignJson({ name, text }), texts: { design: text }, hash: hashOf(text), folder };
  }
  const beside = isRemote(folder) ? `${folder}/moments.csv` : join(folder, 'moments.csv');
  const other = momentsPath === undefined && placeIn('.', beside) !== placeIn('.', path);
  const moments = momentsPath !== undefined ? await read(momentsPath) : other ? await ifThere(read(beside)) : undefined;
  const named = moments === undefined ? undefined : { name: momentsPath ?? beside, text: moments };
  const texts = moments === undefined ? { design: text } : { design: text, moments };
  return { design: parseDesign({ name, text }, named), texts, hash: hashOf(text, moments ?? ''), folder };
}

/** A text here or elsewhere. Throws PhizError as `readText`, and what `copy` throws. */
export async function readPlace(place: string, copy: CopyFile): Promise<string> {
  if (!isRemote(place)) return readText(place);
  await using here = await copy(place);
  return readText(here.path);
}

async function ifThere(text: Promise<string>): Promise<string | undefined> {
  try {
    return await text;
  } catch (error) {
    if (error instanceof PhizError && error.code === 'file-not-found') return undefined;
    throw error;
  }
}

function ofObject(input: DesignInput): OpenedDesign {
  const text = JSON.stringify(input);
  return { design: readDesignInput(input, 'the design'), texts: { design: text }, hash: hashOf(text), folder: '.' };
}

function hashOf(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const [i, text] of texts.entries()) hash.update(i ? '\0' : '').update(text);
  return hash.digest('hex');
}
