/**
 * Finds models and checks them: a committed name (`emotion`, `age`, `detector`: models/<name>.onnx with its card
 * models/<name>.json inside this package), or a path to an .onnx or a card. Nothing is downloaded, nothing is cached.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Model, type ModelCard, parseCard } from '../../core/card.js';
import { PhizError } from '../../core/error.js';
import { isMissing } from '../files/read-error.js';
import { isRegistryName, registryEntry } from './registry.js';

/** Where the package keeps its own models. */
export const MODELS_DIRECTORY: string = fileURLToPath(new URL('../../../models/', import.meta.url));

/** Where models are looked for. */
export interface ModelStore {
  /** Folder in which names are looked up; default: the package's own models. */
  readonly directory?: string | undefined;
}

/**
 * Loads a model by name, or by the path of its .onnx or its card; the other file lies beside it.
 * Throws PhizError `model-not-found` where there is no such name or file, `model-damaged` where the card is missing or wrong or
 * the network's bytes are not those that the card describes.
 */
export async function loadModel(model: string, { directory = MODELS_DIRECTORY }: ModelStore = {}): Promise<Model> {
  if (model === '') throw new PhizError('model-not-found', 'a model is a name or a path, not an empty string');
  const path = cardPathOf(model, { directory });
  const card = await readCard(path, model, directory);
  if (basename(card.file) !== card.file)
    throw new PhizError('model-damaged', `${path}: file '${card.file}' must lie beside the card, without a folder`);
  const file = join(dirname(path), card.file);
  const bytes = await readBytes(file, `the model of ${path}`);
  check(file, path, card, bytes);
  const second = card.detector?.refiner;
  if (second === undefined) return { card, bytes, file };
  if (basename(second) !== second || extname(second) !== '.json')
    throw new PhizError('model-damaged', `${path}: refiner '${second}' must be a card (.json) beside this one, without a folder`);
  return { card, bytes, file, refiner: await loadModel(join(dirname(path), second)) };
}

/** Where a model's card is or would be, for a model given as in loadModel. Throws PhizError `model-not-found`. */
export function cardPathOf(model: string, { directory = MODELS_DIRECTORY }: ModelStore = {}): string {
  return isName(model) ? join(directory, `${model}.json`) : cardPath(model);
}

/**
 * The cards of the models in the store, by name.
 * Throws PhizError `model-damaged` for a card that cannot be read, `model-not-found` where there is no store.
 */
export async function listModels({ directory = MODELS_DIRECTORY }: ModelStore = {}): Promise<readonly ModelCard[]> {
  const names = await namesIn(directory);
  return Promise.all(names.map((name) => readCard(join(directory, `${name}.json`), name, directory)));
}

/** A name has no folder and no extension of a model file. */
function isName(model: string): boolean {
  return !/[\\/]/.test(model) && !['.onnx', '.json'].includes(extname(model).toLowerCase());
}

function cardPath(path: string): string {
  const extension = extname(path);
  if (extension.toLowerCase() === '.json') return path;
  if (extension.toLowerCase() === '.onnx') return `${path.slice(0, -extension.length)}.json`;
  throw new PhizError('model-not-found', `${path} is not a model: give a name, an .onnx file or its card (.json)`);
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    const files = await readdir(directory);
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort();
  } catch (cause) {
    throw new PhizError('model-not-found', `there is no folder of models at ${directory}`, { cause });
  }
}

async function readCard(path: string, model: string, directory: string): Promise<ModelCard> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (!isMissing(cause)) throw new PhizError('model-not-found', `cannot read ${path}: ${(cause as Error).message}`, { cause });
    if (isRegistryName(model)) throw foreign(model, cause);
    if (isName(model)) {
      const names = await namesIn(directory);
      throw new PhizError(
        'model-not-found',
        `there is no model '${model}'; known: ${names.join(', ') || 'none'}, or the path of an .onnx file with its card`,
        { cause },
      );
    }
    if (path !== model) {
      await readBytes(model, 'the model');
      throw new PhizError('model-damaged', `${model} has no card: ${path} is missing`, { cause });
    }
    throw new PhizError('model-not-found', `there is no model card at ${path}`, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new PhizError('model-damaged', `${path} is not a model card: ${(cause as Error).message}`, { cause });
  }
  return parseCard(json, path);
}

/** The error for a name from registry.ts, none of which is an .onnx with a card. */
function foreign(name: string, cause: unknown): PhizError {
  const way =
    registryEntry(name).task === 'detector'
      ? 'it goes where a detector is asked for'
      : `run "phiz models pull ${name}" and then "phiz import" on its file, and give what that writes`;
  return new PhizError('model-mismatch', `'${name}' is a model of other people, without a card: ${way}`, { cause });
}

async function readBytes(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = isMissing(cause);
    throw new PhizError('model-not-found', `${what} is not there: ${path} ${missing ? 'does not exist' : 'cannot be read'}`, {
      cause,
    });
  }
}

function check(file: string, card: string, { bytes: expected, sha256 }: ModelCard, bytes: Uint8Array): void {
  const way = `restore the file, or write a card for it`;
  if (bytes.length !== expected)
    throw new PhizError(
      'model-damaged',
      `${file} has ${bytes.length} bytes, its card ${card} says ${expected}: ${bytes.length < expected ? 'truncated' : 'another file'}; ${way}`,
    );
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256)
    throw new PhizError('model-damaged', `${file} is not the file of its card ${card}: sha256 ${actual}, not ${sha256}; ${way}`);
}
