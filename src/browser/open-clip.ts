/**
 * A video file as a source of frames, with the true timestamps of its container: demuxed by mediabunny, decoded by the browser's own
 * codecs (WebCodecs). Reads the file piece by piece; nothing is uploaded.
 */
import type { Input, InputVideoTrack, VideoSample } from 'mediabunny';
import { type ClipFacts, clipStart, type FramesOptions, timeJump } from '../analyze/frame.js';
import { PhizError } from '../core/error.js';
import type { Image } from '../core/image.js';
import { blobName } from './blob-name.js';
import type * as dom from './dom-types.js';
import { closeBitmap, PixelReader } from './image-source.js';

/** A frame of a clip. `bitmap` and `image` are valid until `release`. */
export interface ClipFrame {
  /** As displayed: rotation applied, square pixels. */
  readonly bitmap: dom.VideoFrame | dom.ImageBitmap;
  /** The pixels, read when asked for. */
  readonly image: Image;
  readonly timestamp: number;
  readonly duration: number;
  release(): void;
}

/** A video file, open in a browser. */
export interface BrowserClip extends AsyncDisposable {
  readonly facts: ClipFacts;
  /** Frames in display order. Throws PhizError `invalid-data` after the last where the clip is damaged, `aborted`. */
  frames(options?: Pick<FramesOptions, 'signal'>): AsyncGenerator<ClipFrame, void, undefined>;
  /** The frame that is shown at this moment, in seconds; undefined before the first. */
  frameAt(seconds: number): Promise<ClipFrame | undefined>;
  dispose(): Promise<void>;
}

/** Packets looked at to tell the frame rate where the container does not list them. */
const LOOKED_AT = 256;

/**
 * Opens a video file. Throws PhizError `invalid-data` where it is not a video that phiz reads (MP4, MOV, WebM, MKV and what else
 * mediabunny knows), has no image, or uses a codec that this browser does not decode.
 */
export async function openClip(file: Blob): Promise<BrowserClip> {
  const bunny = await import('mediabunny');
  const name = blobName(file);
  const input = new bunny.Input({ source: new bunny.BlobSource(file), formats: bunny.ALL_FORMATS });
  try {
    if (!(await input.canRead())) throw new PhizError('invalid-data', `${name} is not a video that phiz reads`);
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new PhizError('invalid-data', `${name} has no video, only sound`);
    if (!(await track.canDecode()))
      throw new PhizError(
        'invalid-data',
        `this browser does not decode the codec of ${name} (${(await track.getCodec()) ?? 'unknown'})`,
      );
    const start = await clipStart(new bunny.EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true }));
    const facts = await factsOf(input, track, start);
    return clipOf(input, new bunny.VideoSampleSink(track), facts, name);
  } catch (cause) {
    input.dispose();
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('invalid-data', `${name} is damaged: ${(cause as Error).message}`, { cause });
  }
}

function clipOf(
  input: Input,
  sink: InstanceType<typeof import('mediabunny').VideoSampleSink>,
  facts: ClipFacts,
  name: string,
): BrowserClip {
  const dispose = async (): Promise<void> => input.dispose();
  const { start = 0 } = facts;
  return {
    facts,
    async *frames({ signal } = {}) {
      const samples = sink.samples();
      let before = Number.NEGATIVE_INFINITY;
      try {
        for (;;) {
          if (signal?.aborted) throw new PhizError('aborted', 'reading the clip was stopped', { cause: signal.reason });
          const { done, value: sample } = await samples.next().catch((cause: Error) => {
            throw new PhizError('invalid-data', `${name} is damaged: ${cause.message}`, { cause });
          });
          if (done) return;
          const timestamp = sample.timestamp - start;
          const jump = timeJump(before, timestamp);
          if (jump) throw new PhizError('invalid-data', `${name} is damaged: ${jump}`);
          // Some editors leave frames that end before the clip begins, and some files say a time twice.
          if (timestamp + sample.duration <= 0 || timestamp <= before) sample.close();
          else {
            before = timestamp;
            yield await frameFrom(sample, timestamp);
          }
        }
      } finally {
        await samples.return();
      }
    },
    async frameAt(seconds) {
      const sample = await sink.getSample(seconds + start);
      return sample ? frameFrom(sample, sample.timestamp - start) : undefined;
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

async function frameFrom(sample: VideoSample, timestamp: number): Promise<ClipFrame> {
  const { duration } = sample;
  const bitmap = await bitmapOf(sample);
  sample.close();
  let open = true;
  return {
    bitmap,
    timestamp,
    duration,
    get image() {
      if (!open) throw new PhizError('invalid-option', `the frame at ${timestamp} s was released`);
      return new PixelReader().draw(bitmap);
    },
    release() {
      open = false;
      closeBitmap(bitmap);
    },
  };
}

/** The decoder's own frame where it is upright, else a turned copy. */
async function bitmapOf(sample: VideoSample): Promise<VideoFrame | ImageBitmap> {
  const { rotation, flip, displayWidth, displayHeight, squarePixelWidth, squarePixelHeight } = sample;
  if (rotation === 0 && !flip) {
    const frame = sample.toVideoFrame();
    if (frame.displayWidth === squarePixelWidth && frame.displayHeight === squarePixelHeight) return frame;
    frame.close();
  }
  const canvas = new OffscreenCanvas(displayWidth, displayHeight);
  const context = canvas.getContext('2d');
  if (!context)
    throw new PhizError('engine-unavailable', `this browser gives no canvas of ${displayWidth}×${displayHeight} pixels`);
  sample.draw(context, 0, 0, displayWidth, displayHeight);
  return canvas.transferToImageBitmap();
}

async function factsOf(input: Input, track: InputVideoTrack, start: number): Promise<ClipFacts> {
  const format = await input.getFormat();
  // A sample table lists every image; elsewhere the whole file would have to be read.
  const listed = ['MP4', 'QuickTime File Format'].includes(format.name);
  const stats = await track.computePacketStats(listed ? undefined : LOOKED_AT, { metadataOnly: true });
  return {
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    duration: Math.max((await track.computeDuration()) - start, 0),
    start,
    frameRate: stats.averagePacketRate,
    frameCount: listed ? stats.packetCount : undefined,
    codec: (await track.getCodec()) ?? 'unknown',
    container: format.name,
    rotation: await track.getRotation(),
    audio: (await input.getPrimaryAudioTrack()) !== null,
  };
}
