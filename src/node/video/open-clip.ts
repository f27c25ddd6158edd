/**
 * Opens a clip to read its frames: H.264, HEVC, VP8, VP9 and AV1 in MP4, MOV, WebM and Matroska, AVI, MPEG, WMV, FLV, Ogg,
 * Motion JPEG, animated GIF, PNG and WebP. Which it is, its content says. Input is hostile until decoded: what is not a clip by its first bytes never reaches a
 * decoder, and sizes are checked before pixels are.
 */
import type { FrameSource } from '../../analyze/frame.js';
import { checkNames } from '../../core/check.js';
import { PhizError } from '../../core/error.js';
import { bytesInMemory, type EncodedBytes } from '../files/bytes-in-memory.js';
import { pathOf, shortAddress } from '../files/file-address.js';
import { isAnimation, openAnimation } from './animation.js';
import { openBytes } from './byte-source.js';
import { CLIP_KINDS, type ClipContainer, clipKind } from './clip-kind.js';
import { openClipThread } from './clip-thread.js';
import { foreignVideo } from './foreign-video.js';
import { isSequence, openSequence } from './image-sequence.js';

/** A path, a `file:` or `data:` URL, or encoded bytes: a buffer, any view of one, a Blob, a stream (read whole before the first frame). */
export type ClipSource = string | URL | EncodedBytes;

/** Limits of a clip, and how far it is decoded ahead. */
export interface OpenClipOptions {
  /** Stops opening, and reading later on. */
  readonly signal?: AbortSignal | undefined;
  /** Frames decoded ahead of the reader, at most. Default 3. */
  readonly ahead?: number | undefined;
  /** Largest number of pixels a frame may have. Default 40 million (8K). */
  readonly maxPixels?: number | undefined;
  /** Longest clip in seconds. Default: a day. */
  readonly maxDuration?: number | undefined;
  /** Images a second, where the source is a sequence of them: `frame%05d.png`. Default: none, and such a source is refused. */
  readonly frameRate?: number | undefined;
  /** What messages call the clip. Default: its path. */
  readonly name?: string | undefined;
}

/**
 * Opens a clip: a path, a `file:` URL, or the bytes of one; or numbered images, `frame%05d.png`, with a `frameRate`. Frames come as RGB images as displayed, with the timestamps of the
 * container; they are decoded on a thread of their own, a few ahead of the reader. A frame that ends before the clip begins
 * (some editors leave such), and one at the same time as the frame before, is not given.
 *
 * Throws PhizError `file-not-found`, `unreadable-file`, `invalid-data` (no clip, empty, no video track, too damaged or too long),
 * `image-too-large`, `engine-unavailable`, `aborted`, `invalid-option`.
 *
 * @example
 * await using clip = await openClip('clip.mp4');
 * for await (const frame of clip.frames()) {
 *   console.log(frame.timestamp, await analyzer.analyze(frame.image));
 *   frame.release?.();
 * }
 */
export async function openClip(source: ClipSource, options: OpenClipOptions = {}): Promise<FrameSource> {
  checkNames(options, ['signal', 'ahead', 'maxPixels', 'maxDuration', 'frameRate', 'name']);
  const { signal, ahead = 3, maxPixels = 40_000_000, maxDuration = 86_400, frameRate, name } = options;
  if (!Number.isInteger(ahead) || ahead < 1)
    throw new PhizError('invalid-option', `ahead must be a whole number of frames from 1 up; got ${ahead}`);
  for (const [option, value] of Object.entries({ maxPixels, maxDuration }))
    if (!(value > 0)) throw new PhizError('invalid-option', `${option} must be above 0; got ${value}`);
  const from = await pathOrBytes(source);
  const called = name ?? (typeof from === 'string' ? shortAddress(from) : 'the clip');

  if (typeof from === 'string' && isSequence(from))
    return openSequence(from, { called, frameRate, maxPixels, maxDuration, signal });
  const container = containerOf(from, called);
  const job = { source: from, container, called, maxPixels, maxDuration };
  if (isAnimation(container)) return openAnimation(job, { signal });
  return openClipThread(job, { ahead, signal });
}

/** The path of a clip that lies in a file, or the bytes of one that is held in memory. Throws PhizError `invalid-option`. */
export async function pathOrBytes(source: ClipSource): Promise<string | Uint8Array> {
  return (await bytesInMemory(source, { what: 'a clip' })) ?? pathOf(source as string | URL);
}

function containerOf(source: string | Uint8Array, called: string): ClipContainer {
  const bytes = openBytes(source, called);
  try {
    if (bytes.size === 0) throw new PhizError('invalid-data', `${called} is empty`);
    const kind = clipKind(bytes, called);
    if (kind === 'image') throw new PhizError('invalid-data', `${called} is a single image, not a video`);
    if (kind) return kind;
    const foreign = foreignVideo(bytes);
    if (foreign)
      throw new PhizError(
        'invalid-data',
        `${called} is ${foreign.what}, which phiz does not read; ${foreign.remedy}, or give one that it reads: ${CLIP_KINDS}`,
      );
  } finally {
    bytes.close();
  }
  throw new PhizError('invalid-data', `${called} is not a video (phiz reads ${CLIP_KINDS})`);
}
