/**
 * Imports a Keras classifier: HDF5 file in, ONNX model and card out. What the file cannot say (labels, how pixels are scaled, whose it
 * is) comes from the caller, or for a file that phiz knows from known-keras.ts. The model is run once before anything is written.
 */
import { createHash } from 'node:crypto';
import { basename, extname, join } from 'node:path';
import { attributeOfClasses } from '../../attributes/index.js';
import { type ModelCard, parseCard } from '../../core/card.js';
import { PhizError } from '../../core/error.js';
import { createNodeEngine } from '../../node/engine/engine.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { openKerasFile } from '../../node/models/keras-file.js';
import { encodeModel } from '../../onnx/encode.js';
import { importKeras, type KerasImport } from '../../onnx/keras.js';
import { KNOWN_KERAS } from './known-keras.js';
import { VALUE_RANGES, type ValueRange } from './value-range.js';

/** The file that is imported, and what it does not say itself. */
export interface ImportOptions {
  /** The Keras HDF5 file. */
  readonly file: string;
  /** Folder for `<name>.onnx` and `<name>.json`. */
  readonly out: string;
  /** Default: the file's name, or the known model's. */
  readonly name?: string | undefined;
  /** Class names in the order of the network's outputs. Default: the known model's, else numbers. */
  readonly labels?: readonly string[] | undefined;
  /** Default: the known model's, else -1..1. */
  readonly range?: ValueRange | undefined;
  /** Whose the weights are, for the card. */
  readonly licence?: string | undefined;
}

/** The model that was made, and where it lies. */
export interface ImportResult {
  readonly card: ModelCard;
  /** Paths of the model and its card. */
  readonly written: readonly [model: string, card: string];
  /** What was assumed because neither file nor caller said it. */
  readonly notes: readonly string[];
}

const LIMITS = [
  'A classifier reads an expression or an appearance, not a feeling, a fact or an identity.',
  'Error rates differ between groups of people; measure them on your own before you rely on any figure.',
];

/**
 * Imports a Keras Sequential or functional model. Throws PhizError as openKerasFile and importKeras do, `invalid-option` for a bad name
 * or labels whose number is not that of the network's classes, `unwritable-file`.
 *
 * @example
 * const { card } = await importModel({ file: 'model.h5', out: 'models', labels: ['cat', 'dog'], range: '0..1' });
 */
export async function importModel(options: ImportOptions): Promise<ImportResult> {
  const { file, out, range: asked } = options;
  if (asked !== undefined && !VALUE_RANGES.includes(asked))
    throw new PhizError('invalid-option', `range must be ${VALUE_RANGES.join(', ')}; got '${asked}'`);
  const opened = await openKerasFile(file);
  const network = importWhole(file, opened);
  const source = createHash('sha256').update(opened.bytes).digest('hex');
  const known = KNOWN_KERAS[source];
  const name = options.name ?? known?.name ?? nameFrom(file);
  if (!/^[\w][\w.-]{0,99}$/.test(name))
    throw new PhizError('invalid-option', `'${name}' is not a valid name for a model: use letters, digits, '-', '_' and '.'`);
  const labels = options.labels ?? known?.labels ?? Array.from({ length: network.classes }, (_, i) => String(i));
  checkLabels(labels, network.classes, file);
  const range = asked ?? known?.range ?? '-1..1';
  const notes = [
    ...(options.labels || known ? [] : [`the file does not name its classes: they are numbered; --labels names them`]),
    ...(asked || known ? [] : [`the file does not say how pixels are scaled: -1..1 is assumed; --range says otherwise`]),
  ];
  const bytes = encodeModel(network.graph, { name });
  await tryOut(bytes, network, file);
  const licence = options.licence ?? known?.licence ?? 'not stated in the file: ask whoever made it before you pass it on';
  const from = `imported by phiz from ${basename(file)} (sha256 ${source}${opened.keras ? `, Keras ${opened.keras}` : ''})`;
  const card = parseCard(
    {
      cardVersion: 1,
      name,
      version: `keras-${source.slice(0, 8)}`,
      task: attributeOfClasses(labels)?.name ?? 'classes',
      summary: known?.summary ?? `A Keras classifier of ${network.classes} classes, imported from ${basename(file)}.`,
      file: `${name}.onnx`,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      parameters: network.parameters,
      multiplyAdds: network.multiplyAdds,
      input: inputOf(network, range),
      crop: { margin: 1.09, shift: 0, alignment: 'none' },
      direct: { cover: 1, shift: 0 },
      labels,
      temperature: 1,
      metrics: [],
      limits: [...LIMITS, ...(known?.limits ?? []), ...notes],
      licence,
      provenance: `${from}; ${known?.provenance ?? 'who trained it, and on what, the file does not say'}`,
    },
    `${name}.json`,
  );
  const written = [join(out, `${name}.onnx`), join(out, `${name}.json`)] as const;
  await writeAtomic(written[0], bytes);
  await writeAtomic(written[1], `${JSON.stringify(card, null, 2)}\n`);
  return { card, written, notes };
}

/** Translates, naming the file in what goes wrong. */
function importWhole(path: string, file: Parameters<typeof importKeras>[0]): KerasImport {
  try {
    return importKeras(file);
  } catch (cause) {
    if (cause instanceof PhizError) throw new PhizError(cause.code, `${path}: ${cause.message}`, { cause });
    throw cause;
  }
}

function checkLabels(labels: readonly string[], classes: number, file: string): void {
  if (labels.length !== classes)
    throw new PhizError(
      'invalid-option',
      `${labels.length} labels were given (${labels.join(', ').slice(0, 200)}), but ${file} tells ${classes} classes apart; give one label a class, in the network's order`,
    );
  if (labels.some((label) => label.trim() === '') || new Set(labels).size < labels.length)
    throw new PhizError(
      'invalid-option',
      `labels must be unlike each other and not empty; got ${labels.join(', ').slice(0, 200)}`,
    );
}

function inputOf({ channels, width, height }: KerasImport, range: ValueRange): ModelCard['input'] {
  const fed = {
    '-1..1': { mean: 127.5, scale: 1 / 127.5 },
    '0..1': { mean: 0, scale: 1 / 255 },
    '0..255': { mean: 0, scale: 1 },
  };
  return { name: 'input', channels, width, height, order: channels === 1 ? 'grey' : 'RGB', ...fed[range] };
}

/** A name from a file's: what a model may not be called becomes '-'. */
function nameFrom(file: string): string {
  return (
    basename(file, extname(file))
      .replaceAll(/[^\w.-]+/g, '-')
      .replace(/^[^\w]+/, '')
      .slice(0, 100) || 'imported'
  );
}

/** Runs the model once on grey images. Throws PhizError where the runtime does not take it or nothing sensible comes out. */
async function tryOut(model: Uint8Array, { channels, width, height, classes }: KerasImport, file: string): Promise<void> {
  const engine = await createNodeEngine({ threads: 1 });
  const session = await engine.load(model);
  try {
    const dims = [2, channels, height, width];
    const { logits } = await session.run({ input: { dims, data: new Float32Array(2 * channels * height * width) } });
    if (String(logits?.dims) !== `2,${classes}` || !logits?.data.every(Number.isFinite))
      throw new PhizError('model-damaged', `${file}: what the network computes for a grey image is not ${classes} numbers`);
  } finally {
    await session.dispose();
  }
}
