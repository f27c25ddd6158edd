/**
 * A clip's sound on its way into another file: packets as they are where MP4 holds their codec and players know it there, else
 * encoded anew as AAC. Follows the images, so that neither track waits in memory for the other. Reads no images.
 */
import type * as Mediabunny from 'mediabunny';
import { PhizError } from '../../core/error.js';
import { openAvAudio } from './av-audio.js';
import { MPEG_CLOCK } from './packets.js';

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
 * is to be encoded anew. Times count from `start`, a time on the clip's own clock; what sounds before is left out. Throws PhizError `invalid-data` where there is sound that cannot be read or decoded.
 */
export async function openAudio(bunny: typeof Mediabunny, clip: string | Uint8Array, start = 0): Promise<AudioFeed | undefined> {
  const source = typeof clip === 'string' ? new bunny.FilePathSource(clip) : new bunny.BufferSource(clip);
  const input = new bunny.Input({ source, formats: bunny.ALL_FORMATS });
  const end = async (): Promise<void> => input.dispose();
  try {
    if (!(await input.canRead())) {
      await end();
      if (typeof clip === 'string') return await openUnknown(bunny, clip, start);
      throw new PhizError('invalid-data', 'its sound cannot be read from memory; name the file');
    }
    const track = await input.getPrimaryAudioTrack();
    if (!track) {
      await end();
      return undefined;
    }
    const codec = await track.getCodec();
    if (codec === null)
      throw new PhizError('invalid-data', `its sound is in an unknown codec (${String(await track.getInternalCodecId())})`);
    const config = await track.getDecoderConfig();
    const packets = () => packetsFrom(new bunny.EncodedPacketSink(track).packets(), start);
    if (config && COPIED.includes(codec)) return copy(bunny, codec, config, packets(), end);
    if (!(await track.canDecode())) throw new PhizError('invalid-data', `its sound (${codec}) cannot be decoded here`);
    const [rate, channels] = [await track.getSampleRate(), await track.getNumberOfChannels()];
    return transcode(bunny, rate, channels, samplesFrom(new bunny.AudioSampleSink(track).samples(), start), end);
  } catch (cause) {
    input.dispose();
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('invalid-data', `its sound cannot be read: ${(cause as Error).message}`, { cause });
  }
}

async function openUnknown(bunny: typeof Mediabunny, path: string, start: number): Promise<AudioFeed | undefined> {
  const audio = await openAvAudio(bunny, path, start);
  if (!audio) return undefined;
  if (audio.codec === 'mp3') return copy(bunny, 'mp3', audio.config, packetsFrom(audio.packets, start), audio.close);
  return transcode(bunny, audio.sampleRate, audio.numberOfChannels, samplesFrom(audio.samples, start), audio.close);
}

function copy(
  bunny: typeof Mediabunny,
  codec: Mediabunny.AudioCodec,
  decoderConfig: AudioDecoderConfig,
  packets: AsyncGenerator<Mediabunny.EncodedPacket, void, unknown>,
  end: () => Promise<void>,
): AudioFeed {
  const source = new bunny.EncodedAudioPacketSource(codec);
  return {
    codec,
    copied: true,
    source,
    feed: feeder(packets, (packet) => source.add(packet, { decoderConfig })),
    close: () => packets.return().then(end),
  };
}

function transcode(
  bunny: typeof Mediabunny,
  rate: number,
  channels: number,
  samples: AsyncGenerator<Mediabunny.AudioSample, void, unknown>,
  end: () => Promise<void>,
): AudioFeed {
  const source = new bunny.AudioSampleSource({
    codec: 'aac',
    quality: new bunny.Quality({ bitrate: AAC_BITRATE }),
    transform: {
      ...(AAC_RATES.includes(rate) ? {} : { sampleRate: 48000 }),
      ...(channels > 2 ? { numberOfChannels: 2 } : {}),
    },
  });
  const feed = feeder(samples, async (sample) => {
    try {
      await source.add(sample);
    } finally {
      sample.close();
    }
  });
  return { codec: 'aac', copied: false, source, feed, close: () => samples.return().then(end) };
}

type Pieces<T> = AsyncGenerator<T, void, unknown>;

/** Seconds since the clip's start, which lies before a time far earlier on the file's own clock where that ran over in between. */
function since(start: number, timestamp: number): number {
  const ranOver = start - timestamp > MPEG_CLOCK / 2;
  return timestamp - start + (ranOver ? MPEG_CLOCK : 0);
}

async function* packetsFrom(packets: Pieces<Mediabunny.EncodedPacket>, start: number): Pieces<Mediabunny.EncodedPacket> {
  for await (const packet of packets) {
    const timestamp = since(start, packet.timestamp);
    if (start === 0) yield packet;
    else if (timestamp >= 0) yield packet.clone({ timestamp });
  }
}

async function* samplesFrom(samples: Pieces<Mediabunny.AudioSample>, start: number): Pieces<Mediabunny.AudioSample> {
  for await (const sample of samples) {
    const timestamp = since(start, sample.timestamp);
    if (timestamp < 0 && start > 0) {
      sample.close();
      continue;
    }
    sample.setTimestamp(timestamp);
    yield sample;
  }
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
