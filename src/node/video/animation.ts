/**
 * Animated GIF, PNG and WebP as a frame source, with each image's own delay, laid over white where transparent, as photos are. Each image is
 * decoded once, by sharp, and laid on the ones before: time grows with what the file holds, memory with one frame.
 */
import { readFile } from 'node:fs/promises';
import type { FrameSource } from '../../analyze/frame.js';
import { PhizError } from '../../core/error.js';
import { loadSharp, type SharpModule, sharpReason } from '../images/sharp.js';
import type { AnimationLayout, Patch } from './animation-layout.js';
import { apngLayout } from './apng-layout.js';
import { openBytes } from './byte-source.js';
import type { ClipContainer } from './clip-kind.js';
import type { DecodeJob } from './clip-messages.js';
import { aborted, unsampled } from './frame-errors.js';
import { gifLayout } from './gif-layout.js';
import { imageClip } from './image-clip.js';
import { webpLayout } from './webp-layout.js';
import { isCutOff } from './wholeness.js';

/** Delays up to this many milliseconds mean "unset" and become USUAL, as in every browser. */
const UNSET = 10;
const USUAL = 100;
/** Images of one animation; a file of a few megabytes may claim many more. */
const MOST_IMAGES = 1_000_000;

const LAYOUTS = { gif: gifLayout, apng: apngLayout, webp: webpLayout };

/** Whether what is in such a file is taken apart here, image by image. */
export function isAnimation(container: ClipContainer): container is keyof typeof LAYOUTS {
  return Object.hasOwn(LAYOUTS, container);
}

export interface AnimationOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Throws PhizError `invalid-data`, `image-too-large`, `engine-unavailable`, `aborted`. */
export async function openAnimation(job: DecodeJob, { signal }: AnimationOptions): Promise<FrameSource> {
  const { source, container, called, maxPixels } = job;
  const sharp = await loadSharp();
  const encoded = source instanceof Uint8Array ? source : await readFile(source);
  const cutOff = isCutOff(openBytes(encoded, called), container);
  const layout = isAnimation(container) ? LAYOUTS[container](encoded) : undefined;
  if (!layout) throw new PhizError('invalid-data', `${called} ${cutOff ? 'ends too early to be read' : 'is no animation'}`);
  const { width, height } = layout;
  const tooLarge = (what: string, pixels: string) =>
    new PhizError(
      'image-too-large',
      `${what} ${called} have ${pixels} pixels, more than the limit of ${maxPixels}; raise maxPixels`,
    );
  if (width * height > maxPixels) throw tooLarge('the frames of', `${width}×${height}`);
  const { delays, duration, largest } = survey(layout, job);
  if (largest > maxPixels) throw tooLarge('images in', `${largest}`);
  if (delays.length === 0 || width * height === 0) throw new PhizError('invalid-data', `${called} is damaged: it holds no image`);
  if (signal?.aborted) throw aborted(called, signal.reason);

  const frameRate = delays.length / duration;
  return imageClip({
    called,
    signal,
    facts: { width, height, duration, frameRate, frameCount: delays.length, codec: container, container },
    async *frames(wanted, goOn) {
      const ground = new Uint8Array(3 * width * height).fill(255);
      let milliseconds = 0;
      let frames = 0;
      const far = () => `the ${frames} frames up to ${(milliseconds / 1000).toFixed(2)} s could be decoded`;
      for (const patch of layout.patches) {
        let settle: () => void;
        try {
          settle = lay(patch, await pixelsOf(sharp, patch, maxPixels), { ground, width, height });
        } catch (cause) {
          throw new PhizError('invalid-data', `${called} is damaged: ${sharpReason(cause)}; ${far()}`, { cause });
        }
        goOn();
        const delay = delays[frames++]!;
        const times = { timestamp: milliseconds / 1000, duration: delay / 1000 };
        milliseconds += delay;
        if (!wanted(times.timestamp)) yield unsampled(times);
        else yield { ...times, image: { width, height, channels: 3, data: ground.slice() } };
        settle();
      }
      if (cutOff) throw new PhizError('invalid-data', `${called} is cut off: its end is missing; ${far()}`);
    },
  });
}

/** What all images together come to. Throws PhizError `invalid-data` where they are too many or last too long. */
function survey({ patches }: AnimationLayout, { called, maxDuration }: DecodeJob) {
  const delays: number[] = [];
  let milliseconds = 0;
  let largest = 0;
  for (const { delay, width, height } of patches) {
    const shown = delay > UNSET ? delay : USUAL;
    delays.push(shown);
    milliseconds += shown;
    largest = Math.max(largest, width * height);
    if (delays.length > MOST_IMAGES) throw new PhizError('invalid-data', `${called} has more than ${MOST_IMAGES} images`);
    if (milliseconds > 1000 * maxDuration)
      throw new PhizError(
        'invalid-data',
        `${called} lasts ${(milliseconds / 1000).toFixed(1)} s or longer, more than the limit of ${maxDuration} s; raise maxDuration`,
      );
  }
  return { delays, duration: milliseconds / 1000, largest };
}

/** The pixels of a patch, in RGBA. */
async function pixelsOf(sharp: SharpModule, patch: Patch, maxPixels: number): Promise<Uint8Array> {
  if (patch.width * patch.height === 0) return new Uint8Array();
  const { data, info } = await sharp(patch.alone(), { limitInputPixels: maxPixels, failOn: 'none', pages: 1 })
    .ensureAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 4 || info.width !== patch.width || info.height !== patch.height)
    throw new Error('an image is not as large as it should be');
  return data;
}

interface Ground {
  /** RGB: what is transparent shows white, so nothing is lost when it is laid on white at once. */
  readonly ground: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Lays a patch on the ground, as far as it reaches; what it gives back does what is to happen once it was shown. */
function lay({ left, top, width, height, over, after }: Patch, rgba: Uint8Array, { ground, ...whole }: Ground): () => void {
  const [right, bottom] = [Math.min(left + width, whole.width), Math.min(top + height, whole.height)];
  const rows = Array.from({ length: Math.max(bottom - top, 0) }, (_, i) => {
    const from = 3 * ((top + i) * whole.width + left);
    return ground.subarray(from, from + 3 * Math.max(right - left, 0));
  });
  const before = after === 'restored' ? rows.map((row) => row.slice()) : undefined;
  for (const [y, row] of rows.entries())
    for (let to = 0, from = 4 * y * width; to < row.length; to += 3, from += 4) {
      const alpha = rgba[from + 3]!;
      for (let channel = 0; channel < 3; channel++) {
        const below = over ? row[to + channel]! : 255;
        row[to + channel] = Math.round((rgba[from + channel]! * alpha + below * (255 - alpha)) / 255);
      }
    }
  return () => {
    if (after === 'cleared') for (const row of rows) row.fill(255);
    if (before) for (const [y, row] of rows.entries()) row.set(before[y]!);
  };
}
