/**
 * Faces hidden with foresight in the frames of a clip. A detector sees a face a little late or loses it for a moment, and then nothing
 * would hide it. So frames wait a moment before they are drawn: where a face comes up in one of the frames that follow, or was there
 * just before, its place is hidden in them too. Faces that nobody follows stay hidden until the next frame that is looked at.
 */
import { type BoundingBox, iou } from '../core/geometry.js';
import type { Image } from '../core/image.js';
import type { ClipFace } from './clip-marks.js';

/** A frame with its faces, and where else something is to be hidden. */
export interface MarkedFrame {
  readonly image: Image;
  readonly timestamp: number;
  readonly duration: number;
  readonly faces: readonly ClipFace[];
  readonly hide: readonly BoundingBox[];
}

/** A frame that waits. */
interface Held extends MarkedFrame {
  readonly hide: BoundingBox[];
}

export interface Foresight {
  /** Takes the next frame; its pixels are free again when this resolves. `analysed`: it was looked at. */
  add(frame: MarkedFrame, analysed: boolean): Promise<void>;
  /** Gives what is left. */
  finish(): Promise<void>;
}

/** Seconds for which a face is hidden before it is found and after it is lost. */
const FORESIGHT = 0.5;
/** Overlap (IoU) from which a box is taken for the same face as one seen before. */
const SAME = 0.3;
/** Bytes of pixels that may wait; larger frames wait for a shorter time. */
const MOST_HELD = 128 * 2 ** 20;

/** `write` is given each frame in turn, with all that is to be hidden in it. */
export function createForesight(write: (frame: MarkedFrame) => Promise<void>): Foresight {
  const held: Held[] = [];
  const idle: Uint8Array[] = [];
  /** Where each person was last, in frames already taken. */
  const seen = new Map<number, { readonly box: BoundingBox; readonly time: number }>();
  /** Where faces were that nobody follows. */
  let strangers: readonly { readonly box: BoundingBox; readonly time: number }[] = [];
  let analysedAt = Number.NEGATIVE_INFINITY;

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
    add: (frame, analysed) => hold({ ...frame, hide: [...frame.hide] }, analysed),
    async finish() {
      while (held.length > 0) await release();
    },
  };
}
