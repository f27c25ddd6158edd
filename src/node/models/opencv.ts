/**
 * OpenCV.js (@techstark/opencv-js, an optional peer): loads it, and the little of it that phiz uses, typed. Runs wherever it is
 * called, so opencv-worker.ts calls it on a thread of its own. Mats and vectors live in its own memory until deleted.
 */
import { PhizError } from '../../core/error.js';
import { installCommand } from '../files/manifest.js';
import { missingPackage } from '../files/missing-package.js';

/** What lives in OpenCV's memory. */
interface Native {
  delete(): void;
}

export interface Mat extends Native {
  readonly data: Uint8Array;
  readonly data32F: Float32Array;
}

interface NativeVector<T> extends Native {
  size(): number;
  get(index: number): T;
}

export interface Net extends Native {
  setInput(blob: Mat): void;
  forward(): Mat;
}

export interface CascadeClassifier extends Native {
  load(path: string): boolean;
  detectMultiScale3(
    image: Mat,
    objects: NativeVector<{ readonly x: number; readonly y: number; readonly width: number; readonly height: number }>,
    levels: NativeVector<number>,
    weights: NativeVector<number>,
    scaleFactor: number,
    minNeighbors: number,
    flags: number,
    minSize: object,
    maxSize: object,
    outputLevels: boolean,
  ): void;
}

export interface OpenCv {
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly Mat: new (rows: number, columns: number, type: number) => Mat;
  readonly Size: new (width: number, height: number) => object;
  readonly RectVector: new () => Parameters<CascadeClassifier['detectMultiScale3']>[1];
  readonly IntVector: new () => NativeVector<number>;
  readonly DoubleVector: new () => NativeVector<number>;
  readonly CascadeClassifier: new () => CascadeClassifier;
  equalizeHist(from: Mat, to: Mat): void;
  blobFromImage(
    image: Mat,
    scale: number,
    size: { readonly width: number; readonly height: number },
    mean: readonly number[],
    swapRedAndBlue: boolean,
    crop: boolean,
  ): Mat;
  readNetFromTensorflow(weights: string, description: string): Net;
  FS_createDataFile(folder: string, name: string, data: Uint8Array, readable: boolean, writable: boolean, own: boolean): void;
  FS_unlink(path: string): void;
  exceptionFromPtr(pointer: number): { readonly msg: string };
}

/** OpenCV.js before it has compiled itself. */
interface Loading extends Partial<OpenCv> {
  onRuntimeInitialized?: () => void;
  onAbort?: (reason: unknown) => void;
  then?: unknown;
}

/** An optional peer; package.json names the version that has what is used here: 5.0 dropped the cascades. */
const PACKAGE = '@techstark/opencv-js';

/** Loads OpenCV.js. Throws PhizError `engine-unavailable` where it is not installed or lacks the detectors. */
export async function loadOpenCv(): Promise<OpenCv> {
  let loading: Loading;
  try {
    const module = (await import('@techstark/opencv-js')) as unknown as { readonly default: Loading };
    loading = module.default;
  } catch (cause) {
    throw missingPackage('this detector runs on OpenCV.js and needs', [PACKAGE], cause);
  }
  if (!loading.Mat)
    await new Promise<void>((resolve, reject) => {
      loading.onRuntimeInitialized = resolve;
      loading.onAbort = (reason) => reject(new PhizError('engine-unavailable', `OpenCV.js does not start here: ${reason}`));
    });
  // A thenable that yields itself: whoever awaits it waits for ever.
  delete loading.then;
  if (!loading.CascadeClassifier || !loading.readNetFromTensorflow)
    throw new PhizError(
      'engine-unavailable',
      `the OpenCV.js installed here lacks cascades or networks; run: ${installCommand([PACKAGE])}`,
    );
  return loading as OpenCv;
}

/** Runs a call of OpenCV, which throws addresses of its exceptions, so that it throws PhizErrors `engine-failed`. */
export function calling<T>(cv: OpenCv, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    const message = typeof cause === 'number' ? cv.exceptionFromPtr(cause).msg.trim() : String(cause);
    throw new PhizError('engine-failed', `OpenCV.js failed: ${message}`, { cause });
  }
}

/** Runs `use` while OpenCV can read `bytes` at a path. */
export function withFile<T>(cv: OpenCv, name: string, bytes: Uint8Array, use: (path: string) => T): T {
  cv.FS_createDataFile('/', name, bytes, true, false, false);
  try {
    return use(`/${name}`);
  } finally {
    cv.FS_unlink(`/${name}`);
  }
}
