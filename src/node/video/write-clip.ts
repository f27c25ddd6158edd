/**
 * Writes a clip as MP4: H.264 images with the very timestamps and durations they are given (a variable frame rate stays one),
 * and the sound of another clip beside them. Knows nothing of faces: what is drawn on the images is drawn before
 * (src/media/clip-annotator.ts). A file is whole or not there: it is written under another name, looked at again and renamed at the end.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type * as Mediabunny from 'mediabunny';
import type { ClipFacts } from '../../analyze/frame.js';
import { PhizError } from '../../core/error.js';
import { checkImage, type Image } from '../../core/image.js';
import { makeFolder } from '../files/make-folder.js';
import { missingPackage } from '../files/missing-package.js';
import { pathProblem } from '../files/path-problem.js';
import { sweepOrphans, temporaryFor } from '../files/temporary.js';
import { CLIP_PACKAGES } from './av.js';
import { type AudioFeed, openAudio } from './copy-audio.js';
import { createH264Encoder, type H264Encoder, type VideoPacket } from './h264-encoder.js';

export interface ClipWriterOptions {
  /** Where the file goes; `.mp4`. Missing folders are made. */
  readonly path: string;
  /** Of the images that will come: size, mean frame rate. */
  readonly facts: Pick<ClipFacts, 'width' | 'height' | 'frameRate' | 'start'>;
  /** The clip whose sound is taken, from `facts.start` on: its path or its bytes. */
  readonly audioFrom?: string | Uint8Array | undefined;
}

export interface ClipWriter extends AsyncDisposable {
  /** Why the clip's sound does not come along, or not to its end, where that is so. */
  readonly warning: string | undefined;
  /**
   * Adds an image that shows from `timestamp` for `duration` seconds, later than the one before. Resolves when the pixels are
   * copied, at once unless encoding has fallen behind. What went wrong with an earlier image rejects here.
   * Throws PhizError `invalid-data` (size, timestamp), `engine-failed`, `unwritable-file`, `disposed`.
   */
  add(image: Image, timestamp: number, duration: number): Promise<void>;
  /**
   * Writes what is left and puts the file in its place. With `partial`, sound ends with the images; else all of it is written.
   * Without any image there is no file.
   */
  finish(options?: { readonly partial?: boolean }): Promise<void>;
  /** Leaves nothing behind where `finish` was not called. */
  dispose(): Promise<void>;
}

/** Ticks of a second in the file: every usual frame rate (24, 25, 30, 50, 60, 120, NTSC's, milliseconds, 90 kHz) falls on them. */
const TICKS = 720_000;
/** Images under way before `add` waits. */
const AHEAD = 3;
/** Seconds that sound is written ahead of the images. */
const AUDIO_AHEAD = 0.5;

/**
 * Opens a writer. Images of odd width or height are enlarged by one column or row (a copy of the last), since H.264 with
 * usual colour halves needs even sizes. Throws PhizError `unwritable-file`, `engine-unavailable`.
 *
 * @example
 * await using writer = await createClipWriter({ path: 'out.mp4', facts, audioFrom: 'clip.mp4' });
 * for await (const { image, timestamp, duration } of source.frames()) await writer.add(image, timestamp, duration);
 * await writer.finish();
 */
export async function createClipWriter({ path, facts, audioFrom }: ClipWriterOptions): Promise<ClipWriter> {
  const { width, height, frameRate } = facts;
  const bunny = await loadMediabunny();
  const encoder = await createH264Encoder({ width, height, frameRate, timeBase: TICKS });

  let audio: AudioFeed | undefined;
  let warning: string | undefined;
  if (audioFrom !== undefined)
    try {
      audio = await openAudio(bunny, audioFrom, facts.start);
    } catch (error) {
      if (!(error instanceof PhizError)) throw error;
      warning = `the annotated clip is silent: ${error.message}`;
    }

  await sweepOrphans(dirname(path));
  const temporary = temporaryFor(path);
  let file: FileHandle;
  try {
    await makeFolder(dirname(path), { mode: 0o700 });
    file = await open(temporary, 'wx', 0o600);
  } catch (cause) {
    encoder.close();
    await audio?.close();
    throw foreseen(path, cause);
  }

  const output = new bunny.Output({
    format: new bunny.Mp4OutputFormat({ fastStart: false }),
    target: new bunny.StreamTarget(writableFile(file), { chunked: true }),
  });
  const video = new bunny.EncodedVideoPacketSource('avc');
  // mediabunny takes a track's ticks from what it calls the frame rate.
  output.addVideoTrack(video, { frameRate: TICKS });
  if (audio) output.addAudioTrack(audio.source);

  const durations = new Map<number, number>();
  const running: Promise<void>[] = [];
  let failure: { readonly cause: unknown } | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let end = 0;
  let added = 0;
  let state: 'open' | 'finished' | 'disposed' = 'open';

  /** What is written runs one step after the other; after a failure nothing more runs. */
  const enqueue = (step: () => Promise<void>): void => {
    const before = running.at(-1);
    const done = (async () => {
      await before;
      if (!failure)
        await step().catch((cause: unknown) => {
          failure = { cause };
        });
      running.shift();
    })();
    running.push(done);
  };
  const idle = async (most: number): Promise<void> => {
    while (running.length > most) await running[0];
    if (failure) throw foreseen(path, failure.cause);
  };
  const write = async (packets: readonly VideoPacket[]): Promise<void> => {
    for (const { data, key, pts } of packets) {
      const duration = durations.get(pts) ?? 0;
      durations.delete(pts);
      const meta = output.state === 'pending' ? { decoderConfig: decoderConfig(data, encoder) } : undefined;
      if (output.state === 'pending') await output.start();
      await video.add(new bunny.EncodedPacket(data, key ? 'key' : 'delta', pts / TICKS, duration), meta);
    }
  };
  const feedAudio = async (until?: number): Promise<void> => {
    if (!audio || output.state === 'pending') return;
    try {
      await audio.feed(until);
    } catch (error) {
      warning = `the sound of the annotated clip ends early: ${(error as Error).message}`;
      await closeAudio();
    }
  };
  const closeAudio = async (): Promise<void> => {
    const closing = audio;
    audio = undefined;
    await closing?.close();
  };
  const dispose = async (): Promise<void> => {
    if (state === 'disposed') return;
    const finished = state === 'finished';
    state = 'disposed';
    await Promise.all(running);
    await closeAudio();
    encoder.close();
    if (!finished && output.state === 'started') await output.cancel();
    await file.close();
    if (!finished) await rm(temporary, { force: true });
  };

  return {
    get warning() {
      return warning;
    },
    async add(image, timestamp, duration) {
      if (state !== 'open') throw new PhizError('disposed', 'this clip is finished; nothing can be added to it');
      checkImage(image);
      if (!Number.isFinite(timestamp) || !(duration >= 0 && Number.isFinite(duration)))
        throw new PhizError('invalid-data', `an image needs a time and a duration in seconds; got ${timestamp} and ${duration}`);
      const pts = Math.round(timestamp * TICKS);
      if (pts <= last)
        throw new PhizError(
          'invalid-data',
          `images come in the order of their timestamps; got ${timestamp} s after ${last / TICKS} s`,
        );
      last = pts;
      await idle(AHEAD - 1);
      const copy = encoder.stage(image);
      added++;
      durations.set(pts, duration);
      end = timestamp + duration;
      enqueue(async () => {
        await write(await encoder.encode(copy, pts));
        await feedAudio(timestamp + AUDIO_AHEAD);
      });
    },
    async finish({ partial = false } = {}) {
      if (state !== 'open') throw new PhizError('disposed', 'this clip is finished already');
      await idle(0);
      if (last === Number.NEGATIVE_INFINITY) return await dispose();
      try {
        await write(await encoder.flush());
        await feedAudio(partial ? end : undefined);
        await output.finalize();
        await file.close();
        await checkWhole(bunny, temporary, added);
        await rename(temporary, path);
        state = 'finished';
      } catch (cause) {
        throw foreseen(path, cause);
      } finally {
        await dispose();
      }
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/**
 * A file that stays open until its owner closes it. mediabunny's own target for files opens them at some later moment, perhaps after an
 * unused one was removed, which brings it back; and never closes what was not begun.
 */
function writableFile(file: FileHandle): WritableStream<Mediabunny.StreamTargetChunk> {
  return new WritableStream({
    async write({ data, position }) {
      for (let done = 0; done < data.length; )
        done += (await file.write(data, done, data.length - done, position + done)).bytesWritten;
    },
  });
}

/** Throws where a file, read from the disk, is not a clip of so many images: it must not take the place of a good one. */
async function checkWhole(bunny: typeof Mediabunny, path: string, images: number): Promise<void> {
  using input = new bunny.Input({ source: new bunny.FilePathSource(path), formats: [bunny.MP4] });
  const track = await input.getPrimaryVideoTrack();
  const { packetCount = 0 } = (await track?.computePacketStats(undefined, { metadataOnly: true })) ?? {};
  if (packetCount !== images) throw new Error(`${packetCount} of ${images} frames arrived on the disk`);
}

/** What a player needs to know: from the stream's own parameters, the first thing in its first packet. */
function decoderConfig(data: Uint8Array, { width, height }: H264Encoder): VideoDecoderConfig {
  // A sequence parameter set (type 7) begins with profile, constraints and level, which name the codec (RFC 6381).
  const at = data.findIndex((byte, i) => (byte & 0x1f) === 7 && data[i - 1] === 1 && data[i - 2] === 0 && data[i - 3] === 0);
  const name = [...data.subarray(at + 1, at + 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    codec: `avc1.${name}`,
    codedWidth: width,
    codedHeight: height,
    colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'smpte170m', fullRange: false },
  };
}

function foreseen(path: string, cause: unknown): PhizError {
  if (cause instanceof PhizError) return cause;
  const reason = (cause as NodeJS.ErrnoException).code === undefined ? (cause as Error).message : pathProblem(cause);
  return new PhizError('unwritable-file', `${path} cannot be written: ${reason}`, { cause });
}

async function loadMediabunny(): Promise<typeof Mediabunny> {
  try {
    const [bunny, { registerMediabunnyServer }] = await Promise.all([import('mediabunny'), import('@mediabunny/server')]);
    // Without this FFmpeg looks for graphics cards, slowly.
    registerMediabunnyServer({ hardwareContext: null });
    return bunny;
  } catch (cause) {
    throw missingPackage('clips need', CLIP_PACKAGES, cause);
  }
}
