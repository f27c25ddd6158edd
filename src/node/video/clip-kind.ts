/**
 * Is this file a clip, and of which kind? By its content, not by its name: names lie, and decoders are only shown what they are
 * for. A GIF, PNG or WebP is a clip where it holds more than one image.
 */
import { extname } from 'node:path';
import { loadSharp } from '../images/sharp.js';
import { isAnimatedPng } from './apng-layout.js';
import { type ByteSource, openBytes } from './byte-source.js';
import { FOREIGN_EXTENSIONS, foreignVideo } from './foreign-video.js';
import { isSequence } from './image-sequence.js';
import { isJpegStream } from './jpeg-stream.js';

/** Containers that phiz reads frames from. */
export type ClipContainer =
  | 'mp4'
  | 'mov'
  | 'webm'
  | 'mkv'
  | 'avi'
  | 'ts'
  | 'mpg'
  | 'wmv'
  | 'flv'
  | 'ogg'
  | 'mjpeg'
  | 'gif'
  | 'apng'
  | 'webp';

/** The same in words, for messages. */
export const CLIP_KINDS = 'MP4, MOV, WebM, MKV, AVI, MPEG-TS, MPEG-PS, WMV, FLV, Ogg, Motion JPEG, animated GIF, PNG and WebP';

/**
 * File name endings that clips go by, for those who list folders. GIF, PNG and WebP are images by name; `.ts` and `.mts` are TypeScript in most
 * folders, so that such recordings have to be named.
 */
export const CLIP_EXTENSIONS: readonly string[] = [
  '.mp4',
  '.m4v',
  '.mov',
  '.qt',
  '.3gp',
  '.3g2',
  '.f4v',
  '.webm',
  '.mkv',
  '.avi',
  '.divx',
  '.m2ts',
  '.m2t',
  '.mpg',
  '.mpeg',
  '.vob',
  '.wmv',
  '.asf',
  '.flv',
  '.ogv',
  '.ogm',
  '.mjpeg',
  '.mjpg',
];

const NAMED_MJPEG = /\.mjpe?g$/i;
/** Who calls a file so means a photo, whatever images (depth, a second exposure) a camera put behind it. */
const NAMED_JPEG = /\.(jpe?g|jpe|jfif)$/i;

/**
 * True for a clip, false for an image. What is neither by its content goes by its name, and what cannot be read is not a clip:
 * whoever opens it next says why it fails. `name`: what it is called, where that is not the path. Never throws for what a file holds.
 */
export async function isClip(path: string | Uint8Array, name?: string): Promise<boolean> {
  const called = name ?? (typeof path === 'string' ? path : '');
  if (typeof path === 'string' && isSequence(path)) return true;
  let bytes: ByteSource;
  try {
    bytes = openBytes(path, String(path));
  } catch {
    return false;
  }
  try {
    const kind = clipKind(bytes, called);
    if (kind === 'webp' && !saysAnimated(bytes)) return false;
    if (kind === 'gif' || kind === 'webp') return await moves(path);
    if (kind === undefined && foreignVideo(bytes) !== undefined) return true;
    if (kind === undefined) return [...CLIP_EXTENSIONS, ...FOREIGN_EXTENSIONS].includes(extname(called).toLowerCase());
    return kind !== 'image';
  } finally {
    bytes.close();
  }
}

/**
 * What the first bytes say: a container, an image that is not a clip, or undefined for neither. One JPEG alone is a clip only where
 * `name` ends in `.mjpeg` or `.mjpg`, several are one unless it ends in `.jpg` or the like; every GIF and WebP counts as one.
 */
export function clipKind(bytes: ByteSource, name: string): ClipContainer | 'image' | undefined {
  const head = Buffer.from(bytes.read(0, 4096)).toString('latin1');
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'AVI ') return 'avi';
  if (head.startsWith('\x1a\x45\xdf\xa3')) return head.includes('webm') ? 'webm' : 'mkv';
  if (head.startsWith('\xff\xd8\xff'))
    return NAMED_MJPEG.test(name) || (!NAMED_JPEG.test(name) && isJpegStream(bytes)) ? 'mjpeg' : 'image';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return isAnimatedPng(bytes) ? 'apng' : 'image';
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return 'image';
  const box = head.slice(4, 8);
  if (box === 'ftyp') {
    const brand = head.slice(8, 12);
    if (/^(avi[fs]|hei[cxms]|hev[cxms]|mif[12]|msf1|crx )/.test(brand)) return 'image';
    return brand === 'qt  ' ? 'mov' : 'mp4';
  }
  // QuickTime from before there were brands.
  if (/^(moov|mdat|wide|free|skip|pnot)$/.test(box)) return 'mov';
  if (head.startsWith('\x30\x26\xb2\x75\x8e\x66\xcf\x11')) return 'wmv';
  if (head.startsWith('FLV\x01')) return 'flv';
  if (head.startsWith('OggS')) return 'ogg';
  if (head.startsWith('\0\0\x01\xba')) return 'mpg';
  return isTransportStream(head) ? 'ts' : undefined;
}

/** MPEG-TS: packets of 188 bytes, each with a sync byte; cameras (M2TS) put 4 bytes of time before each, broadcasters 16 behind it. */
function isTransportStream(head: string): boolean {
  return [
    [0, 188],
    [4, 192],
    [0, 204],
  ].some(([first, size]) => [0, 1, 2, 3, 4].every((i) => head[first! + i * size!] === '\x47'));
}

/** The animation flag of a WebP's extended header (RFC 9649, 2.7): without it there is one image, and no decoder need be asked. */
function saysAnimated(bytes: ByteSource): boolean {
  const head = bytes.read(0, 21);
  return Buffer.from(head.subarray(12, 16)).toString('latin1') === 'VP8X' && (head[20]! & 2) !== 0;
}

async function moves(source: string | Uint8Array): Promise<boolean> {
  const sharp = await loadSharp();
  try {
    const { pages = 1 } = await sharp(source, { limitInputPixels: false }).metadata();
    return pages > 1;
  } catch {
    return false;
  }
}
