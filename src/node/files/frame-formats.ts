/**
 * The formats that a clip's frames are written in, each one file beside this one and one entry here. The files of a run, the flags of
 * the command line, the service's results and the table in docs/video.md are made from, or tested against, this list.
 */
import type { Attribute } from '../../attributes/attribute.js';
import { PhizError } from '../../core/error.js';
import { type FrameSink, openFramesFile, openTimelineCsv } from './frame-sink.js';
import { openTimelineParquet } from './parquet.js';

/** One format. */
export interface FrameFormat {
  /** Also the flag that asks for it, where it is not always written. */
  readonly name: string;
  /** Its files are called `<name>.<ending>`. */
  readonly ending: string;
  /** Media type. */
  readonly type: string;
  /** Whether every run writes it. */
  readonly always: boolean;
  /** What it is, in half a sentence. */
  readonly says: string;
  /** `attributes`: those of the analyzer; default: all that phiz knows. */
  open(path: string, attributes?: readonly Attribute[]): Promise<FrameSink>;
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
    open: (path, attributes) => openTimelineParquet(path, { attributes }),
  },
] as const satisfies readonly FrameFormat[];

/** The name of a format. */
export type FrameFormatName = (typeof FRAME_FORMATS)[number]['name'];

/** Formats that are written where they are asked for. */
export const FORMATS_ASKED_FOR: readonly FrameFormat[] = FRAME_FORMATS.filter(({ always }) => !always);

/** The format of that name. Throws PhizError `invalid-option` naming those there are. */
export function frameFormat(name: FrameFormatName): FrameFormat {
  const format = FRAME_FORMATS.find((known) => known.name === name);
  if (format) return format;
  throw new PhizError(
    'invalid-option',
    `there is no format '${name}'; known: ${FRAME_FORMATS.map((one) => one.name).join(', ')}`,
  );
}

/** The formats whose flags are set, out of a command's options. */
export function formatsChosen(options: object): readonly FrameFormatName[] {
  const flags = options as Readonly<Record<string, unknown>>;
  return FORMATS_ASKED_FOR.filter(({ name }) => flags[name]).map(({ name }) => name as FrameFormatName);
}

/**
 * Opens the files of these formats, one each, in the order of the list; `pathOf` names them by their ending. Where one cannot be opened
 * the others are left behind unwritten. Throws PhizError `invalid-option`, `unwritable-file`.
 */
export async function openFormats(
  names: readonly FrameFormatName[],
  pathOf: (ending: string) => string,
  attributes?: readonly Attribute[],
): Promise<readonly FrameSink[]> {
  const asked = new Set<FrameFormat>(names.map(frameFormat));
  const sinks: FrameSink[] = [];
  try {
    for (const format of FRAME_FORMATS) if (asked.has(format)) sinks.push(await format.open(pathOf(format.ending), attributes));
    return sinks;
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
}

/** What every run writes, and what is asked for besides. */
export function withUsual(asked: readonly FrameFormatName[]): readonly FrameFormatName[] {
  return [...FRAME_FORMATS.filter(({ always }) => always).map(({ name }) => name), ...asked];
}
