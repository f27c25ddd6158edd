/**
 * The sound of clips that mediabunny does not read (AVI), by FFmpeg's own demuxer: packets of MP3 as they are, everything else
 * decoded to samples. copy-audio.ts writes them.
 */
import type * as Mediabunny from 'mediabunny';
import { PhizError } from '../../core/error.js';
import { checkAv, loadAv } from './av.js';

/** The first audio track: packets to copy, or samples to encode. Times are seconds; samples must be closed. */
export type AvAudio = { /** Closes the file; so does the end of the generator. */ readonly close: () => Promise<void> } & (
  | {
      readonly codec: 'mp3';
      readonly config: AudioDecoderConfig;
      readonly packets: AsyncGenerator<Mediabunny.EncodedPacket, void, unknown>;
    }
  | {
      readonly codec: 'pcm';
      readonly sampleRate: number;
      readonly numberOfChannels: number;
      readonly samples: AsyncGenerator<Mediabunny.AudioSample, void, unknown>;
    }
);

/**
 * Opens the sound of a file; undefined where it has none. `start`: a time on the clip's own clock; only where that is 0, sound begins at 0
 * at the earliest. Throws PhizError `invalid-data`, `engine-unavailable`.
 */
export async function openAvAudio(bunny: typeof Mediabunny, path: string, start = 0): Promise<AvAudio | undefined> {
  const av = await loadAv();
  const file = new av.FormatContext();
  const packet = new av.Packet();
  packet.alloc();
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    packet.free();
    await file.closeInput();
  };
  const opened = await file.openInput(path);
  if (opened < 0) {
    packet.free();
    throw new PhizError('invalid-data', `its sound cannot be read: ${new av.FFmpegError(opened).message}`);
  }
  await file.findStreamInfo();
  const index = file.findBestStream(av.AVMEDIA_TYPE_AUDIO);
  const stream = file.streams[index];
  if (index < 0 || !stream) {
    await close();
    return undefined;
  }
  const { codecpar, timeBase } = stream;
  const { sampleRate, channels: numberOfChannels } = codecpar;
  const seconds = (ticks: bigint): number => (Number(ticks) * timeBase.num) / timeBase.den;
  const next = async (): Promise<boolean> => {
    for (;;) {
      packet.unref();
      if ((await file.readFrame(packet)) < 0) return false;
      if (packet.streamIndex === index) return true;
    }
  };

  async function* packets(): AsyncGenerator<Mediabunny.EncodedPacket, void, unknown> {
    try {
      while (await next())
        if (packet.data)
          yield new bunny.EncodedPacket(new Uint8Array(packet.data), 'key', seconds(packet.pts), seconds(packet.duration));
    } finally {
      await close();
    }
  }

  async function* samples(): AsyncGenerator<Mediabunny.AudioSample, void, unknown> {
    const { AvFrameAudioSampleResource } = await import('@mediabunny/server');
    const context = new av.CodecContext();
    const frame = new av.Frame();
    frame.alloc();
    let first: number | undefined;
    let count = 0;
    try {
      const codec = av.Codec.findDecoder(codecpar.codecId);
      if (!codec) throw new PhizError('invalid-data', 'its sound is in a codec that cannot be decoded here');
      context.allocContext3(codec);
      checkAv(av, context.parametersToContext(codecpar), 'the decoder does not take the sound');
      checkAv(av, await context.open2(codec), 'the decoder of the sound does not open');
      for (let more = true; more; ) {
        more = await next();
        if (more && first === undefined && packet.pts !== av.AV_NOPTS_VALUE)
          first = Math.round((start === 0 ? Math.max(seconds(packet.pts), 0) : seconds(packet.pts)) * sampleRate);
        // A damaged packet is a gap, not the end.
        await context.sendPacket(more ? packet : null);
        while ((await context.receiveFrame(frame)) >= 0) {
          const own = frame.clone();
          if (!own) throw new PhizError('engine-failed', 'no memory for a piece of sound');
          // Sound without gaps: samples are counted, since AVI's own times are coarse.
          own.timeBase = new av.Rational(1, sampleRate);
          own.pts = BigInt((first ?? 0) + count);
          count += own.nbSamples;
          yield new bunny.AudioSample(new AvFrameAudioSampleResource(own));
        }
      }
    } finally {
      frame.free();
      context.freeContext();
      await close();
    }
  }

  if (codecpar.codecId === av.AV_CODEC_ID_MP3)
    return { codec: 'mp3', config: { codec: 'mp3', sampleRate, numberOfChannels }, packets: packets(), close };
  return { codec: 'pcm', sampleRate, numberOfChannels, samples: samples(), close };
}
