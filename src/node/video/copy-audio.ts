/**
 * A clip's sound on its way into another file: packets as they are where MP4 holds their codec and players know it there, else
 * encoded anew as AAC. Follows the pictures, so that neither track waits in memory for the other. Reads no pictures.
 */
import type * as Mediabunny from 'mediabunny';
import { PhizError } from '../../core/error.js';

/** Sound ready to be written. */
export interface AudioFeed {
  /** What it is written as, and whether that is a copy. */
  readonly codec: string;
  readonly copied: boolean;
  /** The track's source, for `Output.addAudioTrack`. */
  readonly source: Mediabunny.AudioSource;
  /** Writes what sounds before `until` seconds and was not written yet; without it, all the rest. */
  feed(until?: number): Promise<void>;
  /** Ends reading. */
  close(): Promise<void>;
}

/** Codecs that MP4 holds and that common players play from it. */
const COPIED: readonly string[] = ['aac', 'mp3', 'opus', 'flac', 'ac3', 'eac3'];
/** Rates that AAC knows; others become 48 kHz. */
const AAC_RATES: readonly number[] = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
const AAC_BITRATE = 160_000;

/**
 * Opens the first audio track of a clip; undefined where it has none. `bunny` needs decoders and encoders registered for what
 * is to be encoded anew. Throws PhizError `invalid-data` where there is sound that cannot be read or decoded.
 */
export async function openAudio(bunny: typeof Mediabunny, clip: string | Uint8Array): Promise<AudioFeed | undefined> {
  const source = typeof clip === 'string' ? new bunny.FilePathSource(clip) : new bunny.BufferSource(clip);
  const input = new bunny.Input({ source, formats: bunny.ALL_FORMATS });
  try {
    const track = await input.getPrimaryAudioTrack();
    if (!track) {
      input.dispose();
      return undefined;
    }
    const codec = await track.getCodec();
    if (codec === null)
      throw new PhizError('invalid-data', `its sound is in an unknown codec (${String(await track.getInternalCodecId())})`);
    const config = await track.getDecoderConfig();
    if (config && COPIED.includes(codec)) return copy(bunny, input, track, codec, config);
    if (await track.canDecode()) return await transcode(bunny, input, track);
    throw new PhizError('invalid-data', `its sound (${codec}) cannot be decoded here`);
  } catch (cause) {
    input.dispose();
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('invalid-data', `its sound cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function copy(
  bunny: typeof Mediabunny,
  input: Mediabunny.Input,
  track: Mediabunny.InputAudioTrack,
  codec: Mediabunny.AudioCodec,
  decoderConfig: AudioDecoderConfig,
): AudioFeed {
  const source = new bunny.EncodedAudioPacketSource(codec);
  const packets = new bunny.EncodedPacketSink(track).packets();
  return {
    codec,
    copied: true,
    source,
    feed: feeder(packets, (packet) => source.add(packet, { decoderConfig })),
    close: () => closing(packets, input),
  };
}

async function transcode(
  bunny: typeof Mediabunny,
  input: Mediabunny.Input,
  track: Mediabunny.InputAudioTrack,
): Promise<AudioFeed> {
  const rate = await track.getSampleRate();
  const source = new bunny.AudioSampleSource({
    codec: 'aac',
    quality: new bunny.Quality({ bitrate: AAC_BITRATE }),
    transform: {
      ...(AAC_RATES.includes(rate) ? {} : { sampleRate: 48000 }),
      ...((await track.getNumberOfChannels()) > 2 ? { numberOfChannels: 2 } : {}),
    },
  });
  const samples = new bunny.AudioSampleSink(track).samples();
  const feed = feeder(samples, async (sample) => {
    try {
      await source.add(sample);
    } finally {
      sample.close();
    }
  });
  return { codec: 'aac', copied: false, source, feed, close: () => closing(samples, input) };
}

/** Hands on what begins before a time; what was read beyond it waits for the next call. */
function feeder<T extends { readonly timestamp: number }>(
  from: AsyncGenerator<T, void, unknown>,
  add: (piece: T) => Promise<void>,
): (until?: number) => Promise<void> {
  let ahead: T | undefined;
  let ended = false;
  return async (until = Number.POSITIVE_INFINITY) => {
    while (!ended) {
      if (!ahead) {
        const next = await from.next();
        if (next.done) {
          ended = true;
          return;
        }
        ahead = next.value;
      }
      if (ahead.timestamp >= until) return;
      const piece = ahead;
      ahead = undefined;
      await add(piece);
    }
  };
}

async function closing(from: AsyncGenerator<unknown, void, unknown>, input: Mediabunny.Input): Promise<void> {
  await from.return();
  input.dispose();
}
