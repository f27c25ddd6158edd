/**
 * A whole study: design in, each recording followed, summed up, and written: `study.json`, tables, and the report. A recording that
 * fails is named and left out.
 */
import { basename, dirname, extname, join } from 'node:path';
import type { Analyzer } from '../../analyze/analyzer.js';
import { LEADING } from '../../attributes/index.js';
import { checkNames } from '../../core/check.js';
import { PhizError } from '../../core/error.js';
import { createAnalyzer } from '../../node/create-analyzer.js';
import { phizVersion } from '../../node/files/manifest.js';
import { readText } from '../../node/files/read-files.js';
import { workbook } from '../../node/files/workbook.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { isRemote, openRemoteFiles, placeIn, type RemoteOptions } from '../../node/remote/remote-files.js';
import { studyReport } from '../../report/pages/study-report.js';
import { type CsvSeparator, csvMark, spellCsv } from '../../report/tables/csv-spelling.js';
import { LONG_COLUMNS, longRows, type StudyTable, studyTables, tableCsv } from '../../report/tables/study-tables.js';
import type { FaceLimits, FollowOptions, LookOptions } from '../../results/analysis-options.js';
import { parseCoded } from '../../study/coded.js';
import type { Followed } from '../../study/course.js';
import type { Design, Recording } from '../../study/design.js';
import type { DesignInput } from '../../study/design-json.js';
import { checkPrimary } from '../../study/families.js';
import { type StudyDefaults, studyResult, studySettings } from '../../study/study.js';
import type { StudyResult } from '../../study/study-result.js';
import { followRecording } from './follow-recording.js';
import { openDesign } from './open-design.js';
import { openLongTables, writeTiers } from './recording-tables.js';

/** How a study is run, and where its files go. */
export interface StudyOptions extends StudyDefaults {
  /** Folder of all that comes out; default: `study` beside the design. */
  readonly out?: string | undefined;
  /** Table of moments and stretches left out; default: `moments.csv` beside the design, where it is there. */
  readonly moments?: string | undefined;
  /** Table of what a person coded: file, from, to, label. Default: nobody did. */
  readonly coded?: string | undefined;
  readonly title?: string | undefined;
  /** Opens the analyzer; called once at most, and only where something is to be analysed. Default: one with the models of this package. */
  readonly analyzer?: (() => Promise<Analyzer>) | undefined;
  /** Says which models are chosen: analyses with others are not reused. Default: ''. */
  readonly models?: string | undefined;
  readonly stream?: (FaceLimits & FollowOptions) | undefined;
  readonly look?: LookOptions | undefined;
  /** A small image of each participant's face in the report. Default: false. */
  readonly thumbnails?: boolean | undefined;
  /** Between the cells of tables; ';' also writes decimal commas and a byte order mark. Default: ','. */
  readonly csvSeparator?: CsvSeparator | undefined;
  /** Recordings that were analysed elsewhere, by the design's `file`: these are not looked for. Default: none. */
  readonly analysed?: Readonly<Record<string, AnalysedRecording>> | undefined;
  /** What may be fetched where the design, its moments or a recording's file is an address: `s3://bucket/key`, or of the web. */
  readonly remote?: RemoteOptions | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told before each recording, and of each of its frames. */
  readonly onProgress?: ((at: StudyProgress) => void) | undefined;
}

/** Where the frames of a recording lie (`.frames.ndjson`, its summary beside it), or why there are none: it is named and left out. */
export type AnalysedRecording = { readonly frames: string } | { readonly failed: string };

/** How far a study is. */
export interface StudyProgress {
  readonly recording: number;
  readonly recordings: number;
  readonly file: string;
  readonly frames: number;
  readonly total: number | undefined;
}

/** What came of a study. */
export interface StudyOutcome {
  readonly result: StudyResult;
  readonly paths: readonly string[];
  /** Recordings taken from an earlier run. */
  readonly reused: number;
}

/** Rows of the long table up to which it is a sheet of study.xlsx too. */
const MOST_LONG_ROWS = 50_000;

const OPTIONS = [
  ...[
    'out',
    'moments',
    'coded',
    'title',
    'analyzer',
    'models',
    'stream',
    'look',
    'thumbnails',
    'csvSeparator',
    'analysed',
    'remote',
    'signal',
    'onProgress',
  ],
  ...['step', 'seed', 'outcomes', 'primary', 'threshold', 'leastShare', 'leastFace', 'keepPoor'],
];

/**
 * Runs the study that a design describes: the path of a CSV or JSON file, or an object, whose files are relative to the working folder.
 * Each recording is analysed once: run it again to go on where it was stopped. Throws PhizError `invalid-data` naming every fault of
 * the design before anything runs, `invalid-option`, `file-not-found`, `no-input` where no recording gives anything, `aborted`,
 * `unwritable-file`.
 *
 * @example const { result } = await runStudy('study.csv', { primary: [{ label: 'happy', window: 'whole' }] });
 */
export async function runStudy(from: string | DesignInput, options: StudyOptions = {}): Promise<StudyOutcome> {
  checkNames(options, OPTIONS);
  const {
    out = join(typeof from === 'string' ? dirname(from) : '.', 'study'),
    title,
    analyzer,
    models = '',
    stream = {},
    look = {},
    thumbnails = false,
    csvSeparator = ',',
    analysed = {},
    remote: allowed,
    signal,
    onProgress,
  } = options;
  const settings = studySettings(LEADING, options);
  await using remote = openRemoteFiles(allowed);
  const copy = (address: string) => remote.copy(address, signal);
  const { design, hash, folder: base } = await openDesign(from, options.moments, { copy, analysed: Object.keys(analysed) });
  checkPrimary(settings.primary, design);
  const spelt = (table: string) => csvMark(csvSeparator) + spellCsv(table, csvSeparator);
  const coded = await readCoded(options.coded, design);
  const folder = join(out, 'recordings');
  const followed: Followed[] = [];
  const failures: { file: string; reason: string }[] = [];
  const portraits = new Map<string, string>();
  const long = await openLongTables(out, LEADING, settings.step, csvSeparator);
  let summary: Awaited<ReturnType<typeof followRecording>>['summary'] | undefined;
  let reused = 0;
  let opened: Promise<Analyzer> | undefined;
  const opener = () => {
    opened ??= analyzer ? analyzer() : createAnalyzer({ threads: 1 });
    return opened;
  };
  try {
    const names = namesOf(design.recordings);
    for (const [i, recording] of design.recordings.entries()) {
      const at = { recording: i, recordings: design.recordings.length, file: recording.file };
      onProgress?.({ ...at, frames: 0, total: undefined });
      if (signal?.aborted)
        throw new PhizError('aborted', 'the study was stopped; run it again to go on', { cause: signal.reason });
      try {
        const elsewhere = analysed[recording.file];
        if (elsewhere && 'failed' in elsewhere) throw new PhizError('invalid-data', elsewhere.failed);
        const place = elsewhere?.frames ?? placeIn(base, recording.file);
        await using here = isRemote(place) ? await copy(place) : undefined;
        const one = await followRecording(recording, here?.path ?? place, {
          analyzer: opener,
          models,
          folder,
          name: names[i]!,
          subject: LEADING,
          step: settings.step,
          stream,
          look,
          thumbnails,
          signal,
          onFrame: (frames, total) => onProgress?.({ ...at, frames, total }),
        });
        summary ??= one.summary;
        if (one.reused) reused++;
        followed.push({ recording, course: one.course, problem: one.problem, lost: one.lost });
        if (one.portrait !== undefined) portraits.set(recording.file, one.portrait);
        await long.add(one);
        await writeTiers(join(folder, names[i]!), one, design, settings.step);
      } catch (error) {
        if (!(error instanceof PhizError) || error.code === 'aborted' || error.code === 'unwritable-file') throw error;
        failures.push({ file: recording.file, reason: error.message });
      }
    }
    if (followed.length === 0)
      throw new PhizError(
        'no-input',
        `no recording could be analysed: ${failures.map(({ file, reason }) => `${file}: ${reason}`).join('; ')}`,
      );
    await long.finish();
  } finally {
    // What the caller opened is the caller's to close.
    if (!analyzer) await (await opened?.catch(() => undefined))?.dispose();
    await long.abort();
  }
  const result = studyResult(design, followed, LEADING, settings, { phiz: phizVersion(), hash, summary, coded, failures });
  const tables = studyTables(result, design, LEADING);
  const files: readonly (readonly [name: string, content: string | Uint8Array])[] = [
    ['study.json', `${JSON.stringify(result, undefined, 1)}\n`],
    ...tables.map((table) => [`${table.name}.csv`, spelt(tableCsv(table))] as const),
    ['study.xlsx', await workbook([...tables, ...longTable(followed, settings.step)])],
    ['study.report.html', studyReport(result, { title, subject: LEADING, portraits })],
  ];
  for (const [name, content] of files) await writeAtomic(join(out, name), content, { private: true });
  return { result, paths: [...long.paths, ...files.map(([name]) => join(out, name))], reused };
}

/** The long table as a sheet, where it is short enough: building one takes more memory than all the rest of a study. */
function longTable(followed: readonly Followed[], step: number): readonly StudyTable[] {
  const rows = followed.reduce((sum, { course }) => sum + course.cells.length * LEADING.classes.labels.length, 0);
  if (rows > MOST_LONG_ROWS) return [];
  const columns = LONG_COLUMNS.map(({ name }) => name);
  return [{ name: 'long', columns, rows: followed.flatMap((one) => longRows(one, LEADING, step)) }];
}

async function readCoded(path: string | undefined, { recordings }: Design) {
  if (path === undefined) return [];
  return parseCoded({ name: path, text: await readText(path) }, { recordings, labels: LEADING.classes.labels });
}

/** Names of the analyses' files: those of the recordings, told apart. */
function namesOf(recordings: readonly Recording[]): readonly string[] {
  const taken = new Set<string>();
  return recordings.map(({ file }) => {
    const stem = basename(file, extname(file)).replace(/\.frames$/i, '');
    let name = stem;
    for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${stem}-${i}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
