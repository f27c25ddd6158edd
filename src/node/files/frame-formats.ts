/**
 * The formats that a clip's frames are written in, each one file beside this one and one entry here. With the other formats of a clip
 * (src/apps/analyze/formats.ts) the files of a run, the flags of the command line, the service's results and the table in docs/video.md are
 * made from, or tested against, this list.
 */
import { type FrameSink, type FrameSinkOptions, openFramesFile, openTimelineCsv } from './frame-sink.js';
import type { OutputFormat } from './output-format.js';
import { openTimelineParquet } from './parquet.js';

/** One format. */
export interface FrameFormat extends OutputFormat {
  open(path: string, options?: FrameSinkOptions): Promise<FrameSink>;
}

export const FRAME_FORMATS = [
  {
    name: 'ndjson',
    ending: 'frames.ndjson',
    type: 'application/x-ndjson',
    always: true,
    says: 'one JSON object per line, one line per analysed frame',
    open: (path) => openFramesFile(path),
  },
  {
    name: 'csv',
    ending: 'timeline.csv',
    type: 'text/csv; charset=utf-8',
    always: true,
    says: 'a table, one row per face per frame',
    open: openTimelineCsv,
  },
  {
    name: 'parquet',
    ending: 'timeline.parquet',
    type: 'application/vnd.apache.parquet',
    always: false,
    says: 'the table as Parquet',
    open: (path, { attributes } = {}) => openTimelineParquet(path, { attributes }),
  },
] as const satisfies readonly FrameFormat[];

/**
 * Opens the files of these formats, one each; `pathOf` names them by their ending. Where one cannot be opened the others are left behind
 * unwritten. Throws PhizError `unwritable-file`.
 */
export async function openFormats(
  formats: readonly FrameFormat[],
  pathOf: (ending: string) => string,
  options?: FrameSinkOptions,
): Promise<readonly FrameSink[]> {
  const sinks: FrameSink[] = [];
  try {
    for (const { open, ending } of formats) sinks.push(await open(pathOf(ending), options));
    return sinks;
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
}
