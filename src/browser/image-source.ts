/**
 * Images as browsers have them, on their way into an analyzer: what may be given, the form in which it crosses to the worker
 * (as little copied as can be), and there its pixels. Knows nothing of faces.
 */
import { PhizError } from '../core/error.js';
import { checkImage, type Image } from '../core/image.js';
import { blobName } from './blob-name.js';
import type * as dom from './dom-types.js';
import { yuvToRgba } from './yuv.js';

/** Anything that shows an image; a video element shows the frame it is at. Blobs and files are decoded. */
export type ImageSource =
  | Image
  | dom.ImageData
  | dom.ImageBitmap
  | dom.VideoFrame
  | dom.HTMLVideoElement
  | dom.HTMLImageElement
  | dom.HTMLCanvasElement
  | dom.OffscreenCanvas
  | Blob;

/** What crosses to the worker: pixels are copied, bitmaps that were the caller's too, all else is handed over. */
export type SentImage = Image | dom.ImageBitmap | dom.VideoFrame;

export interface Parcel {
  readonly bitmap: SentImage;
  readonly transfer: dom.Transferable[];
}

/** Most pixels of an image. */
const MOST_PIXELS = 100_000_000;

/**
 * Makes an image ready to be sent; what was given stays the caller's. Throws PhizError `not-an-image` where a blob does not decode,
 * `invalid-data` where there is no image yet or its samples do not fit its size, `image-too-large`.
 */
export async function pack(given: ImageSource): Promise<Parcel> {
  if ('channels' in given) return { bitmap: checkImage(given), transfer: [] };
  if (isA('ImageData', given)) return packPixels(given);
  if (isA('ImageBitmap', given)) return { bitmap: checkSize(given, given), transfer: [] };
  if (isA('VideoFrame', given)) return handOver(given.clone());
  if (isA('HTMLVideoElement', given)) {
    if (given.readyState < given.HAVE_CURRENT_DATA || given.videoWidth === 0)
      throw new PhizError('invalid-data', 'this video element shows no frame yet; wait for its "loadeddata" event');
    return handOver(frameOf(given) ?? (await createImageBitmap(given)));
  }
  if (isA('HTMLImageElement', given)) await given.decode().catch(notAnImage(given.currentSrc || 'this image element'));
  const name = given instanceof Blob ? blobName(given) : 'this image';
  return handOver(await createImageBitmap(given).catch(notAnImage(name)));
}

/** A frame of a video element, without a copy where the browser can. */
export function frameOf(video: dom.HTMLVideoElement, timestamp = 0): dom.VideoFrame | undefined {
  return 'VideoFrame' in globalThis ? new VideoFrame(video, { timestamp: Math.round(timestamp * 1e6) }) : undefined;
}

/** Width and height of a bitmap or frame as displayed. */
export function sizeOfBitmap(bitmap: dom.ImageBitmap | dom.VideoFrame): { readonly width: number; readonly height: number } {
  return 'displayWidth' in bitmap ? { width: bitmap.displayWidth, height: bitmap.displayHeight } : bitmap;
}

/** Buffers kept for images to come. */
const SPARE = 4;

/** Reads pixels; keeps its canvas for the next image of the same size, and memory that is given back. */
export class PixelReader {
  #context: OffscreenCanvasRenderingContext2D | undefined;
  #spare: ArrayBuffer[] = [];

  /** The pixels of an image, RGBA, over white where it is transparent. Leaves it open. */
  async read(bitmap: SentImage): Promise<Image> {
    if ('channels' in bitmap) return bitmap;
    return ('copyTo' in bitmap ? await this.#convert(bitmap) : undefined) ?? this.draw(bitmap);
  }

  /** Takes memory back that nobody reads any more: that of pixels which `read` gave. */
  recycle(memory: ArrayBufferLike): void {
    if (memory instanceof ArrayBuffer && memory.byteLength > 0 && this.#spare.length < SPARE) this.#spare.push(memory);
  }

  /** The same at once, by way of a canvas. */
  draw(bitmap: dom.ImageBitmap | dom.VideoFrame): Image {
    const { width, height } = sizeOfBitmap(bitmap);
    const context = this.#open(width, height);
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
  }

  /** From a frame's planes; undefined where they are of an uncommon kind, or have to be turned or scaled. */
  async #convert(frame: VideoFrame): Promise<Image | undefined> {
    const { format, displayWidth: width, displayHeight: height, visibleRect, colorSpace } = frame;
    const { rotation = 0, flip = false } = frame as { readonly rotation?: number; readonly flip?: boolean };
    const matrix = MATRICES[colorSpace.matrix ?? 'smpte170m'];
    if ((format !== 'I420' && format !== 'NV12') || !matrix || rotation !== 0 || flip) return undefined;
    if (visibleRect?.width !== width || visibleRect.height !== height) return undefined;
    const planes = this.#memory(frame.allocationSize());
    const data = new Uint8Array(planes);
    const layout = await frame.copyTo(data).catch(() => undefined);
    if (!layout) return undefined;
    const fullRange = colorSpace.fullRange ?? false;
    const pixels = yuvToRgba({ format, data, layout, width, height, matrix, fullRange }, this.#memory(4 * width * height));
    this.recycle(planes);
    return { width, height, channels: 4, data: pixels };
  }

  #memory(length: number): ArrayBuffer {
    const at = this.#spare.findIndex(({ byteLength }) => byteLength === length);
    return at < 0 ? new ArrayBuffer(length) : this.#spare.splice(at, 1)[0]!;
  }

  #open(width: number, height: number): OffscreenCanvasRenderingContext2D {
    const known = this.#context;
    if (known && known.canvas.width === width && known.canvas.height === height) return known;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context)
      throw new PhizError('engine-unavailable', `this browser gives no canvas of ${width}×${height} pixels to read from`);
    this.#context = context;
    return context;
  }
}

/** WebCodecs' names of matrices. Cameras often name none; browsers then take that of BT.601, luma from 16 to 235. */
const MATRICES: Readonly<Record<string, 'bt601' | 'bt709'>> = { bt709: 'bt709', bt470bg: 'bt601', smpte170m: 'bt601' };

/**
 * Reads the pixels of an image, EXIF orientation applied. The browser's counterpart of Node's `readImage`.
 * Throws PhizError `not-an-image`, `invalid-data`, `image-too-large`.
 */
export async function readImage(source: ImageSource): Promise<Image> {
  const { bitmap } = await pack(source);
  try {
    return await new PixelReader().read(bitmap);
  } finally {
    if (bitmap !== source) closeBitmap(bitmap);
  }
}

/** Gives back what an image holds. */
export function closeBitmap(bitmap: SentImage): void {
  if ('close' in bitmap) bitmap.close();
}

function packPixels({ width, height, data }: ImageData): Parcel {
  if (!(data instanceof Uint8ClampedArray))
    throw new PhizError('invalid-data', 'phiz reads ImageData of 8 bits a sample; make it with pixelFormat "rgba-unorm8"');
  return { bitmap: checkImage({ width, height, channels: 4, data }), transfer: [] };
}

function handOver(bitmap: ImageBitmap | VideoFrame): Parcel {
  try {
    return { bitmap: checkSize(bitmap, sizeOfBitmap(bitmap)), transfer: [bitmap] };
  } catch (error) {
    bitmap.close();
    throw error;
  }
}

function checkSize<P>(bitmap: P, { width, height }: { readonly width: number; readonly height: number }): P {
  if (!(width >= 1 && height >= 1)) throw new PhizError('invalid-data', 'this image is closed or empty: it has no pixels');
  if (width * height > MOST_PIXELS)
    throw new PhizError(
      'image-too-large',
      `the image has ${width}×${height} pixels, more than the limit of ${MOST_PIXELS}; give a smaller one`,
    );
  return bitmap;
}

/** Whether a value is of one of the browser's classes, which a worker or an old browser may lack. */
function isA<N extends keyof BrowserClasses>(name: N, value: unknown): value is BrowserClasses[N] {
  const known = (globalThis as Record<string, unknown>)[name];
  return typeof known === 'function' && value instanceof known;
}

interface BrowserClasses {
  readonly ImageData: ImageData;
  readonly ImageBitmap: ImageBitmap;
  readonly VideoFrame: VideoFrame;
  readonly HTMLVideoElement: HTMLVideoElement;
  readonly HTMLImageElement: HTMLImageElement;
}

function notAnImage(name: string): (cause: unknown) => never {
  return (cause) => {
    throw new PhizError('not-an-image', `${name} is not an image that this browser can decode`, { cause });
  };
}
