/**
 * What was saved of a clip, from its text: the lines of `<name>.frames.ndjson`, and the summary `<name>.json`. Both may come from
 * anywhere, so each is checked, and what is wrong is told with its line. Where the text comes from is the caller's business.
 */
import { PhizError } from '../core/error.js';
import { parsedAs } from '../core/schema-fault.js';
import { type FrameResult, frameResultSchema, type VideoSummary, videoSummarySchema } from './video-result.js';

/**
 * The analysed frames of a clip, in order. Keeps none of them. Throws PhizError `invalid-data` naming `name` and the line, `aborted`.
 * @param name what messages call the file
 */
export async function* readFrameLines(
  lines: Iterable<string> | AsyncIterable<string>,
  name: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<FrameResult> {
  let number = 0;
  let last: FrameResult | undefined;
  for await (const line of lines) {
    number++;
    if (signal?.aborted) throw new PhizError('aborted', `reading ${name} was stopped`, { cause: signal.reason });
    if (line.trim() === '') continue;
    const frame = parseFrame(line, `${name}, line ${number}`);
    if (last && frame.frame <= last.frame)
      throw new PhizError('invalid-data', `${name}, line ${number}: frame ${frame.frame} comes after frame ${last.frame}`);
    if (last && frame.timestamp < last.timestamp)
      throw new PhizError(
        'invalid-data',
        `${name}, line ${number}: the time goes back, from ${last.timestamp} s to ${frame.timestamp} s`,
      );
    last = frame;
    yield frame;
  }
  if (!last) throw new PhizError('invalid-data', `${name} holds no frames`);
}

/** The summary of a clip. Throws PhizError `invalid-data`; `name` is what messages call it. */
export function parseSummary(text: string, name: string): VideoSummary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PhizError('invalid-data', `${name} cannot be read as JSON`, { cause });
  }
  return parsedAs(videoSummarySchema, value, {
    code: 'invalid-data',
    lead: `${name} is not a summary of a clip`,
    whole: 'the whole',
  });
}

function parseFrame(line: string, where: string): FrameResult {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new PhizError('invalid-data', `${where}: this is not JSON; the file may be cut off`, { cause });
  }
  return parsedAs(frameResultSchema, value, { code: 'invalid-data', lead: where, whole: 'the line' });
}
