/** Opens a face detector by name or path: one of phiz's own with its card, or a copy of YuNet's .onnx, which has none. */
import { readFile } from 'node:fs/promises';
import type { Model } from '../core/card.js';
import type { Engine } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { createAnchorFreeDetector } from '../detect/anchor-free.js';
import type { FaceDetector } from '../detect/detector.js';
import { createYuNet } from '../detect/yunet.js';
import { isFile } from './data/files.js';
import { cardPathOf, loadModel } from './models.js';

/**
 * Loads `detector`: a model in memory, a committed name, the path of an .onnx with its card beside it, or of an .onnx without
 * one, which is read as YuNet. Throws PhizError `model-not-found`, `model-damaged`, `model-mismatch`.
 */
export async function openDetector(detector: string | Model, engine: Engine): Promise<FaceDetector> {
  if (typeof detector !== 'string') return createAnchorFreeDetector({ engine, model: detector });
  if (!(await lacksCard(detector))) return createAnchorFreeDetector({ engine, model: await loadModel(detector) });
  try {
    return await createYuNet({ engine, model: await readFile(detector) });
  } catch (cause) {
    if (!(cause instanceof PhizError)) throw cause;
    throw new PhizError(cause.code, `${detector} has no card (.json) beside it and is no YuNet: ${cause.message}`, { cause });
  }
}

/** Whether this is the path of an .onnx that lies there without a card. */
export async function lacksCard(model: string): Promise<boolean> {
  return model.toLowerCase().endsWith('.onnx') && (await isFile(model)) && !(await isFile(cardPathOf(model)));
}
