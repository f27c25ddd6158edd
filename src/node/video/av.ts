/** FFmpeg's libraries through node-av, which @mediabunny/server brings: loaded when a clip is read or written, and kept quiet. */
import { PhizError } from '../../core/error.js';

export type Av = typeof import('node-av');

/** Throws PhizError `engine-unavailable` where node-av has no binary for this platform. */
export async function loadAv(): Promise<Av> {
  try {
    const av = await import('node-av');
    av.Log.setLevel(av.AV_LOG_ERROR);
    return av;
  } catch (cause) {
    throw new PhizError('engine-unavailable', "node-av, FFmpeg's libraries, has no binary that loads here", { cause });
  }
}

/** Throws PhizError `engine-failed`, saying what did not work, where FFmpeg returned an error. */
export function checkAv(av: Av, status: number, what: string): void {
  if (status < 0) throw new PhizError('engine-failed', `${what}: ${new av.FFmpegError(status).message}`);
}
