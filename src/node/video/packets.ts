/**
 * Coded pictures of a clip, read one by one in the order in which they are decoded: what a demuxer gives and the decoder takes.
 * bunny-packets.ts reads MP4, MOV, WebM and Matroska, av-packets.ts the rest. Nothing is decoded here.
 */
import type { CodecContext, Packet } from 'node-av/lib';
import type { ClipFacts } from '../../analyze/frame.js';

export interface PacketSource {
  readonly facts: ClipFacts;
  /** Mirrored left to right, after the rotation. */
  readonly flip: boolean;
  /** Seconds on the packets' clock at which the clip begins. */
  readonly zero: number;
  /** Size of the coded pictures. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** Seconds that one tick of the packets' times lasts. */
  readonly tick: number;
  /** An opened decoder for the packets. The caller frees it. */
  openDecoder(options: DecoderOptions): CodecContext;
  /** Puts the next coded picture into `packet`; false at the end. */
  read(packet: Packet): boolean | Promise<boolean>;
  /** Whether the codec marks a picture as one that is never shown. */
  readonly hidden?: ((packet: Packet) => boolean) | undefined;
  close(): Promise<void>;
}

/** Seconds until the clock of MPEG-TS and -PS runs over and begins again: 33 bits of 90 kHz (ISO/IEC 13818-1, 2.4.3.7). */
export const MPEG_CLOCK: number = 2 ** 33 / 90_000;

/** VP8 (RFC 6386, 9.1): bit 4 of a frame's first byte tells whether it is shown. */
export function isHiddenVp8({ data }: Packet): boolean {
  return data !== null && data.length > 0 && (data[0]! & 0x10) === 0;
}

export interface DecoderOptions {
  readonly threads: number;
  /** Larger pictures are refused. */
  readonly maxPixels: number;
}
