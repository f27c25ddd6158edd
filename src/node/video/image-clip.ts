/** What clips made of whole images share: no sound, no rotation, read once, stopped between two images. Where images come from is their own. */
import type { ClipFacts, Frame, FrameSource } from '../../analyze/frame.js';
import { frameSampler } from '../../analyze/sample-frames.js';
import { PhizError } from '../../core/error.js';
import { aborted } from './frame-errors.js';

export interface ImageClipOptions {
  /** What messages call it. */
  readonly called: string;
  readonly facts: Pick<ClipFacts, 'width' | 'height' | 'duration' | 'frameRate' | 'frameCount' | 'codec' | 'container'>;
  readonly signal?: AbortSignal | undefined;
  /** The frames in order; `wanted` says of a time whether its pixels are, `goOn` throws PhizError `aborted` where reading was stopped. */
  frames(wanted: (timestamp: number) => boolean, goOn: () => void): AsyncIterable<Frame>;
}

export function imageClip({ called, facts, signal, frames }: ImageClipOptions): FrameSource {
  let state: 'open' | 'read' | 'closed' = 'open';
  return {
    facts: { ...facts, rotation: 0, audio: false },
    async *frames({ signal: own, sample = {} } = {}) {
      const wanted = frameSampler(sample);
      if (state !== 'open') throw new PhizError('disposed', `${called} was read or closed already; open it again`);
      state = 'read';
      yield* frames(wanted, () => {
        for (const one of [signal, own]) if (one?.aborted) throw aborted(called, one.reason);
      });
    },
    async [Symbol.asyncDispose]() {
      state = 'closed';
    },
  };
}
