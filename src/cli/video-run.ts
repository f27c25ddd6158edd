/** What `phiz analyze` does with one clip: src/apps/analyze/analyze-clip.ts, with a bar that shows how far it is. */
import { type AnalyzeClipOptions, analyzeClip, type ClipOutcome } from '../apps/analyze/analyze-clip.js';
import { readablePath } from '../node/files/byte-names.js';
import { isRemote } from '../node/remote/remote-files.js';
import type { Medium } from './inputs.js';
import { createPace } from './pace.js';
import { createProgress, type Progress, type ProgressStream } from './progress.js';

export interface ClipRunOptions extends Omit<AnalyzeClipOptions, 'source' | 'open' | 'onFrame'> {
  readonly label: string;
  readonly terminal: ProgressStream;
}

/** Analyses a clip: a path or bytes. Throws as `analyzeClip`. */
export async function runClip(
  { path, source }: Medium,
  from: string | Uint8Array,
  { label, terminal, ...options }: ClipRunOptions,
): Promise<ClipOutcome> {
  let bar: { readonly progress: Progress; readonly pace: (done: number) => string } | undefined;
  try {
    return await analyzeClip(from, {
      ...options,
      source,
      open: path === '-' ? { name: 'standard input' } : { name: isRemote(path) ? source : readablePath(path) },
      onFrame(frames, total) {
        bar ??= { progress: createProgress({ total, label, stream: terminal }), pace: createPace({ total, unit: 'frames' }) };
        bar.progress.update(frames, bar.pace(frames));
      },
    });
  } finally {
    bar?.progress.end();
  }
}
