/**
 * Opens a face detector by name or path: one of phiz's own with its card, one of other people's that was pulled (registry.ts), or
 * a copy of YuNet's .onnx, which has no card.
 */
import { readFile } from 'node:fs/promises';
import type { Model } from '../../core/card.js';
import type { Engine } from '../../core/engine.js';
import { PhizError } from '../../core/error.js';
import { createAnchorFreeDetector } from '../../detect/anchor-free.js';
import type { FaceDetector } from '../../detect/detector.js';
import { createHaar } from '../../detect/haar.js';
import { createOpenCvSsd } from '../../detect/opencv-ssd.js';
import { createYuNet } from '../../detect/yunet.js';
import { isFile } from '../files/read-files.js';
import { cardPathOf, loadModel } from './models.js';
import { openOpenCvModel } from './opencv-thread.js';
import { pulledFiles } from './pulled-files.js';
import { isRegistryName, REGISTRY, type RegistryName } from './registry.js';

/**
 * Opens `detector`: a committed name, a pulled one (`yunet`, `opencv-ssd`, `haar`, `mtcnn`), the path of an .onnx with its card
 * beside it, or of an .onnx without one, which is read as YuNet; or a model in memory. Those of OpenCV run on a thread of their own
 * instead of `engine`; the second stage of phiz's own may run elsewhere, on `refinerEngine`. Throws PhizError `model-not-found`,
 * `model-damaged`, `model-mismatch`, `engine-unavailable`.
 */
export async function openDetector(
  detector: string | Model,
  engine: Engine,
  refinerEngine: Engine = engine,
): Promise<FaceDetector> {
  if (typeof detector !== 'string') return createAnchorFreeDetector({ engine, model: detector, refinerEngine });
  if (isRegistryName(detector)) return openPulled(detector, engine);
  if (!(await lacksCard(detector))) return createAnchorFreeDetector({ engine, model: await loadModel(detector), refinerEngine });
  try {
    return await createYuNet({ engine, model: await readFile(detector) });
  } catch (cause) {
    if (!(cause instanceof PhizError)) throw cause;
    throw new PhizError(cause.code, `${detector} has no card (.json) beside it and is not YuNet: ${cause.message}`, { cause });
  }
}

/** Whether this names a detector that has no card: a listed name, or the path of an .onnx that lies there without one. */
export async function isCardlessDetector(model: string): Promise<boolean> {
  return isRegistryName(model) ? REGISTRY[model].task === 'detector' : lacksCard(model);
}

async function lacksCard(model: string): Promise<boolean> {
  return model.toLowerCase().endsWith('.onnx') && (await isFile(model)) && !(await isFile(cardPathOf(model)));
}

async function openPulled(name: RegistryName, engine: Engine): Promise<FaceDetector> {
  switch (name) {
    case 'yunet': {
      const files = await pulledFiles(name);
      return createYuNet({ engine, model: await readFile(files['yunet_n_dynamic.onnx']) });
    }
    case 'mtcnn': {
      const [{ createMtcnnDetector }, files] = await Promise.all([import('./mtcnn.js'), pulledFiles(name)]);
      return createMtcnnDetector({ engine, files });
    }
    case 'opencv-ssd': {
      const files = await pulledFiles(name);
      const [weights, description] = await Promise.all([
        readFile(files['opencv_face_detector_uint8.pb']),
        readFile(files['opencv_face_detector.pbtxt']),
      ]);
      return createOpenCvSsd({ network: await openOpenCvModel({ kind: 'ssd', weights, description }) });
    }
    case 'haar': {
      const files = await pulledFiles(name);
      const cascade = await readFile(files['haarcascade_frontalface_default.xml']);
      return createHaar({ cascade: await openOpenCvModel({ kind: 'haar', cascade }) });
    }
    case 'mini-xception':
      throw new PhizError('model-mismatch', `'${name}' is for '${REGISTRY[name].task}', not for 'detector'`);
  }
}
