/** Shows a stimulus and marks on its clock what is seen when. */
import { PhizError } from '#dist/browser/index.js';
import type { StimulusClock } from '#dist/study/stimulus-clock.js';

/** Milliseconds for which a clip may take to be ready. */
const LATEST = 20_000;

/** Waits. Throws the signal's reason where it is aborted. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Waits until a clip can be played to its end. Throws PhizError `invalid-data` where it cannot. */
export async function prepare(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  const until = performance.now() + LATEST;
  while (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) {
    if (video.error || performance.now() > until) throw unplayable(video.error);
    await wait(30, signal);
  }
}

/** Plays a clip from its start to its end. Throws PhizError `invalid-data` where it breaks off, the signal's reason. */
export async function play(video: HTMLVideoElement, clock: StimulusClock, signal: AbortSignal): Promise<void> {
  video.currentTime = 0;
  try {
    await video.play();
  } catch (cause) {
    if (!(cause instanceof DOMException && cause.name === 'NotAllowedError')) throw unplayable(cause);
    throw new PhizError('invalid-data', 'the browser does not let a clip play with its sound; allow it for this page', { cause });
  }
  try {
    while (!video.ended) {
      if (video.error) throw unplayable(video.error);
      if (signal.aborted) throw signal.reason;
      // Nobody is there to press it again.
      if (video.paused) await video.play();
      clock.mark(performance.now(), video.currentTime);
      await frame();
    }
    clock.mark(performance.now(), video.currentTime);
  } finally {
    video.pause();
  }
}

/** Shows what is on the page already for so many seconds. */
export async function hold(seconds: number, clock: StimulusClock, signal: AbortSignal): Promise<void> {
  await frame();
  clock.mark(performance.now(), 0);
  await wait(1000 * seconds, signal);
  clock.mark(performance.now(), seconds);
}

/** The next drawing of the page, or a while where it is in the background and none comes. */
function frame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 250);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function unplayable(cause: unknown): PhizError {
  return new PhizError('invalid-data', 'the browser cannot play this clip to its end', { cause });
}
