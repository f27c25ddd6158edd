/**
 * Writes frames and the sound of a clip as MP4, in memory: images by the browser's own encoders (WebCodecs), sound as it is. The
 * counterpart of src/node/video/write-clip.ts.
 */
import type { EncodedPacket, InputAudioTrack, VideoCodec } from 'mediabunny';
import { PhizError } from '../core/error.js';
import type { Image } from '../core/image.js';

export interface ClipWriterOptions {
  /** Size of the frames in pixels. */
  readonly width: number;
  readonly height: number;
  /** The clip whose sound is taken; without it there is none. */
  readonly soundOf?: Blob | undefined;
}

export interface ClipWriter {
  /** Whether there is sound in it: not all that clips carry can be copied. */
  readonly sound: boolean;
  /** Takes the next frame, RGBA; its pixels are free again when this resolves. */
  add(image: Image, timestamp: number, duration: number): Promise<void>;
  /** Sound ends with the frames. */
  finish(): Promise<Blob>;
  /** Ends without a file. */
  cancel(): Promise<void>;
}

/** Codecs of images, the one that most players know first. H.264 has even sides alone. */
const CODECS: readonly VideoCodec[] = ['avc', 'vp9', 'vp8', 'av1'];

/** Opens a writer. Throws PhizError `engine-unavailable` where this browser encodes no clips of this size. */
export async function createClipWriter({ width, height, soundOf }: ClipWriterOptions): Promise<ClipWriter> {
  const bunny = await import('mediabunny');
  const quality = bunny.QUALITY_HIGH;
  const even = width % 2 === 0 && height % 2 === 0;
  const codecs = CODECS.filter((codec) => even || codec !== 'avc');
  const codec = await bunny.getFirstEncodableVideoCodec([...codecs], { width, height, quality });
  if (!codec) throw new PhizError('engine-unavailable', `this browser encodes no clips of ${width}×${height} pixels`);
  const format = new bunny.Mp4OutputFormat();
  const target = new bunny.BufferTarget();
  const output = new bunny.Output({ format, target });
  const images = new bunny.VideoSampleSource({ codec, quality, latencyMode: 'quality' });
  output.addVideoTrack(images);
  const sound = soundOf ? await openSound(bunny, soundOf, format.getSupportedAudioCodecs()) : undefined;
  if (sound) output.addAudioTrack(sound.source);
  await output.start();
  let end = 0;
  return {
    sound: sound !== undefined,
    async add({ data }, timestamp, duration) {
      const bytes = data as Uint8Array<ArrayBuffer>;
      const at = Math.max(timestamp, 0);
      const sample = new bunny.VideoSample(bytes, {
        format: 'RGBA',
        codedWidth: width,
        codedHeight: height,
        timestamp: at,
        duration,
      });
      try {
        await images.add(sample);
      } finally {
        sample.close();
      }
      end = at + duration;
      await sound?.feed(end);
    },
    async finish() {
      await sound?.feed(end);
      await output.finalize();
      sound?.close();
      return new Blob([target.buffer!], { type: 'video/mp4' });
    },
    async cancel() {
      sound?.close();
      await output.cancel();
    },
  };
}

/** The sound of a clip, packet by packet; undefined where it has none, or none that MP4 holds. */
async function openSound(bunny: typeof import('mediabunny'), clip: Blob, supported: readonly string[]) {
  const input = new bunny.Input({ source: new bunny.BlobSource(clip), formats: bunny.ALL_FORMATS });
  const track: InputAudioTrack | null = await input.getPrimaryAudioTrack();
  const codec = (await track?.getCodec()) ?? null;
  const decoderConfig = (await track?.getDecoderConfig()) ?? null;
  if (!track || !codec || !decoderConfig || !supported.includes(codec)) {
    input.dispose();
    return undefined;
  }
  const source = new bunny.EncodedAudioPacketSource(codec);
  const packets = new bunny.EncodedPacketSink(track).packets();
  let ahead: EncodedPacket | undefined;
  return {
    source,
    /** Writes what begins before this moment and was not written yet. */
    async feed(until: number): Promise<void> {
      for (;;) {
        const packet = ahead ?? (await packets.next()).value;
        ahead = packet ?? undefined;
        if (!packet || packet.timestamp >= until) return;
        ahead = undefined;
        // Some encoders begin with silence before the clip does.
        if (packet.timestamp >= 0) await source.add(packet, { decoderConfig });
      }
    },
    close: () => input.dispose(),
  };
}
