/** FFmpeg's libraries through node-av, an optional peer: loaded when a clip is read or written, and kept quiet. */
import type { Codec, CodecContext } from 'node-av/lib';
import { PhizError, type PhizErrorCode } from '../../core/error.js';
import { missingPackage } from '../files/missing-package.js';

/** FFmpeg's own interface and its constants; what node-av builds upon them takes long to load, in each thread anew. */
export type Av = typeof import('node-av/lib') & typeof import('node-av/constants');

/** What reading and writing clips takes besides phiz. */
export const CLIP_PACKAGES = ['node-av', '@mediabunny/server'] as const;

/** Throws PhizError `engine-unavailable` where node-av is not installed or has no binary for this platform. */
export async function loadAv(): Promise<Av> {
  try {
    const av: Av = { ...(await import('node-av/lib')), ...(await import('node-av/constants')) };
    // What goes wrong comes back as a status; lines on standard error would tear the progress bar.
    av.Log.setLevel(av.AV_LOG_QUIET);
    return av;
  } catch (cause) {
    throw missingPackage('clips need', CLIP_PACKAGES, cause);
  }
}

/** Throws a PhizError of the code given, saying what did not work, where FFmpeg returned an error. */
export function checkAv(av: Av, status: number, what: string, code: PhizErrorCode = 'engine-failed'): void {
  if (status < 0) throw new PhizError(code, `${what}: ${new av.FFmpegError(status).message}`);
}

/**
 * Opens a decoder for a clip. What it is opened with are the clip's own headers, so that they are to blame where it does not open; its status says
 * little then (Theora's is "Operation not permitted"). Throws PhizError `invalid-data`.
 */
export function openDecoder(context: CodecContext, decoder: Codec, called: string): CodecContext {
  if (context.open2Sync(decoder) >= 0) return context;
  context.freeContext();
  throw new PhizError('invalid-data', `${called} is damaged: the ${decoder.name} decoder does not take its headers`);
}
