/**
 * From a clip's bytes to RGB frames, one after the other: packets, decoder, conversion. Runs on the decoding thread
 * (clip-worker.ts) and may block it; knows nothing of threads or messages.
 */
import { availableParallelism } from 'node:os';
import type { Frame } from 'node-av/lib';
import type { ClipFacts } from '../../analyze/frame.js';
import { PhizError } from '../../core/error.js';
import type { FrameAccount } from '../../results/video-result.js';
import type { Av } from './av.js';
import { openAvPackets } from './av-packets.js';
import { openBunnyPackets } from './bunny-packets.js';
import type { ByteSource } from './byte-source.js';
import { openBytes } from './byte-source.js';
import type { ClipContainer } from './clip-kind.js';
import type { DecodeJob } from './clip-messages.js';
import { createFrameLedger, lossText } from './frame-ledger.js';
import type { PacketSource } from './packets.js';
import { createRgbConverter } from './rgb-converter.js';
import { checkSampleTables } from './sample-tables.js';
import { isCutOff } from './wholeness.js';

/** A frame with its pixels, where they were wanted. */
export interface DecodedFrame {
  readonly timestamp: number;
  readonly duration: number;
  readonly rgb: ArrayBuffer | undefined;
}

export interface DecodedClip {
  readonly facts: ClipFacts;
  /** What became of all pictures, once the last was read. */
  readonly account: FrameAccount | undefined;
  /**
   * Frames in display order. Throws PhizError `invalid-data` behind the last where the clip is damaged or frames are lost.
   * @param wanted asked once a frame, in order: are its pixels needed?
   * @param spare gives memory for pixels that is free again
   */
  frames(
    wanted: (timestamp: number) => boolean,
    spare: () => ArrayBuffer | undefined,
  ): AsyncGenerator<DecodedFrame, void, unknown>;
  close(): Promise<void>;
}

/** Pictures from this many pixels on are decoded by several threads; smaller ones gain little, and analysis wants the cores. */
const LARGE = 1280 * 720;
/** Containers that mediabunny reads first; FFmpeg reads the others. */
const BUNNY: readonly ClipContainer[] = ['mp4', 'mov', 'webm', 'mkv'];
/** Frames a second where nothing is said of it, as players have it. */
const USUAL_RATE = 25;

/** Throws PhizError `invalid-data`, `image-too-large`, `file-not-found`, `unreadable-file`, `engine-unavailable`. */
export async function decodeClip(av: Av, job: DecodeJob): Promise<DecodedClip> {
  const { called, maxPixels, maxDuration } = job;
  const bytes = openBytes(job.source, called);
  let packets: PacketSource | undefined;
  const close = async (): Promise<void> => {
    await packets?.close();
    packets = undefined;
    bytes.close();
  };
  try {
    const cutOff = isCutOff(bytes, job.container);
    packets = await openPackets(av, job, bytes, cutOff);
    const { facts, codedWidth, codedHeight } = packets;
    const pixels = Math.max(facts.width * facts.height, codedWidth * codedHeight);
    if (!(facts.width >= 1 && facts.height >= 1)) throw new PhizError('invalid-data', `${called} has frames without a size`);
    if (pixels > maxPixels)
      throw new PhizError(
        'image-too-large',
        `the frames of ${called} have ${facts.width}×${facts.height} pixels, more than the limit of ${maxPixels}; raise maxPixels`,
      );
    if (facts.duration > maxDuration)
      throw new PhizError(
        'invalid-data',
        `${called} lasts ${Math.round(facts.duration)} s, more than the limit of ${maxDuration} s; raise maxDuration`,
      );
    let account: FrameAccount | undefined;
    const onEnd = (counted: FrameAccount) => {
      account = counted;
    };
    return {
      facts,
      get account() {
        return account;
      },
      frames: (wanted, spare) => decode(av, packets!, { ...job, cutOff, wanted, spare, onEnd }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openPackets(av: Av, job: DecodeJob, bytes: ByteSource, cutOff: boolean): Promise<PacketSource> {
  const { source, container, called } = job;
  try {
    if (container === 'mp4' || container === 'mov') checkSampleTables(bytes, called);
    // Of a piece of Matroska (a cluster, often five seconds) that is not whole mediabunny gives nothing.
    const piecemeal = cutOff && (container === 'mkv' || container === 'webm');
    if (BUNNY.includes(container) && !piecemeal) {
      const packets = await openBunnyPackets(av, source, container, called);
      if (packets) return packets;
    }
    return await openAvPackets(av, bytes, container, called);
  } catch (cause) {
    if (cause instanceof PhizError && cause.code !== 'invalid-data') throw cause;
    if (cutOff) throw new PhizError('invalid-data', `${called} ends too early to be read: its end is missing`, { cause });
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('invalid-data', `${called} is a damaged ${nameOf(container)} file: ${(cause as Error).message}`, {
      cause,
    });
  }
}

interface DecodeOptions extends Pick<DecodeJob, 'called' | 'maxPixels' | 'maxDuration'> {
  readonly cutOff: boolean;
  readonly wanted: (timestamp: number) => boolean;
  readonly spare: () => ArrayBuffer | undefined;
  readonly onEnd: (account: FrameAccount) => void;
}

async function* decode(
  av: Av,
  packets: PacketSource,
  { called, maxPixels, maxDuration, cutOff, wanted, spare, onEnd }: DecodeOptions,
): AsyncGenerator<DecodedFrame, void, unknown> {
  const { facts, tick, codedWidth, codedHeight } = packets;
  const threads = codedWidth * codedHeight >= LARGE ? Math.min(4, availableParallelism()) : 1;
  /** Of these FFmpeg makes something up for the parts that it could not decode. */
  const incomplete = av.FF_DECODE_ERROR_INVALID_BITSTREAM | av.FF_DECODE_ERROR_DECODE_SLICES;
  const context = packets.openDecoder({ threads, maxPixels });
  const converter = createRgbConverter(av, { ...facts, flip: packets.flip });
  const packet = new av.Packet();
  packet.alloc();
  const frame = new av.Frame();
  frame.alloc();
  /** Waits until the next frame tells how long it lasts. */
  let pending: { readonly timestamp: number; readonly own: number; readonly rgb: ArrayBuffer | undefined } | undefined;
  const ledger = createFrameLedger(1 / (facts.frameRate || USUAL_RATE));
  const start = BigInt(Math.round(packets.zero / tick));
  const seconds = (ticks: bigint): number | undefined => (ticks === av.AV_NOPTS_VALUE ? undefined : Number(ticks - start) * tick);
  let end = 0;
  let first: { readonly width: number; readonly height: number } | undefined;
  let damaged = 0;
  let firstDamage: string | undefined;

  const damage = (reason: string): void => {
    damaged++;
    firstDamage ??= reason;
  };
  /** What was waiting, now that its end is known. Nothing where it ends before the clip begins (edit lists cut so). */
  const finish = (until: number): DecodedFrame | undefined => {
    if (!pending) return undefined;
    const shown = pending.timestamp >= 0 || until > 0;
    ledger.give(shown);
    if (!shown) return undefined;
    const timestamp = Math.max(0, pending.timestamp);
    end = until;
    return { timestamp, duration: Math.max(0, until - timestamp), rgb: pending.rgb };
  };
  const take = (decoded: Frame, timestamp: number): void => {
    const own = Number(decoded.duration) * tick;
    // A frame before the clip's beginning may still show when it begins.
    const rgb = timestamp < 0 || wanted(timestamp) ? converter.convert(decoded, spare()) : undefined;
    pending = { timestamp, own, rgb };
  };

  try {
    for (let more = true; more; ) {
      try {
        more = await packets.read(packet);
      } catch (error) {
        damage((error as Error).message);
        more = false;
      }
      if (more)
        ledger.send({
          time: seconds(packet.pts),
          key: packet.isKeyframe,
          empty: packet.size === 0,
          shown: !packets.hidden?.(packet),
        });
      else packet.unref();
      // The frame before stays; decoders take no packet without data.
      if (more && packet.size === 0) continue;
      const sent = context.sendPacketSync(more ? packet : null);
      if (sent < 0 && sent !== av.AVERROR_EOF) damage(new av.FFmpegError(sent).message);
      for (;;) {
        const received = context.receiveFrameSync(frame);
        if (received === av.AVERROR_EAGAIN || received === av.AVERROR_EOF) break;
        if (received < 0) {
          damage(new av.FFmpegError(received).message);
          if (!more) break;
          continue;
        }
        if (frame.decodeErrorFlags & incomplete) damage('a picture is incomplete');
        first ??= { width: frame.width, height: frame.height };
        const { time: timestamp, jump } = ledger.receive({
          time: seconds(frame.pts),
          guess: seconds(frame.bestEffortTimestamp),
          reorders: context.hasBFrames > 0,
          interlaced: frame.hasFlags(av.AV_FRAME_FLAG_INTERLACED),
          resized: frame.width !== first.width || frame.height !== first.height,
        });
        if (jump) damage(jump);
        if (timestamp > maxDuration)
          throw new PhizError('invalid-data', `${called} lasts longer than the limit of ${maxDuration} s; raise maxDuration`);
        const ready = finish(timestamp);
        if (ready) yield ready;
        take(frame, timestamp);
        frame.unref();
      }
    }
    if (pending) {
      const { timestamp, own } = pending;
      const last = finish(timestamp + (own || (facts.frameRate ? 1 / facts.frameRate : 0)));
      if (last) yield last;
    }
  } finally {
    converter.close();
    frame.free();
    packet.free();
    context.freeContext();
  }
  // AVI's count has pictures in it that are empty, which FFmpeg passes over.
  const listed = facts.container === 'mp4' || facts.container === 'mov' ? facts.frameCount : undefined;
  const account = ledger.close(listed);
  onEnd(account);
  const { given } = account;
  const far = given ? `the ${given} frames up to ${end.toFixed(2)} s could be decoded` : 'no frame could be decoded';
  if (cutOff) throw new PhizError('invalid-data', `${called} is cut off: its end is missing; ${far}`);
  const lost = lossText(account);
  const wrong = [firstDamage, lost].filter(Boolean).join('; ');
  if (damaged || lost || !given) throw new PhizError('invalid-data', `${called} is damaged${wrong ? ` (${wrong})` : ''}; ${far}`);
}

function nameOf(container: ClipContainer): string {
  return {
    mp4: 'MP4',
    mov: 'QuickTime',
    webm: 'WebM',
    mkv: 'Matroska',
    avi: 'AVI',
    ts: 'MPEG-TS',
    mpg: 'MPEG-PS',
    wmv: 'Windows Media',
    flv: 'Flash',
    ogg: 'Ogg',
    mjpeg: 'Motion JPEG',
    gif: 'GIF',
    apng: 'animated PNG',
    webp: 'WebP',
  }[container];
}
