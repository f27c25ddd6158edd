/**
 * Is this file a clip, and of which kind? By its content, not by its name: names lie, and decoders are only shown what they are
 * for. A GIF or WebP is a clip where it holds more than one image.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSharp } from '../images/sharp.js';
import { type ByteSource, openBytes } from './byte-source.js';
import { isJpegStream } from './jpeg-stream.js';

/** Containers that phiz reads frames from. */
export type ClipContainer = 'mp4' | 'mov' | 'webm' | 'mkv' | 'avi' | 'mjpeg' | 'gif' | 'webp';

/** File name endings that clips go by, for those who list folders. GIF and WebP are images by name. */
export const CLIP_EXTENSIONS: readonly string[] = [
  '.mp4',
  '.m4v',
  '.mov',
  '.qt',
  '.3gp',
  '.webm',
  '.mkv',
  '.avi',
  '.mjpeg',
  '.mjpg',
];

const NAMED_MJPEG = /\.mjpe?g$/i;

/**
 * True for a clip, false for an image. What is neither by its content goes by its name, and what cannot be read is no clip:
 * whoever opens it next says why it fails. Never throws for what a file holds.
 */
export async function isClip(source: string | URL | Uint8Array): Promise<boolean> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  let bytes: ByteSource;
  try {
    bytes = openBytes(path, String(path));
  } catch {
    return false;
  }
  try {
    const kind = clipKind(bytes, typeof path === 'string' ? path : '');
    if (kind === 'gif' || kind === 'webp') return await moves(path);
    if (kind === undefined) return typeof path === 'string' && CLIP_EXTENSIONS.includes(extname(path).toLowerCase());
    return kind !== 'picture';
  } finally {
    bytes.close();
  }
}

/**
 * What the first bytes say: a container, an image that is no clip, or undefined for neither. One JPEG alone is a clip only where
 * `name` ends in `.mjpeg` or `.mjpg`; every GIF and WebP counts as one.
 */
export function clipKind(bytes: ByteSource, name: string): ClipContainer | 'picture' | undefined {
  const head = Buffer.from(bytes.read(0, 4096)).toString('latin1');
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'AVI ') return 'avi';
  if (head.startsWith('\x1a\x45\xdf\xa3')) return head.includes('webm') ? 'webm' : 'mkv';
  if (head.startsWith('\xff\xd8\xff')) return NAMED_MJPEG.test(name) || isJpegStream(bytes) ? 'mjpeg' : 'picture';
  if (head.startsWith('\x89PNG\r\n\x1a\n') || /^(II[*+]\0|MM\0[*+])/.test(head)) return 'picture';
  const box = head.slice(4, 8);
  if (box === 'ftyp') {
    const brand = head.slice(8, 12);
    if (/^(avi[fs]|hei[cxms]|hev[cxms]|mif[12]|msf1)/.test(brand)) return 'picture';
    return brand === 'qt  ' ? 'mov' : 'mp4';
  }
  // QuickTime from before there were brands.
  return /^(moov|mdat|wide|free|skip|pnot)$/.test(box) ? 'mov' : undefined;
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
