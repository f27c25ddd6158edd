/**
 * Pixels to H.264 packets: libx264 from FFmpeg's libraries, reached through node-av, which @mediabunny/server brings. Used
 * directly because mediabunny's own encoder knows two presets only: its fast one makes files several times as large, its good
 * one takes several times as long. Conversion and encoding run on threads of libuv's pool, so JavaScript goes on beside them.
 *
 * Colours are BT.709 primaries with the BT.601 matrix, in limited range, and the stream says so; players need not guess.
 */
import type { Frame, SoftwareScaleContext } from 'node-av/lib';
import { PhizError } from '../../core/error.js';
import type { Image } from '../../core/image.js';
import { type Av, checkAv, loadAv } from './av.js';

/** A piece of an H.264 stream in Annex B form: one image. */
export interface VideoPacket {
  readonly data: Uint8Array;
  readonly key: boolean;
  /** As given to `encode`. */
  readonly pts: number;
}

export interface H264Encoder {
  /** Even: an image of odd width or height is enlarged by its own last column or row. */
  readonly width: number;
  readonly height: number;
  /** Copies an image's pixels; `encode` takes each copy once. */
  stage(image: Image): StagedFrame;
  /**
   * Encodes a staged image; gives the packets that are ready, in display order. One call at a time. `pts` counts in the time
   * base and only grows.
   */
  encode(copy: StagedFrame, pts: number): Promise<readonly VideoPacket[]>;
  /** The packets still inside. */
  flush(): Promise<readonly VideoPacket[]>;
  close(): void;
}

/** Pixels that wait for their turn. */
export interface StagedFrame {
  readonly frame: Frame;
  readonly channels: Image['channels'];
}

export interface H264EncoderOptions {
  /** Size of the images in pixels. */
  readonly width: number;
  readonly height: number;
  /** Images a second, about: plans bits; `pts` alone says when they show. */
  readonly frameRate: number;
  /** Units of `pts` in a second. */
  readonly timeBase: number;
}

/** libx264's constant rate factor: 18 is hardly told from the source, 23 its default. */
const QUALITY = '21';
/** Seconds from one key image to the next, at most: how finely players can seek. */
const KEY_SECONDS = 2;

/** Opens an encoder. Throws PhizError `engine-unavailable` where FFmpeg's libraries or libx264 are absent here. */
export async function createH264Encoder({
  width: givenWidth,
  height: givenHeight,
  frameRate,
  timeBase,
}: H264EncoderOptions): Promise<H264Encoder> {
  const av = await loadAv();
  const codec = av.Codec.findEncoderByName(av.FF_ENCODER_LIBX264);
  if (!codec) throw new PhizError('engine-unavailable', "this build of FFmpeg's libraries has no H.264 encoder (libx264)");
  const width = givenWidth + (givenWidth & 1);
  const height = givenHeight + (givenHeight & 1);
  const perSecond = Math.min(Math.max(Math.round(frameRate), 1), 240);

  const context = new av.CodecContext();
  context.allocContext3(codec);
  context.width = width;
  context.height = height;
  context.pixelFormat = av.AV_PIX_FMT_YUV420P;
  context.timeBase = new av.Rational(1, timeBase);
  context.framerate = new av.Rational(perSecond, 1);
  context.gopSize = perSecond * KEY_SECONDS;
  // Without images that refer to later ones, packets come in display order, which every muxer and player gets right.
  context.maxBFrames = 0;
  context.colorPrimaries = av.AVCOL_PRI_BT709;
  context.colorTrc = av.AVCOL_TRC_BT709;
  context.colorSpace = av.AVCOL_SPC_SMPTE170M;
  context.colorRange = av.AVCOL_RANGE_MPEG;
  context.threadCount = 1;
  context.setOption('preset', 'veryfast');
  context.setOption('crf', QUALITY);
  checkAv(av, await context.open2(), 'the H.264 encoder does not open');

  const packet = new av.Packet();
  packet.alloc();
  const converted = frameOf(av, width, height, av.AV_PIX_FMT_YUV420P);
  const formats = { 1: av.AV_PIX_FMT_GRAY8, 3: av.AV_PIX_FMT_RGB24, 4: av.AV_PIX_FMT_RGBA } as const;
  const scalers = new Map<Image['channels'], SoftwareScaleContext>();
  const idle: StagedFrame[] = [];
  const staged = new Set<StagedFrame>();

  const scalerFor = (channels: Image['channels']): SoftwareScaleContext => {
    const known = scalers.get(channels);
    if (known) return known;
    const scaler = new av.SoftwareScaleContext();
    scaler.getContext(width, height, formats[channels], width, height, av.AV_PIX_FMT_YUV420P, av.SWS_FAST_BILINEAR);
    scalers.set(channels, scaler);
    return scaler;
  };
  const receive = async (): Promise<readonly VideoPacket[]> => {
    const packets: VideoPacket[] = [];
    for (;;) {
      const status = await context.receivePacket(packet);
      if (status === av.AVERROR_EAGAIN || status === av.AVERROR_EOF) return packets;
      checkAv(av, status, 'an image was not encoded');
      if (packet.data) packets.push({ data: new Uint8Array(packet.data), key: packet.isKeyframe, pts: Number(packet.pts) });
      packet.unref();
    }
  };

  return {
    width,
    height,
    stage(image) {
      if (image.width !== givenWidth || image.height !== givenHeight)
        throw new PhizError(
          'invalid-data',
          `a clip's frames have one size, ${givenWidth}×${givenHeight}; got ${image.width}×${image.height}`,
        );
      const { channels } = image;
      const at = idle.findIndex((copy) => copy.channels === channels);
      const copy = at < 0 ? { frame: frameOf(av, width, height, formats[channels]), channels } : idle.splice(at, 1)[0]!;
      copyPixels(image, copy.frame.data![0]!, copy.frame.linesize[0]!, width, height);
      staged.add(copy);
      return copy;
    },
    async encode(copy, pts) {
      // The encoder may still hold the image before.
      checkAv(av, converted.makeWritable(), 'no memory for an image');
      checkAv(av, await scalerFor(copy.channels).scaleFrame(converted, copy.frame), 'an image was not converted');
      staged.delete(copy);
      idle.push(copy);
      converted.pts = BigInt(pts);
      converted.pictType = av.AV_PICTURE_TYPE_NONE;
      checkAv(av, await context.sendFrame(converted), 'an image was not encoded');
      return await receive();
    },
    async flush() {
      checkAv(av, await context.sendFrame(null), 'the encoder did not end');
      return await receive();
    },
    close() {
      for (const { frame } of [...idle, ...staged]) frame.free();
      for (const scaler of scalers.values()) scaler.freeContext();
      packet.free();
      converted.free();
      context.freeContext();
    },
  };
}

/** Copies pixels into rows of `stride` bytes; columns and rows beyond the image repeat its last ones. */
function copyPixels(
  { width: w, height: h, channels, data }: Image,
  into: Uint8Array,
  stride: number,
  width: number,
  height: number,
): void {
  const row = w * channels;
  if (stride === row && h === height) into.set(data);
  else for (let y = 0; y < h; y++) into.set(data.subarray(y * row, (y + 1) * row), y * stride);
  if (width > w) for (let y = 0; y < h; y++) into.copyWithin(y * stride + row, y * stride + row - channels, y * stride + row);
  if (height > h) into.copyWithin(h * stride, (h - 1) * stride, (h - 1) * stride + width * channels);
}

function frameOf(av: Av, width: number, height: number, format: Frame['format']): Frame {
  const frame = new av.Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = format;
  checkAv(av, frame.allocBuffer(), 'no memory for an image');
  return frame;
}
