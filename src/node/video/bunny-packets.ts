/** Coded pictures from MP4, MOV, WebM and Matroska, demuxed by mediabunny (JavaScript: a hostile file meets no C here). */
import { createRequire } from 'node:module';
import type * as Mediabunny from 'mediabunny';
import type { InputVideoTrack, VideoCodec } from 'mediabunny';
import type { AVCodecID, AVColorSpace } from 'node-av/constants';
import { clipStart } from '../../analyze/frame.js';
import { PhizError } from '../../core/error.js';
import { type Av, openDecoder } from './av.js';
import type { ClipContainer } from './clip-kind.js';
import { isHiddenVp8, type PacketSource } from './packets.js';

/** Times in FFmpeg are whole ticks; a multiple of the track's own loses nothing, and this fine, offsets do not either. */
const FINE = 90_000;

/**
 * Opens the first video track; undefined where its codec is none that mediabunny knows (FFmpeg's demuxer may).
 * Throws PhizError `invalid-data`: no video track; an Error of mediabunny's where the file is damaged.
 */
export async function openBunnyPackets(
  av: Av,
  source: string | Uint8Array,
  container: ClipContainer,
  called: string,
): Promise<PacketSource | undefined> {
  // Required, it is one file; imported, hundreds, which take three times as long to load: much of what a short clip takes.
  const bunny = createRequire(import.meta.url)('mediabunny') as typeof Mediabunny;
  // It reports what it does not know on the console; here that is no news.
  bunny.Logging.level = bunny.LogLevel.Silent;
  const input = new bunny.Input({
    source: typeof source === 'string' ? new bunny.FilePathSource(source) : new bunny.BufferSource(source),
    formats: [bunny.MP4, bunny.QTFF, bunny.MATROSKA, bunny.WEBM],
  });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new PhizError('invalid-data', `${called} has no video track`);
    const codec = await track.getCodec();
    const known = codec && ffmpegCodec(av, codec);
    const config = known && (await track.getDecoderConfig());
    if (!codec || !known || !config) {
      input.dispose();
      return undefined;
    }
    const [name, codecId] = known;
    // A sample table lists every picture; elsewhere the whole file would have to be read.
    const listed = container === 'mp4' || container === 'mov';
    const stats = await track.computePacketStats(listed ? undefined : 256, { metadataOnly: true });
    const colours = await track.getColorSpace();
    const resolution = await track.getTimeResolution();
    const ticks = resolution * Math.ceil(FINE / resolution);
    const codedWidth = await track.getCodedWidth();
    const codedHeight = await track.getCodedHeight();
    const sink = new bunny.EncodedPacketSink(track);
    const start = await clipStart(sink.packets(undefined, undefined, { metadataOnly: true }));
    const packets = sink.packets();

    return {
      facts: {
        width: await track.getDisplayWidth(),
        height: await track.getDisplayHeight(),
        duration: Math.max((await durationOf(track)) - start, 0),
        start,
        frameRate: stats.averagePacketRate,
        frameCount: listed ? stats.packetCount : undefined,
        codec: name,
        container,
        rotation: await track.getRotation(),
        audio: (await input.getPrimaryAudioTrack()) !== null,
      },
      flip: await track.getFlip(),
      zero: start,
      codedWidth,
      codedHeight,
      tick: 1 / ticks,
      openDecoder({ threads, maxPixels }) {
        const decoder = av.Codec.findDecoder(codecId);
        if (!decoder) throw new PhizError('engine-unavailable', `this build of FFmpeg's libraries does not decode ${name}`);
        const context = new av.CodecContext();
        context.allocContext3(decoder);
        context.width = codedWidth;
        context.height = codedHeight;
        context.pktTimebase = new av.Rational(1, ticks);
        context.threadCount = threads;
        if (config.description) context.extraData = Buffer.from(bytesOf(config.description));
        const matrix = colours.matrix && matrixOf(av, colours.matrix);
        if (matrix) context.colorSpace = matrix;
        if (typeof colours.fullRange === 'boolean')
          context.colorRange = colours.fullRange ? av.AVCOL_RANGE_JPEG : av.AVCOL_RANGE_MPEG;
        // Not as a Dictionary: open2 frees it, and the garbage collector would free it again and crash the process.
        // strict: H.264 pictures are reordered even where the stream does not say by how much.
        context.setOption('strict', '1');
        context.setOption('max_pixels', String(maxPixels));
        return openDecoder(context, decoder, called);
      },
      async read(packet) {
        const { value } = await packets.next();
        if (!value) return false;
        packet.unref();
        packet.data = Buffer.from(value.data.buffer, value.data.byteOffset, value.data.byteLength);
        packet.isKeyframe = value.type === 'key';
        packet.pts = BigInt(Math.round(value.timestamp * ticks));
        packet.dts = av.AV_NOPTS_VALUE;
        packet.duration = BigInt(Math.round(value.duration * ticks));
        return true;
      },
      hidden: codec === 'vp8' ? isHiddenVp8 : undefined,
      async close() {
        await packets.return();
        input.dispose();
      },
    };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

/** Where the last picture ends; where the file is too damaged to tell, what its header promises. */
async function durationOf(track: InputVideoTrack): Promise<number> {
  try {
    return await track.computeDuration();
  } catch {
    return (await track.getDurationFromMetadata()) ?? 0;
  }
}

function ffmpegCodec(av: Av, codec: VideoCodec): readonly [name: string, id: AVCodecID] | undefined {
  switch (codec) {
    case 'avc':
      return ['h264', av.AV_CODEC_ID_H264];
    case 'hevc':
      return ['hevc', av.AV_CODEC_ID_HEVC];
    case 'vp8':
      return ['vp8', av.AV_CODEC_ID_VP8];
    case 'vp9':
      return ['vp9', av.AV_CODEC_ID_VP9];
    case 'av1':
      return ['av1', av.AV_CODEC_ID_AV1];
    default:
      return undefined;
  }
}

function matrixOf(av: Av, matrix: string): AVColorSpace | undefined {
  switch (matrix) {
    case 'bt709':
      return av.AVCOL_SPC_BT709;
    case 'bt470bg':
      return av.AVCOL_SPC_BT470BG;
    case 'smpte170m':
      return av.AVCOL_SPC_SMPTE170M;
    case 'bt2020-ncl':
      return av.AVCOL_SPC_BT2020_NCL;
    default:
      return undefined;
  }
}

function bytesOf(data: NonNullable<VideoDecoderConfig['description']>): Uint8Array {
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
