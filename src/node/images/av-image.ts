/**
 * Images that sharp does not decode but FFmpeg does: BMP, Netpbm, JPEG XL and JPEG 2000, by node-av, handed on as a TIFF in memory
 * (tiff.ts). One image: of an animated JPEG XL the first. libjxl obeys the orientation that the file asks for.
 */
import type { Frame } from 'node-av/lib';
import { PhizError } from '../../core/error.js';
import { missingPackage } from '../files/missing-package.js';
import { type Av, loadAv } from '../video/av.js';
import { loadSharp } from './sharp.js';
import { rgbaToTiff } from './tiff.js';

/** FFmpeg's decoder for each format. */
const DECODERS: Readonly<Record<string, string>> = {
  BMP: 'bmp',
  PBM: 'pbm',
  PGM: 'pgm',
  PPM: 'ppm',
  PAM: 'pam',
  'JPEG XL': 'libjxl',
  'JPEG 2000': 'jpeg2000',
};

/** Whether a format (imageFormat) is decoded here. */
export function isAvFormat(format: string): boolean {
  return Object.hasOwn(DECODERS, format);
}

/** An image as an RGBA TIFF. Throws PhizError `engine-unavailable`, or a plain Error where it is damaged. */
export async function avImageToTiff(bytes: Uint8Array, format: string, maxPixels: number): Promise<Uint8Array> {
  const av = await loadAv().catch((error: unknown) => {
    const { cause } = error as PhizError;
    const missing = missingPackage(`${format} images need`, ['node-av'], cause);
    throw new PhizError(missing.code, `${missing.message}; or convert the image to PNG or JPEG`, { cause });
  });
  const codec = av.Codec.findDecoderByName(DECODERS[format]! as Parameters<typeof av.Codec.findDecoderByName>[0]);
  if (!codec)
    throw new PhizError('engine-unavailable', `node-av reads no ${format} images here; convert the image to PNG or JPEG`);
  using context = new av.CodecContext();
  context.allocContext3(codec);
  context.setOption('max_pixels', String(maxPixels));
  context.threadCount = 1;
  using packet = new av.Packet();
  packet.alloc();
  packet.data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  using frame = new av.Frame();
  frame.alloc();
  const step = (status: number): void => {
    if (status < 0) throw new Error(new av.FFmpegError(status).message);
  };
  step(await context.open2(codec));
  step(await context.sendPacket(packet));
  step(await context.sendPacket(null));
  step(await context.receiveFrame(frame));
  const { width, height } = frame;
  return rgbaToTiff(width, height, await rgbaOf(av, frame), await profileOf(av, frame));
}

async function rgbaOf(av: Av, frame: Frame): Promise<Uint8Array> {
  const { width, height } = frame;
  // Nothing is said of brightness in these formats but that it fills its range.
  if (frame.colorRange === av.AVCOL_RANGE_UNSPECIFIED) frame.colorRange = av.AVCOL_RANGE_JPEG;
  using scaler = new av.SoftwareScaleContext();
  const exact = av.SWS_ACCURATE_RND | av.SWS_FULL_CHR_H_INT | av.SWS_BILINEAR;
  const to = av.AV_PIX_FMT_RGBA;
  scaler.getContext(width, height, frame.format as Parameters<typeof scaler.getContext>[2], width, height, to, exact as never);
  using result = new av.Frame();
  result.alloc();
  [result.width, result.height, result.format] = [width, height, to];
  const status = await scaler.scaleFrame(result, frame);
  if (status < 0) throw new Error(new av.FFmpegError(status).message);
  const [data] = result.data!;
  const [stride] = result.linesize;
  const row = 4 * width;
  const rgba = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) rgba.set(data!.subarray(y * stride!, y * stride! + row), y * row);
  return rgba;
}

/** The profile that the image brings, or that of the colours it names (Display P3); undefined for sRGB, as what names none is taken to be. */
async function profileOf(av: Av, frame: Frame): Promise<Uint8Array | undefined> {
  const own = frame.getSideData(av.AV_FRAME_DATA_ICC_PROFILE);
  if (own) return Uint8Array.from(own);
  if (frame.colorPrimaries !== av.AVCOL_PRI_SMPTE432 || frame.colorTrc !== av.AVCOL_TRC_IEC61966_2_1) return undefined;
  const sharp = await loadSharp();
  // libvips has that profile, and gives it along with an image.
  const dot = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } });
  return (await sharp(await dot.withIccProfile('p3').png().toBuffer()).metadata()).icc;
}
