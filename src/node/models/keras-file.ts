/**
 * Opens Keras's HDF5 files: the network's description and its weights, read by h5wasm on a worker thread (keras-worker.ts). A thread
 * of its own, because a hostile file may keep the HDF5 library busy for ever or break it; there it can be ended.
 */
import { open } from 'node:fs/promises';
import { PhizError } from '../../core/error.js';
import type { Tensor } from '../../core/tensor.js';
import type { KerasFile } from '../../onnx/keras.js';
import { readError } from '../files/read-error.js';
import { oneAnswer } from '../threads/one-answer.js';

/** What the worker answers. */
export type KerasAnswer =
  | {
      readonly kind: 'read';
      readonly config: string;
      readonly weights: ReadonlyMap<string, readonly Tensor[]>;
      readonly keras: string;
    }
  | {
      readonly kind: 'failed';
      readonly code: 'model-damaged' | 'unsupported-network' | 'engine-unavailable';
      readonly reason: string;
    };

/** A Keras file as read, with the bytes it was read from. */
export interface OpenedKerasFile extends KerasFile {
  readonly bytes: Uint8Array;
  /** Version of Keras that wrote it, '' where the file does not say. */
  readonly keras: string;
}

/** Largest file in bytes: classifiers of faces are far smaller, and the HDF5 library's memory ends at 2 GiB. */
const MOST_BYTES = 512 * 1024 * 1024;

/**
 * Reads a Keras HDF5 file. Throws PhizError `file-not-found`, `unreadable-file`, `model-damaged` for what is not a whole HDF5 file of a
 * Keras model, or is not read after `patience` seconds, `unsupported-network` for one whose weights are stored in a way that phiz does not read, `engine-unavailable`.
 */
export async function openKerasFile(
  path: string,
  { patience = 30 }: { readonly patience?: number } = {},
): Promise<OpenedKerasFile> {
  const bytes = await readWhole(path);
  checkSignature(path, bytes);
  const answer = await oneAnswer<KerasAnswer>(new URL('./keras-worker.js', import.meta.url), bytes, { patience }).catch(
    (cause: Error) => {
      throw new PhizError('model-damaged', `${path} cannot be read as HDF5: ${cause.message}`, { cause });
    },
  );
  if (answer.kind === 'failed') throw new PhizError(answer.code, `${path}: ${answer.reason}`);
  const { config, weights, keras } = answer;
  return { bytes, config, weights, keras };
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const stats = await file.stat();
      const what = stats.isDirectory() ? 'a folder' : stats.isFile() ? undefined : 'no plain file';
      if (what) throw new PhizError('unreadable-file', `${path} is ${what}; give the file that Keras wrote`);
      if (stats.size > MOST_BYTES)
        throw new PhizError('unreadable-file', `${path} has ${stats.size} bytes; phiz imports files of up to ${MOST_BYTES}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** An HDF5 file begins with its signature, or has it at 512, 1024, 2048, … bytes, after a block of the user's. */
function checkSignature(path: string, bytes: Uint8Array): void {
  const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  const at = (start: number) => signature.every((byte, i) => bytes[start + i] === byte);
  if (at(0)) return;
  for (let start = 512; start < bytes.length; start *= 2) if (at(start)) return;
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  throw new PhizError(
    'model-damaged',
    zip
      ? `${path} is a zip, as a .keras file is; in Keras save the model as .h5 (model.save('model.h5')) and import that`
      : `${path} is not an HDF5 file; phiz imports what Keras's model.save('model.h5') writes`,
  );
}
