/**
 * Coded pictures by FFmpeg's own demuxers: AVI, MPEG-TS and -PS, WMV, FLV, Ogg and bare Motion JPEG, codecs in MOV and Matroska that mediabunny does not know, and
 * what Matroska holds of its last cluster where it ends too early.
 * The demuxer is named, never guessed (some kinds of file point to others), and gets bytes, never a path.
 */
import { PhizError } from '../../core/error.js';
import { type Av, checkAv, openDecoder } from './av.js';
import type { ByteSource } from './byte-source.js';
import type { ClipContainer } from './clip-kind.js';
import { countJpegs } from './jpeg-stream.js';
import { orientationOf } from './orientation.js';
import { isHiddenVp8, MPEG_CLOCK, type PacketSource } from './packets.js';

const BUFFER = 1 << 16;
const SET = 0;
const FROM_HERE = 1;
/** AVSEEK_SIZE: asks how long the file is. */
const SIZE = 0x10000;
/** AV_TIME_BASE: ticks of a whole file's times in a second. */
const MICROSECONDS = 1e6;

/** Opens the first video track. Throws PhizError `invalid-data`: no video track, unknown codec, damaged. */
export async function openAvPackets(av: Av, bytes: ByteSource, container: ClipContainer, called: string): Promise<PacketSource> {
  const format = av.InputFormat.findInputFormat(demuxerOf(container));
  if (!format) throw new PhizError('engine-unavailable', `this build of FFmpeg's libraries does not read ${container}`);
  let position = 0;
  const io = new av.IOContext();
  io.allocContextWithCallbacks(
    BUFFER,
    0,
    (size) => {
      const block = bytes.read(position, size);
      position += block.length;
      return block.length ? Buffer.from(block.buffer, block.byteOffset, block.length) : av.AVERROR_EOF;
    },
    null,
    (offset, whence) => {
      const by = Number(offset);
      if (Number(whence) === SIZE) return BigInt(bytes.size);
      position = by + (Number(whence) === SET ? 0 : Number(whence) === FROM_HERE ? position : bytes.size);
      return BigInt(position);
    },
  );
  const file = new av.FormatContext();
  file.allocContext();
  file.pb = io;
  let opened = false;
  const close = async (): Promise<void> => {
    if (opened) file.closeInputSync();
    opened = false;
    io.freeContext();
  };

  try {
    checkAv(av, file.openInputSync('', format), `${called} is damaged`, 'invalid-data');
    opened = true;
    checkAv(av, file.findStreamInfoSync(), `${called} is damaged`, 'invalid-data');
    const index = file.findBestStream(av.AVMEDIA_TYPE_VIDEO);
    const stream = file.streams[index];
    if (index < 0 || !stream) throw new PhizError('invalid-data', `${called} has no video track`);
    const { codecpar, timeBase } = stream;
    const { num: frames = 0, den: second = 0 } =
      [stream.avgFrameRate, stream.rFrameRate].find(({ num, den }) => num > 0 && den > 0) ?? {};
    const decoder = av.Codec.findDecoder(codecpar.codecId);
    const name = decoder?.name;
    if (!decoder || !name) throw new PhizError('invalid-data', `${called} is in a codec that FFmpeg does not know`);

    const tick = timeBase.num / timeBase.den;
    const begins = stream.startTime === av.AV_NOPTS_VALUE ? 0 : Number(stream.startTime) * tick;
    // Where MPEG's clock runs over in the clip, FFmpeg counts down to that moment: nothing lies before the clip.
    const runsOver = begins < 0 && (container === 'ts' || container === 'mpg');
    const start = runsOver ? begins + MPEG_CLOCK : Math.max(begins, 0);
    const frameRate = second ? frames / second : 0;
    // A bare stream tells nothing of its length.
    const frameCount = container === 'mjpeg' ? countJpegs(bytes).count : Number(stream.nbFrames) || undefined;
    // Some containers say at which second of their own clock the end is.
    const ofEnd = (seconds: number) => Math.max(0, start < seconds ? seconds - start : seconds);
    const whole = Number(file.duration) / MICROSECONDS;
    const own = Number(stream.duration) * tick;
    const duration =
      own > 0
        ? container === 'wmv'
          ? ofEnd(own)
          : own
        : frameCount && frameRate
          ? frameCount / frameRate
          : ['mkv', 'webm', 'flv', 'wmv'].includes(container)
            ? ofEnd(whole)
            : Math.max(0, whole);
    // Pixels are square where nothing is said.
    const { num = 1, den = 1 } =
      [stream.sampleAspectRatio, codecpar.sampleAspectRatio].find(({ num, den }) => num > 0 && den > 0) ?? {};
    const width = num > den ? Math.round((codecpar.width * num) / den) : codecpar.width;
    const height = num > den ? codecpar.height : Math.round((codecpar.height * den) / num);
    const { rotation, flip } = orientationOf(codecpar.getCodedSideData(av.AV_PKT_DATA_DISPLAYMATRIX));
    const turned = rotation === 90 || rotation === 270;
    const audio = file.streams.some(({ codecpar }) => codecpar.codecType === av.AVMEDIA_TYPE_AUDIO);

    return {
      facts: {
        width: turned ? height : width,
        height: turned ? width : height,
        duration,
        start,
        frameRate,
        frameCount,
        codec: name.replace('libdav1d', 'av1'),
        container,
        rotation,
        audio,
      },
      flip,
      zero: runsOver ? begins : start,
      codedWidth: codecpar.width,
      codedHeight: codecpar.height,
      tick,
      openDecoder({ threads, maxPixels }) {
        const context = new av.CodecContext();
        context.allocContext3(decoder);
        checkAv(
          av,
          context.parametersToContext(codecpar),
          `${called} is damaged: the ${name} decoder does not take it`,
          'invalid-data',
        );
        context.pktTimebase = timeBase;
        context.threadCount = threads;
        // Not as a Dictionary: open2 frees it, and the garbage collector would free it again and crash the process.
        context.setOption('max_pixels', String(maxPixels));
        return openDecoder(context, decoder, called);
      },
      read(packet) {
        for (;;) {
          packet.unref();
          const status = file.readFrameSync(packet);
          if (status === av.AVERROR_EOF) return false;
          checkAv(av, status, `${called} is damaged`, 'invalid-data');
          if (packet.streamIndex !== index) continue;
          // AVI knows the order of decoding alone; FFmpeg tells of its times only where a picture is sure to be shown at once.
          if (container === 'avi' && packet.pts === av.AV_NOPTS_VALUE) packet.pts = packet.dts;
          return true;
        }
      },
      hidden: codecpar.codecId === av.AV_CODEC_ID_VP8 ? isHiddenVp8 : undefined,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** FFmpeg's names. */
function demuxerOf(container: ClipContainer): string {
  switch (container) {
    case 'mp4':
    case 'mov':
      return 'mov';
    case 'webm':
    case 'mkv':
      return 'matroska';
    case 'ts':
      return 'mpegts';
    case 'mpg':
      return 'mpeg';
    case 'wmv':
      return 'asf';
    default:
      return container;
  }
}
