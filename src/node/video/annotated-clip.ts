/**
 * `<name>.annotated.mp4`: every frame of a clip with its faces marked, in a file of the same frames and sound. What is drawn is
 * src/media/clip-annotator.ts, how it is written write-clip.ts; here both meet, and faces are hidden with foresight (foresight.ts).
 */
import type { ClipFacts, Frame } from '../../analyze/frame.js';
import type { Attribute } from '../../attributes/attribute.js';
import type { BoundingBox } from '../../core/geometry.js';
import { createClipAnnotator } from '../../media/clip-annotator.js';
import type { ClipFace } from '../../media/clip-marks.js';
import { createForesight, type MarkedFrame } from '../../media/foresight.js';
import { openLettering } from '../images/lettering.js';
import { type ClipWriter, createClipWriter } from './write-clip.js';

/** What is drawn in an annotated clip. */
export interface DrawnClipOptions {
  readonly facts: ClipFacts;
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Show the confidences of the largest face's classes as bars. Default: true. */
  readonly bars?: boolean | undefined;
  /** Hide the faces; boxes and labels stay. Default: false. */
  readonly blur?: boolean | undefined;
}

/** Where an annotated clip goes, and what is drawn in it. */
export interface AnnotatedClipOptions extends DrawnClipOptions {
  readonly path: string;
  /** The clip whose sound is taken: its path or its bytes. */
  readonly audioFrom?: string | Uint8Array | undefined;
}

export interface AddedFrameOptions {
  /** The frame was looked at. Default: true. */
  readonly analysed?: boolean | undefined;
  /** Further faces, which are hidden with `blur` but get no box. */
  readonly seen?: readonly BoundingBox[] | undefined;
}

/** An annotated clip while it is written: frames go in one by one. */
export interface AnnotatedClip extends AsyncDisposable {
  /** Why the clip's sound does not come along, or not to its end, where that is so. */
  readonly warning: string | undefined;
  /**
   * Takes the next frame with its faces, found or carried. Its pixels are free again when this resolves. Throws what
   * `ClipWriter.add` does.
   */
  add(
    frame: Pick<Frame, 'image' | 'timestamp' | 'duration'>,
    faces: readonly ClipFace[],
    options?: AddedFrameOptions,
  ): Promise<void>;
  /** Writes what is left and puts the file in its place; with `partial`, sound ends with the images. */
  finish(options?: { readonly partial?: boolean }): Promise<void>;
  /** Leaves nothing behind where `finish` was not called. */
  dispose(): Promise<void>;
}

/** Opens an annotated clip, an MP4. Throws PhizError `unwritable-file`, `engine-unavailable`. */
export async function openAnnotatedClip({ path, audioFrom, ...drawn }: AnnotatedClipOptions): Promise<AnnotatedClip> {
  return drawClip(drawn, () => createClipWriter({ path, facts: drawn.facts, audioFrom }));
}

/** An annotated clip that goes to a writer. Throws as what opens it. */
export async function drawClip(
  { facts: { width, height }, bars = true, blur = false, attributes }: DrawnClipOptions,
  openWriter: () => Promise<ClipWriter>,
): Promise<AnnotatedClip> {
  const lettering = await openLettering();
  const annotator = createClipAnnotator({ lettering, width, height, bars, blur, attributes });
  const writer = await openWriter();
  const write = async ({ image, timestamp, duration, faces, hide }: MarkedFrame): Promise<void> => {
    await writer.add(annotator.draw(image, faces, hide), timestamp, duration);
  };
  const foresight = blur ? createForesight(write) : undefined;

  return {
    get warning() {
      return writer.warning;
    },
    async add({ image, timestamp, duration }, faces, { analysed = true, seen: others = [] } = {}) {
      const frame = { image, timestamp, duration, faces, hide: others };
      await (foresight ? foresight.add(frame, analysed) : write(frame));
    },
    async finish(options) {
      await foresight?.finish();
      await writer.finish(options);
    },
    dispose: writer.dispose,
    [Symbol.asyncDispose]: writer.dispose,
  };
}
