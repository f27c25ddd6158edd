/** FFmpeg's libraries through node-av, which @mediabunny/server brings: loaded when a clip is read or written, and kept quiet. */
import { PhizError, type PhizErrorCode } from '../../core/error.js';

export type Av = typeof import('node-av');

/** Throws PhizError `engine-unavailable` where node-av has no binary for this platform. */
export async function loadAv(): Promise<Av> {
  try {
    const av = await import('node-av');
    // What goes wrong comes back as a status; lines on standard error would tear the progress bar.
    av.Log.setLevel(av.AV_LOG_QUIET);
    return av;
  } catch (cause) {
    throw new PhizError('engine-unavailable', "node-av, FFmpeg's libraries, has no binary that loads here", { cause });
  }
}

/** Throws a PhizError of the code given, saying what did not work, where FFmpeg returned an error. */
export function checkAv(av: Av, status: number, what: string, code: PhizErrorCode = 'engine-failed'): void {
  if (status < 0) throw new PhizError(code, `${what}: ${new av.FFmpegError(status).message}`);
}
