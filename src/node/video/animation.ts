/**
 * Animated GIF and WebP as a frame source, decoded by sharp with each image's own delay. Laid over white where transparent,
 * as photos are. Decoded some images at a time: libvips begins at the first for each piece, and all at once may not fit.
 */
import { readFile } from 'node:fs/promises';
import type { FrameSource } from '../../analyze/frame.js';
import { frameSampler } from '../../analyze/sample-frames.js';
import { PhizError } from '../../core/error.js';
import { loadSharp, type SharpModule, sharpReason } from '../images/sharp.js';
import { openBytes } from './byte-source.js';
import type { DecodeJob } from './clip-messages.js';
import { aborted, unsampled } from './frame-errors.js';
import { isCutOff } from './wholeness.js';

/** Pixels decoded in one piece. */
const PIECE = 4_000_000;
/** Delays up to this many milliseconds mean "unset" and become USUAL, as in every browser. */
const UNSET = 10;
const USUAL = 100;

export interface AnimationOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Throws PhizError `invalid-data`, `image-too-large`, `engine-unavailable`, `aborted`. */
export async function openAnimation(job: DecodeJob, { signal }: AnimationOptions): Promise<FrameSource> {
  const { source, container, called, maxPixels, maxDuration } = job;
  const sharp = await loadSharp();
  const encoded = source instanceof Uint8Array ? source : await readFile(source);
  const cutOff = isCutOff(openBytes(encoded, called), container);
  const { width, height, pages, delays } = await describe(sharp, encoded, called, cutOff);
  const duration = delays.reduce((sum, delay) => sum + delay, 0) / 1000;
  if (width * height > maxPixels)
    throw new PhizError(
      'image-too-large',
      `the frames of ${called} have ${width}×${height} pixels, more than the limit of ${maxPixels}; raise maxPixels`,
    );
  if (duration > maxDuration)
    throw new PhizError(
      'invalid-data',
      `${called} lasts ${duration} s, more than the limit of ${maxDuration} s; raise maxDuration`,
    );
  if (signal?.aborted) throw aborted(called, signal.reason);

  const step = Math.max(1, Math.floor(PIECE / (width * height)));
  const piece = async (from: number, count: number): Promise<readonly Uint8Array[]> => {
    const { data, info } = await sharp(encoded, { page: from, pages: count, limitInputPixels: false, failOn: 'none' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const size = width * height * 3;
    if (info.channels !== 3 || data.length !== size * count)
      throw new PhizError('invalid-data', `${called} has frames of several sizes`);
    // Copies: a frame that is kept must not keep the whole piece.
    return Array.from({ length: count }, (_, i) => data.slice(i * size, (i + 1) * size));
  };

  let state: 'open' | 'read' | 'closed' = 'open';
  return {
    facts: {
      width,
      height,
      duration,
      frameRate: duration ? pages / duration : 0,
      frameCount: pages,
      codec: container,
      container,
      rotation: 0,
      audio: false,
    },
    async *frames({ signal: own, sample = {} } = {}) {
      const wanted = frameSampler(sample);
      if (state !== 'open') throw new PhizError('disposed', `${called} was read or closed already; open it again`);
      state = 'read';
      let milliseconds = 0;
      let ready: readonly Uint8Array[] = [];
      for (let i = 0; i < pages; i++) {
        const at = i % step;
        try {
          if (at === 0) ready = await piece(i, Math.min(step, pages - i));
        } catch (cause) {
          if (cause instanceof PhizError) throw cause;
          throw new PhizError('invalid-data', `${called} is damaged: ${sharpReason(cause)}; ${far(i, milliseconds)}`, { cause });
        }
        for (const one of [signal, own]) if (one?.aborted) throw aborted(called, one.reason);
        const delay = delays[i]!;
        const times = { timestamp: milliseconds / 1000, duration: delay / 1000 };
        milliseconds += delay;
        yield wanted(times.timestamp) ? { ...times, image: { width, height, channels: 3, data: ready[at]! } } : unsampled(times);
      }
      if (cutOff) throw new PhizError('invalid-data', `${called} is cut off: its end is missing; ${far(pages, milliseconds)}`);
    },
    async [Symbol.asyncDispose]() {
      state = 'closed';
    },
  };
}

function far(frames: number, milliseconds: number): string {
  return `the ${frames} frames up to ${(milliseconds / 1000).toFixed(2)} s could be decoded`;
}

async function describe(sharp: SharpModule, encoded: Uint8Array, called: string, cutOff: boolean) {
  try {
    const { width, height, pages = 1, delay } = await sharp(encoded, { limitInputPixels: false, failOn: 'none' }).metadata();
    const delays = Array.from({ length: pages }, (_, i) => ((delay?.[i] ?? 0) > UNSET ? delay![i]! : USUAL));
    return { width, height, pages, delays };
  } catch (cause) {
    const state = cutOff ? 'ends too early to be read' : 'is damaged';
    throw new PhizError('invalid-data', `${called} ${state}: ${sharpReason(cause)}`, { cause });
  }
}
