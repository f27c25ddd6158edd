/**
 * Numbered images as a clip: `frame%05d.png` with a frame rate, as FFmpeg names them. An image's number says its time, counted from the
 * lowest one there is, so that a missing image is a gap, not a jump.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FrameSource } from '../../analyze/frame.js';
import { PhizError } from '../../core/error.js';
import { readError } from '../files/read-error.js';
import { readImage } from '../images/read-image.js';
import { unsampled } from './frame-errors.js';
import { imageClip } from './image-clip.js';

const NUMBER = /%(?:0(\d{1,2}))?d/;

/** Whether a path names such images: it has a `%d` or `%05d` in its last part, and there is no file of that very name. */
export function isSequence(path: string): boolean {
  return basename(path).split(/%(?:0\d{1,2})?d/).length === 2 && !existsSync(path);
}

export interface SequenceOptions {
  /** What messages call it. */
  readonly called: string;
  /** Images a second. */
  readonly frameRate: number | undefined;
  readonly maxPixels: number;
  readonly maxDuration: number;
  readonly signal?: AbortSignal | undefined;
}

/** Throws PhizError `invalid-option` without a frame rate, `file-not-found`, `invalid-data`, `image-too-large`, and what `readImage` throws. */
export async function openSequence(
  pattern: string,
  { called, frameRate, maxPixels, maxDuration, signal }: SequenceOptions,
): Promise<FrameSource> {
  if (frameRate === undefined || !(frameRate > 0))
    throw new PhizError(
      'invalid-option',
      `${called} is a sequence of images, which do not say how fast they follow; give their fps`,
    );
  const numbers = await numbersOf(pattern, called);
  const first = numbers[0]!;
  const length = numbers.at(-1)! - first + 1;
  const duration = length / frameRate;
  if (duration > maxDuration)
    throw new PhizError(
      'invalid-data',
      `${called} lasts ${duration} s, more than the limit of ${maxDuration} s; raise maxDuration`,
    );
  const read = (number: number) => readImage(fileOf(pattern, number), { maxPixels });
  const { width, height } = await read(first);
  return imageClip({
    called,
    signal,
    facts: { width, height, duration, frameRate, frameCount: numbers.length, codec: 'images', container: 'images' },
    async *frames(wanted, goOn) {
      for (const number of numbers) {
        goOn();
        const times = { timestamp: (number - first) / frameRate, duration: 1 / frameRate };
        if (!wanted(times.timestamp)) {
          yield unsampled(times);
          continue;
        }
        const image = await read(number);
        if (image.width !== width || image.height !== height)
          throw new PhizError(
            'invalid-data',
            `${fileOf(pattern, number)} has ${image.width}×${image.height} pixels, the images before ${width}×${height}`,
          );
        yield { ...times, image };
      }
    },
  });
}

function fileOf(pattern: string, number: number): string {
  const digits = Number(NUMBER.exec(basename(pattern))![1] ?? 1);
  return join(
    dirname(pattern),
    basename(pattern).replace(NUMBER, () => String(number).padStart(digits, '0')),
  );
}

/** The numbers for which there is an image, in order. */
async function numbersOf(pattern: string, called: string): Promise<readonly number[]> {
  const folder = dirname(pattern);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw readError(`the folder ${folder}`, cause);
  });
  const [before, after] = basename(pattern).split(/%(?:0\d{1,2})?d/) as [string, string];
  const found = names.flatMap((name) => {
    const digits = name.slice(before.length, name.length - after.length);
    return /^\d{1,12}$/.test(digits) && name === basename(fileOf(pattern, Number(digits))) ? [Number(digits)] : [];
  });
  if (found.length === 0) throw new PhizError('file-not-found', `there is no image ${called}`);
  return found.sort((a, b) => a - b);
}
