/**
 * MTCNN from its authors' six Caffe files (https://github.com/kpzhang93/MTCNN_face_detection_alignment, MIT), given as bytes or paths:
 * the nets are imported to ONNX when the detector opens, in a moment, and nothing is written. They were trained from MATLAB on
 * images stored column by column, so they are imported transposed and read upright images here.
 */
import { readFile } from 'node:fs/promises';
import type { Engine } from '../../core/engine.js';
import { PhizError } from '../../core/error.js';
import type { FaceDetector } from '../../detect/detector.js';
import { createMtcnn, type MtcnnOptions } from '../../detect/mtcnn.js';
import { importCaffe } from '../../onnx/caffe.js';
import { encodeModel } from '../../onnx/encode.js';

/** The six files by name, each as bytes or as a path. */
export type MtcnnFiles = Readonly<Record<`det${1 | 2 | 3}.${'prototxt' | 'caffemodel'}`, Uint8Array | string>>;

export interface MtcnnDetectorOptions extends Omit<MtcnnOptions, 'engine' | 'nets'> {
  readonly engine: Engine;
  readonly files: MtcnnFiles;
}

/**
 * Opens MTCNN. Throws PhizError `model-not-found` where a file is missing, `model-damaged`, `unsupported-network` or
 * `model-mismatch` where it is not what it should be, and what the engine throws.
 */
export async function createMtcnnDetector({ engine, files, ...options }: MtcnnDetectorOptions): Promise<FaceDetector> {
  const [proposal, refinement, output] = await Promise.all(([1, 2, 3] as const).map((stage) => importStage(files, stage)));
  return createMtcnn({ engine, nets: { proposal: proposal!, refinement: refinement!, output: output! }, ...options });
}

/** One of the nets as an ONNX model; the first takes images of any size. */
export async function importStage(files: MtcnnFiles, stage: 1 | 2 | 3): Promise<Uint8Array> {
  const name = `det${stage}` as const;
  const [text, caffemodel] = await Promise.all([bytesOf(files, `${name}.prototxt`), bytesOf(files, `${name}.caffemodel`)]);
  const graph = importCaffe({
    prototxt: new TextDecoder().decode(text),
    caffemodel,
    where: `MTCNN's ${name}`,
    transpose: true,
    sizes: stage === 1 ? ['H', 'W'] : undefined,
  });
  return encodeModel(graph, { name });
}

async function bytesOf(files: MtcnnFiles, name: keyof MtcnnFiles): Promise<Uint8Array> {
  const given = files[name] as Uint8Array | string | undefined;
  if (given === undefined) throw new PhizError('model-not-found', `MTCNN needs the file ${name}`);
  if (typeof given !== 'string') return given;
  try {
    return await readFile(given);
  } catch (cause) {
    throw new PhizError('model-not-found', `cannot read MTCNN's ${given}: ${(cause as Error).message}`, { cause });
  }
}
