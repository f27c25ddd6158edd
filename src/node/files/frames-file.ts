/**
 * Reads what a run has saved of a clip: `<name>.frames.ndjson`, line by line, and the summary `<name>.json` beside it. What their text
 * must be is src/results/saved-clip.ts's.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { parseSummary, readFrameLines } from '../../results/saved-clip.js';
import type { FrameResult, VideoSummary } from '../../results/video-result.js';
import { readLines } from './read-files.js';

/** Longest line read, in characters: a frame of some thousand faces. */
const LONGEST_LINE = 1 << 24;

/** Largest summary read, in bytes. */
const LARGEST_SUMMARY = 1 << 26;

/** The clip's name in the names of its files: `out/clip.frames.ndjson` gives `clip`. */
export function clipNameOf(path: string): string {
  return basename(path).replace(/(\.frames)?\.(ndjson|jsonl)$/i, '');
}

/**
 * The analysed frames of a clip, in order. Memory does not grow with the file.
 * Throws PhizError `file-not-found`, `unreadable-file`, or `invalid-data` naming file and line.
 */
export function readFrames(
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<FrameResult> {
  return readFrameLines(readLines(path, { longest: LONGEST_LINE }), path, options);
}

/**
 * The summary that lies beside a frames file; undefined where there is none.
 * Throws PhizError `invalid-data` where there is a file of that name that is not a summary.
 */
export async function readSummaryBeside(framesPath: string): Promise<VideoSummary | undefined> {
  const path = join(dirname(framesPath), `${clipNameOf(framesPath)}.json`);
  const there = await stat(path).catch(() => undefined);
  if (!there) return undefined;
  const wrong = (says: string, cause?: unknown) =>
    new PhizError('invalid-data', `${says}; move it away to do without`, { cause });
  if (!there.isFile() || there.size > LARGEST_SUMMARY) throw wrong(`${path} is not a summary of a clip`);
  const text = await readFile(path, 'utf8');
  try {
    return parseSummary(text, path);
  } catch (cause) {
    throw cause instanceof PhizError ? wrong(cause.message, cause) : cause;
  }
}
