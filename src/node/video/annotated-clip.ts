/**
 * `<name>.annotated.mp4`: every frame of a clip with its faces marked, in a file of the same frames and sound. What is drawn is
 * src/node/images/annotate-clip.ts, how it is written write-clip.ts; here both meet, and faces are hidden with foresight.
 *
 * A detector sees a face a little late or loses it for a moment, and then nothing would hide it. So with `blur` frames wait a
 * moment before they are written: where a face comes up in one of the frames that follow, or was there just before, its place
 * is hidden in them too. Faces that nobody follows stay hidden until the next frame that is looked at.
 */
import type { ClipFacts, Frame } from '../../analyze/frame.js';
import type { Attribute } from '../../attributes/attribute.js';
import { type BoundingBox, iou } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import type { ClipFace } from '../../media/clip-marks.js';
import { createClipAnnotator } from '../images/annotate-clip.js';
import { createClipWriter } from './write-clip.js';

/** Where an annotated clip goes, and what is drawn in it. */
export interface AnnotatedClipOptions {
  readonly path: string;
  readonly facts: ClipFacts;
  /** The clip whose sound is taken: its path or its bytes. */
  readonly audioFrom?: string | Uint8Array | undefined;
  /** What is written of a face; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
  /** Show the confidences of the largest face's classes as bars. Default: true. */
  readonly bars?: boolean | undefined;
  /** Hide the faces; boxes and labels stay. Default: false. */
  readonly blur?: boolean | undefined;
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

/** A frame that waits. */
interface Held {
  readonly image: Image;
  readonly timestamp: number;
  readonly duration: number;
  readonly faces: readonly ClipFace[];
  readonly hide: BoundingBox[];
}

/** Seconds for which a face is hidden before it is found and after it is lost. */
const FORESIGHT = 0.5;
/** Overlap (IoU) from which a box is taken for the same face as one seen before. */
const SAME = 0.3;
/** Bytes of pixels that may wait; larger frames wait for a shorter time. */
const MOST_HELD = 128 * 2 ** 20;

/** Opens an annotated clip. Throws PhizError `unwritable-file`, `engine-unavailable`. */
export async function openAnnotatedClip({
  path,
  facts,
  audioFrom,
  bars = true,
  blur = false,
  attributes,
}: AnnotatedClipOptions): Promise<AnnotatedClip> {
  const { width, height } = facts;
  const annotator = await createClipAnnotator({ width, height, bars, blur, attributes });
  const writer = await createClipWriter({ path, facts, audioFrom });
  const held: Held[] = [];
  const idle: Uint8Array[] = [];
  /** Where each person was last, in frames already taken. */
  const seen = new Map<number, { readonly box: BoundingBox; readonly time: number }>();
  /** Where faces were that nobody follows. */
  let strangers: readonly { readonly box: BoundingBox; readonly time: number }[] = [];
  let analysedAt = Number.NEGATIVE_INFINITY;

  const write = async ({ image, timestamp, duration, faces, hide }: Held): Promise<void> => {
    await writer.add(annotator.draw(image, faces, hide), timestamp, duration);
  };
  const release = async (): Promise<void> => {
    const first = held.shift()!;
    await write(first);
    idle.push(first.image.data as Uint8Array);
  };
  const copy = (image: Image): Image => {
    const memory = idle.pop();
    const data = memory?.length === image.data.length ? memory : new Uint8Array(image.data.length);
    data.set(image.data);
    return { ...image, data };
  };
  /** Notes the strangers of a frame that was looked at, and hides them in those before it where they were not known yet. */
  const meet = ({ timestamp, faces, hide }: Held): void => {
    const known = (box: BoundingBox) => strangers.some((own) => iou(own.box, box) >= SAME);
    for (const box of hide)
      for (const before of held)
        if (before.timestamp > analysedAt || (timestamp - before.timestamp <= FORESIGHT && !known(box))) before.hide.push(box);
    const here = [...hide, ...faces.map(({ box }) => box)];
    strangers = [
      ...hide.map((box) => ({ box, time: timestamp })),
      ...strangers.filter(({ box, time }) => timestamp - time <= FORESIGHT && !here.some((own) => iou(own, box) >= SAME)),
    ];
    analysedAt = timestamp;
  };
  const hold = async (frame: Held, analysed: boolean): Promise<void> => {
    const { timestamp, faces, hide } = frame;
    if (analysed) meet(frame);
    for (const { box, time } of strangers)
      if (time !== timestamp && (time >= analysedAt || timestamp - time <= FORESIGHT)) hide.push(box);
    for (const { person, box } of faces) {
      for (const before of held) if (before.faces.every((face) => face.person !== person)) before.hide.push(box);
      seen.set(person, { box, time: timestamp });
    }
    for (const [person, { box, time }] of seen) {
      if (timestamp - time > FORESIGHT) seen.delete(person);
      else if (time !== timestamp) hide.push(box);
    }
    held.push({ ...frame, image: copy(frame.image) });
    // A frame after which no other was analysed yet may hold a face that nobody has seen so far.
    const ripe = ({ timestamp: time }: Held): boolean => time < analysedAt && timestamp - time >= FORESIGHT;
    const most = Math.max(Math.floor(MOST_HELD / frame.image.data.length), 1);
    while (held.length > 0 && (ripe(held[0]!) || held.length > most)) await release();
  };

  return {
    get warning() {
      return writer.warning;
    },
    async add({ image, timestamp, duration }, faces, { analysed = true, seen: others = [] } = {}) {
      const frame: Held = { image, timestamp, duration, faces, hide: [...others] };
      await (blur ? hold(frame, analysed) : write(frame));
    },
    async finish(options) {
      while (held.length > 0) await release();
      await writer.finish(options);
    },
    dispose: writer.dispose,
    [Symbol.asyncDispose]: writer.dispose,
  };
}
