/**
 * Reads what a run has saved of a clip: `<name>.frames.ndjson`, line by line, and the summary `<name>.json` beside it. Both may
 * come from anywhere, so each is checked, and what is wrong is told with its line.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { PhizError } from '../../core/error.js';
import { type FrameResult, frameResultSchema, type VideoSummary, videoSummarySchema } from '../../results/video-result.js';
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
export async function* readFrames(
  path: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<FrameResult> {
  let number = 0;
  let last: FrameResult | undefined;
  for await (const line of readLines(path, { longest: LONGEST_LINE })) {
    number++;
    if (signal?.aborted) throw new PhizError('aborted', `reading ${path} was stopped`, { cause: signal.reason });
    if (line.trim() === '') continue;
    const frame = parseFrame(line, `${path}, line ${number}`);
    if (last && frame.frame <= last.frame)
      throw new PhizError('invalid-data', `${path}, line ${number}: frame ${frame.frame} comes after frame ${last.frame}`);
    if (last && frame.timestamp < last.timestamp)
      throw new PhizError(
        'invalid-data',
        `${path}, line ${number}: the time goes back, from ${last.timestamp} s to ${frame.timestamp} s`,
      );
    last = frame;
    yield frame;
  }
  if (!last) throw new PhizError('invalid-data', `${path} holds no frames`);
}

/**
 * The summary that lies beside a frames file; undefined where there is none.
 * Throws PhizError `invalid-data` where there is a file of that name that is not a summary.
 */
export async function readSummaryBeside(framesPath: string): Promise<VideoSummary | undefined> {
  const path = join(dirname(framesPath), `${clipNameOf(framesPath)}.json`);
  const there = await stat(path).catch(() => undefined);
  if (!there) return undefined;
  const wrong = (what: string, cause?: unknown) =>
    new PhizError('invalid-data', `${path} ${what}; move it away to do without`, cause === undefined ? {} : { cause });
  if (!there.isFile() || there.size > LARGEST_SUMMARY) throw wrong('is not a summary of a clip');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw wrong('cannot be read as JSON', cause);
  }
  const parsed = videoSummarySchema.safeParse(value);
  if (!parsed.success) throw wrong(`is not a summary of a clip (${issueText(parsed.error)})`, parsed.error);
  return parsed.data;
}

function parseFrame(line: string, where: string): FrameResult {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new PhizError('invalid-data', `${where}: this is not JSON; the file may be cut off`, { cause });
  }
  const parsed = frameResultSchema.safeParse(value);
  if (!parsed.success) throw new PhizError('invalid-data', `${where}: ${issueText(parsed.error)}`, { cause: parsed.error });
  return parsed.data;
}

/** The first thing wrong, in a few words. */
function issueText({ issues }: z.ZodError): string {
  const [issue] = issues;
  const at = issue?.path.map(String).join('.');
  return `${at ? `${at}: ` : ''}${issue?.message ?? 'not as expected'}`;
}
