/**
 * The book of a clip's pictures while it is decoded: each coded picture that goes in, each frame that comes out and at what time,
 * so that at the end nothing is missing without a word. Knows no decoder and no pixels; times are seconds.
 *
 * Times are the file's own where they go on. Some files (bare streams put into a container) number pictures in the order in which
 * they are decoded; then frames come out with times that jump about, and get the same times in rising order.
 */
import { timeJump } from '../../analyze/frame.js';
import type { DropReason, FrameAccount } from '../../results/video-result.js';

/** A coded picture on its way to the decoder. */
export interface CodedPicture {
  /** Seconds; undefined where the file does not say. */
  readonly time: number | undefined;
  readonly key: boolean;
  readonly empty: boolean;
  /** False where the codec marks it as never shown. */
  readonly shown: boolean;
}

/** A frame from the decoder. */
export interface DecodedPicture {
  /** Of the coded picture it was made of; undefined where that had none. */
  readonly time: number | undefined;
  /** The decoder's best guess, undefined where it has none. */
  readonly guess: number | undefined;
  /** The decoder changes the order of pictures. */
  readonly reorders: boolean;
  /** Made of two fields, which may have come as two pictures. */
  readonly interlaced: boolean;
  /** Of another size than the first. */
  readonly resized?: boolean | undefined;
}

export interface FrameLedger {
  send(picture: CodedPicture): void;
  /** The time of a frame: always after the one before; `jump` says where the file's went back too far to be mended in silence. */
  receive(picture: DecodedPicture): { readonly time: number; readonly jump: string | undefined };
  /** Notes that a frame was given, or that it ends before the clip begins. */
  give(shown: boolean): void;
  /** Closes the book. `listed`: pictures that the file's tables list, where they do. */
  close(listed: number | undefined): FrameAccount;
}

/** Frames behind which a picture that has not come out does not come any more; no codec holds as many back. */
const LONGEST_DELAY = 32;

/** Longest distance of two frames, in seconds, that is taken for the usual one. */
const LONGEST_STEP = 1;

/** @param usual seconds from one frame to the next, for frames without a usable time, until frames tell better */
export function createFrameLedger(usual: number): FrameLedger {
  let step = Math.min(usual, LONGEST_STEP);
  let [read, received, given, retimed, resized, repeated, unshown, fields, early] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  /** Times of the pictures before the first key frame that did not come out. */
  const beforeKey = new Set<number>();
  let keySeen = false;
  /** Times of pictures that did not come out yet, while they rise in the order of decoding: each with its number. */
  let rising: { readonly time: number; readonly number: number }[] | undefined = [];
  let latest = Number.NEGATIVE_INFINITY;
  let previous = Number.NEGATIVE_INFINITY;
  /** Whether the frame before has the file's own time. */
  let keptBefore = false;
  /** Added to the file's times behind jumps. */
  let shift = 0;

  /** In the order of decoding, as long as that is the order of times: the time that is next. */
  const inOrder = ({ time, reorders }: DecodedPicture): number | undefined => {
    if (time === undefined || !rising) return undefined;
    // What the first frame leaves behind cannot be decoded; what waits too long, neither.
    const stale = (one: { readonly time: number; readonly number: number }) =>
      (received === 1 && one.time < time) || one.number < received - LONGEST_DELAY;
    rising = rising.filter((one) => !stale(one));
    if (!reorders) {
      rising = rising.filter((one) => one.time > time);
      return time;
    }
    return rising.shift()?.time;
  };

  return {
    send({ time, key, empty, shown }) {
      read++;
      if (key) keySeen = true;
      if (empty) repeated++;
      else if (!shown) unshown++;
      if (empty || !shown || time === undefined) return;
      if (!keySeen) beforeKey.add(time);
      if (time > latest) rising?.push({ time, number: read });
      else rising = undefined;
      latest = Math.max(latest, time);
    },
    receive(picture) {
      received++;
      if (picture.interlaced) fields++;
      if (picture.resized) resized++;
      if (picture.time !== undefined) beforeKey.delete(picture.time);
      const own = picture.time ?? picture.guess;
      const risen = inOrder(picture);
      // An edit list that makes up for reordering would cut off what was never reordered.
      if (risen !== undefined && risen !== picture.time && received === 2 && previous < 0) shift = -previous;
      let time = (risen ?? picture.guess ?? previous + step) + shift;
      if (!Number.isFinite(time)) time = 0;
      const jump = timeJump(previous, time);
      if (jump) {
        shift += previous + step - time;
        time = previous + step;
      } else if (time <= previous) time = previous + step / 2;
      const kept = own === time;
      if (!kept) retimed++;
      // From a time that was made up, a distance tells nothing.
      else if (keptBefore && time - previous <= LONGEST_STEP) step = time - previous;
      keptBefore = kept;
      previous = time;
      return { time, jump };
    },
    give(shown) {
      if (shown) given++;
      else early++;
    },
    close(listed) {
      const missing = Math.max((listed ?? 0) - read, 0);
      let left = Math.max(read - repeated - unshown - received, 0);
      const take = (most: number): number => {
        const taken = Math.min(left, most);
        left -= taken;
        return taken;
      };
      const noKey = take(beforeKey.size);
      const second = take(fields);
      const counts: readonly (readonly [DropReason, number])[] = [
        ['no-key-frame', noKey],
        ['undecodable', left],
        ['missing', missing],
        ['before-start', early],
        ['not-shown', unshown + second],
      ];
      return {
        // Some packets hold two pictures.
        read: Math.max(read, received + repeated + unshown) + missing,
        given,
        retimed,
        ...(resized ? { resized } : {}),
        repeated,
        dropped: counts.filter(([, frames]) => frames > 0).map(([why, frames]) => ({ frames, why })),
      };
    },
  };
}

/** Why frames that belong to the clip were not given; undefined where none is lost. */
export function lossText({ read, dropped }: FrameAccount): string | undefined {
  const of = (reason: DropReason) => dropped.find(({ why }) => why === reason)?.frames ?? 0;
  const [noKey, undecodable, missing] = [of('no-key-frame'), of('undecodable'), of('missing')];
  const lost = [
    noKey && `${noKey} of its ${read} frames cannot be decoded, since it begins without a key frame`,
    undecodable && `${undecodable} of its ${read} frames cannot be decoded`,
    missing && `${missing} of the ${read} frames that it lists are not there`,
  ].filter(Boolean);
  return lost.length ? lost.join(', ') : undefined;
}
