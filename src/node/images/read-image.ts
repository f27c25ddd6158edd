/**
 * From a file or bytes to pixels: JPEG, PNG, WebP, AVIF, TIFF, GIF (first frame) and HEIC, decoded by sharp (HEIC's HEVC by
 * libheif, BMP, Netpbm, JPEG XL and JPEG 2000 by FFmpeg, loaded when one comes). What comes out is as displayed: EXIF orientation obeyed, in sRGB, 8 bits, laid over white
 * where transparent, always three channels. Every input is hostile until decoded: what is not an image by its first bytes never
 * reaches a decoder, and the header's size is checked before any pixel is.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { FailOnOptions, Metadata } from 'sharp';
import { checkNames } from '../../core/check.js';
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import { bytesInMemory, type EncodedBytes } from '../files/bytes-in-memory.js';
import { pathOf, shortAddress } from '../files/file-address.js';
import { readError } from '../files/read-error.js';
import { codedShare } from '../video/gif-layout.js';
import { avImageToTiff, isAvFormat } from './av-image.js';
import { avImageSize } from './av-image-size.js';
import { heicToTiff } from './heic.js';
import { foreignImage, imageFormat, notAnImage } from './image-format.js';
import { imageOfPixels, type PixelData } from './pixels.js';
import { loadSharp, sharpReason } from './sharp.js';
import { decodeTorn, shortfall } from './torn-jpeg.js';

export interface ReadImageOptions {
  /** Largest number of pixels decoded. */
  readonly maxPixels?: number | undefined;
  /** Largest file read, in bytes. */
  readonly maxBytes?: number | undefined;
  /** What messages call the image; default: the path. */
  readonly name?: string | undefined;
  /** Told in words what is wrong with an image that is read all the same. */
  readonly onWarning?: ((warning: string) => void) | undefined;
}

/** File name endings that `readImage` may be expected to read, for those who list folders. */
export const IMAGE_EXTENSIONS: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.avif',
  '.heic',
  '.heif',
  '.tif',
  '.tiff',
  '.gif',
  '.jxl',
  '.jp2',
  '.j2k',
  '.jpx',
  '.bmp',
  '.ppm',
  '.pgm',
  '.pbm',
  '.pnm',
  '.pam',
];

const READABLE = 'JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF, JPEG XL, JPEG 2000, BMP, PPM, PGM, PBM, PAM';

/** Pixels that a byte of JPEG can hold, twice over: one colour throughout, coded as small as can be, has 510. */
const MOST_PER_BYTE = 1024;

/**
 * Reads an image: a path, a `file:` or `data:` URL, or encoded bytes: a buffer, any view of one, a Blob, a stream; the result has three
 * channels (RGB). Pixels are taken, too: an `ImageData` becomes RGB, an image comes back as it is.
 *
 * Throws PhizError `invalid-option` for anything else, `file-not-found`, `unreadable-file` (a folder, no permission), `not-an-image`
 * (empty, unknown format, truncated or damaged), `invalid-data` (pixels that do not fit their size) or `image-too-large`; the message names the file and the reason in one line.
 *
 * @example const image = await readImage('photo.jpg');
 */
export async function readImage(
  source: string | URL | EncodedBytes | PixelData | Image,
  options: ReadImageOptions = {},
): Promise<Image> {
  checkNames(options, ['maxPixels', 'maxBytes', 'name', 'onWarning']);
  const { maxPixels = 100_000_000, maxBytes = 256 * 2 ** 20, name, onWarning } = options;
  checkLimit('maxPixels', maxPixels);
  checkLimit('maxBytes', maxBytes);
  const pixels = imageOfPixels(source);
  if (pixels) return pixels;
  const held = await bytesInMemory(source, { what: 'an image', besides: 'an ImageData', maxBytes });
  const called = name ?? (held ? 'the image' : shortAddress(source as string | URL));
  const bytes = held ?? (await readFileBytes(source as string | URL, maxBytes, called));
  if (bytes.length > maxBytes) throw tooManyBytes(called, bytes.length, maxBytes);
  if (bytes.length === 0) throw new PhizError('not-an-image', `${called} is empty`);
  const format = imageFormat(bytes);
  if (!format) {
    const foreign = foreignImage(bytes);
    const other = notAnImage(bytes);
    const what = foreign
      ? `is ${foreign} image, which phiz does not read; convert it to PNG or JPEG`
      : `is ${other === undefined ? '' : `${other}, `}not an image`;
    throw new PhizError('not-an-image', `${called} ${what} (phiz reads ${READABLE})`);
  }

  const sharp = await loadSharp();
  const byAv = isAvFormat(format);
  const header: Header = await describe(called, format, async () => {
    if (!byAv) return sharp(bytes, { limitInputPixels: false }).metadata();
    const size = avImageSize(bytes, format);
    if (!size) throw new Error('its header says no size');
    return size;
  });
  if (header.width * header.height > maxPixels)
    throw new PhizError(
      'image-too-large',
      `${called} has ${header.width}×${header.height} pixels, more than the limit of ${maxPixels}; raise maxPixels (--max-pixels) or shrink it`,
    );
  if (format === 'JPEG' && header.width * header.height > MOST_PER_BYTE * bytes.length)
    throw new PhizError(
      'not-an-image',
      `${called} is cut off: ${bytes.length} bytes cannot hold the ${header.width}×${header.height} pixels that it promises`,
    );
  const encoded = byAv
    ? await describe(called, format, () => avImageToTiff(bytes, format, maxPixels))
    : header.compression === 'hevc'
      ? await describe(called, 'HEIC', () => heicToTiff(bytes, maxPixels, header.icc))
      : bytes;
  const decode = (input: Uint8Array, failOn: FailOnOptions, autoOrient = true) =>
    sharp(input, { limitInputPixels: maxPixels, failOn, pages: 1, autoOrient })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  // Of a GIF that ends too early nobody else says anything.
  const share = format === 'GIF' ? codedShare(bytes) : 1;
  const short = share < 1 ? shortfall(share, format, called) : undefined;
  if (short !== undefined) onWarning?.(short);
  const { data, info } = await describe(called, format, async () => {
    // libvips passes over strips of a TIFF that cannot be read unless it is told otherwise, and leaves them black.
    if (format !== 'JPEG') return decode(encoded, format === 'TIFF' ? 'error' : 'truncated');
    // Of a JPEG whose data end before the marker that follows them libjpeg only warns.
    const whole = await decode(encoded, 'warning').catch(() => undefined);
    if (whole) return whole;
    const torn = await decodeTorn(bytes, { called, progressive: header.isProgressive ?? false }, (coded, upright) =>
      decode(coded, 'none', upright),
    );
    if (!torn) return decode(encoded, 'truncated');
    onWarning?.(torn.warning);
    return torn.decoded;
  });
  if (info.channels !== 3) throw new PhizError('not-an-image', `${called} has ${info.channels} colour channels after decoding`);
  return { width: info.width, height: info.height, channels: 3, data };
}

type Header = Pick<Metadata, 'width' | 'height'> & Partial<Pick<Metadata, 'compression' | 'icc' | 'isProgressive'>>;

/** Runs a step of decoding and says in one line what went wrong in it. */
async function describe<T>(called: string, format: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    const reason = sharpReason(cause, format);
    throw new PhizError('not-an-image', `${called} is a damaged or truncated ${format} image: ${reason}`, { cause });
  }
}

async function readFileBytes(source: string | URL, maxBytes: number, called: string): Promise<Uint8Array> {
  const path = pathOf(source, called);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new PhizError('unreadable-file', `${called} is a folder, not an image`);
    if (stat.size > maxBytes) throw tooManyBytes(called, stat.size, maxBytes);
    if (stat.isFile()) return await handle.readFile();
    return await readStream(handle, maxBytes, called);
  } catch (cause) {
    throw readError(called, cause);
  } finally {
    await handle?.close();
  }
}

/** A pipe or device tells no size beforehand. */
async function readStream(handle: FileHandle, maxBytes: number, called: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(1 << 20) });
    if (bytesRead === 0) return Buffer.concat(chunks);
    total += bytesRead;
    if (total > maxBytes) throw tooManyBytes(called, total, maxBytes);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function tooManyBytes(called: string, bytes: number, maxBytes: number): PhizError {
  return new PhizError('image-too-large', `${called} has ${bytes} bytes or more, above the limit of ${maxBytes}; raise maxBytes`);
}

function checkLimit(option: string, value: number): void {
  if (!(value >= 1)) throw new PhizError('invalid-option', `${option} must be a positive number, not ${value}`);
}
