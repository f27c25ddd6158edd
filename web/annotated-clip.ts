/**
 * The annotated clip, as `phiz analyze` writes it: read once more, each frame marked with what was found in it, sound as it was. With
 * faces hidden each frame is looked at as closely as it can be, and hidden with foresight.
 */
import { lookClosely } from '#dist/analyze/close-look.js';
import { createClipWriter } from '#dist/browser/clip-writer.js';
import { PixelReader } from '#dist/browser/image-source.js';
import type { BrowserAnalyzer, BrowserClip, FrameResult } from '#dist/browser/index.js';
import { createClipAnnotator } from '#dist/media/clip-annotator.js';
import { facesAt } from '#dist/media/faces-at.js';
import { createForesight, type MarkedFrame } from '#dist/media/foresight.js';
import { createLettering } from '#dist/media/lettering.js';
import { FONT } from './stage.js';

export interface AnnotatedClipOptions {
  readonly file: File;
  readonly clip: BrowserClip;
  readonly analyzer: BrowserAnalyzer;
  /** What was found. */
  readonly frames: readonly FrameResult[];
  /** The clip was not read to its end: the annotated one ends where the frames do. */
  readonly partial: boolean;
  readonly blur: boolean;
  readonly sound: boolean;
  readonly signal: AbortSignal;
  /** Is told how much of it is written, 0 to 1. */
  onProgress(share: number): void;
}

/** Throws PhizError `engine-unavailable` where this browser encodes no such clip, `aborted`. */
export async function annotatedClip(options: AnnotatedClipOptions): Promise<Blob> {
  const { file, clip, analyzer, frames, partial, blur, sound, signal, onProgress } = options;
  const { width, height, duration: length } = clip.facts;
  const { attributes } = analyzer;
  const lettering = createLettering((w, h) => new OffscreenCanvas(w, h).getContext('2d', { willReadFrequently: true })!, FONT);
  const annotator = createClipAnnotator({ lettering, width, height, blur, attributes });
  const writer = await createClipWriter({ width, height, soundOf: sound ? file : undefined });
  const last = frames.at(-1);
  const end = last && partial ? last.timestamp + last.duration : Infinity;
  const reader = new PixelReader();
  try {
    const write = async ({ image, timestamp, duration, faces, hide }: MarkedFrame) => {
      await writer.add(annotator.draw(image, faces, hide), timestamp, duration);
      onProgress(Math.min((timestamp + duration) / length, 1));
    };
    const foresight = blur ? createForesight(write) : undefined;
    for await (const frame of clip.frames({ signal })) {
      const { timestamp, duration } = frame;
      const image = await reader.read(frame.bitmap);
      frame.release();
      if (timestamp >= end) break;
      const hide = blur ? await lookClosely(analyzer, image, { turn: false, signal }) : [];
      const marked = { image, timestamp, duration, faces: facesAt(frames, timestamp), hide };
      await (foresight ? foresight.add(marked, true) : write(marked));
      reader.recycle(image.data.buffer);
    }
    await foresight?.finish();
    return await writer.finish();
  } catch (error) {
    await writer.cancel();
    throw error;
  }
}
