/** Opens a design: a CSV or JSON file with its moments, or an object; checks that its recordings are there. */
import { createHash } from 'node:crypto';
import { dirname, extname, join, resolve } from 'node:path';
import { PhizError } from '../../core/error.js';
import { isFile, readText, readTextIfAny } from '../../node/files/read-files.js';
import { type Design, refuse } from '../../study/design.js';
import { parseDesign } from '../../study/design-csv.js';
import { type DesignInput, parseDesignJson, readDesignInput } from '../../study/design-json.js';
import { timesBeyondEnd } from './times-beyond-end.js';

export interface OpenedDesign {
  readonly design: Design;
  /** SHA-256 of the design and its moments. */
  readonly hash: string;
  /** What the recordings' files are relative to. */
  readonly folder: string;
}

/** A path, or a design whose files are relative to the working folder. Throws PhizError `invalid-data` naming every fault, `file-not-found`. */
export async function openDesign(from: string | DesignInput, momentsPath?: string): Promise<OpenedDesign> {
  const opened = typeof from === 'string' ? await readDesign(from, momentsPath) : ofObject(from);
  const missing = await Promise.all(
    opened.design.recordings.map(async ({ file, place }) =>
      (await isFile(resolve(opened.folder, file))) ? [] : [`${place}file: there is no file '${file}'`],
    ),
  );
  refuse(missing.flat());
  refuse(await timesBeyondEnd(opened.design, opened.folder));
  return opened;
}

async function readDesign(path: string, momentsPath: string | undefined): Promise<OpenedDesign> {
  const folder = dirname(path);
  const text = await readText(path);
  if (extname(path).toLowerCase() === '.json') {
    if (momentsPath !== undefined)
      throw new PhizError('invalid-option', `${path} holds its moments itself; a table of moments goes with a CSV`);
    return { design: parseDesignJson({ name: path, text }), hash: hashOf(text), folder };
  }
  const beside = join(folder, 'moments.csv');
  const there = momentsPath === undefined && resolve(beside) !== resolve(path) ? await readTextIfAny(beside) : undefined;
  const moments = momentsPath === undefined ? there : await readText(momentsPath);
  const named = moments === undefined ? undefined : { name: momentsPath ?? beside, text: moments };
  return { design: parseDesign({ name: path, text }, named), hash: hashOf(text, moments ?? ''), folder };
}

function ofObject(input: DesignInput): OpenedDesign {
  return { design: readDesignInput(input, 'the design'), hash: hashOf(JSON.stringify(input)), folder: '.' };
}

function hashOf(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const [i, text] of texts.entries()) hash.update(i ? '\0' : '').update(text);
  return hash.digest('hex');
}
