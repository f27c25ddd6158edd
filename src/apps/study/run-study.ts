/**
 * A whole study: design in, each recording followed, summed up, and written: `study.json`, tables, and the report. A recording that
 * fails is named and left out.
 */
import { createHash } from 'node:crypto';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Analyzer } from '../../analyze/analyzer.js';
import { LEADING } from '../../attributes/index.js';
import { PhizError } from '../../core/error.js';
import { phizVersion } from '../../node/files/manifest.js';
import { isFile, readText, readTextIfAny } from '../../node/files/read-files.js';
import { openAtomic, writeAtomic } from '../../node/files/write-atomic.js';
import { studyReport } from '../../report/pages/study-report.js';
import { type CsvSeparator, csvMark, spellCsv } from '../../report/tables/csv-spelling.js';
import {
  codebookCsv,
  comparisonsCsv,
  longHeader,
  longRows,
  participantsCsv,
  windowsCsv,
} from '../../report/tables/study-tables.js';
import type { FaceLimits, FollowOptions, LookOptions } from '../../results/analysis-options.js';
import { type Design, parseDesign, type Recording } from '../../study/design.js';
import { checkPrimary } from '../../study/families.js';
import { type Followed, type StudyDefaults, studySettings, sumUp } from '../../study/study.js';
import { STUDY_SCHEMA_VERSION, type StudyResult } from '../../study/study-result.js';
import { followRecording } from './follow-recording.js';

export interface StudyOptions extends StudyDefaults {
  /** Folder of all that comes out; default: `study` beside the design. */
  readonly out?: string | undefined;
  /** Table of moments and stretches left out; default: `moments.csv` beside the design, where it is there. */
  readonly moments?: string | undefined;
  readonly title?: string | undefined;
  /** Opens the analyzer; called once, and only where something is to be analysed. */
  readonly analyzer: () => Promise<Analyzer>;
  /** Says which models are chosen: analyses with others are not reused. Default: ''. */
  readonly models?: string | undefined;
  readonly stream?: (FaceLimits & FollowOptions) | undefined;
  readonly look?: LookOptions | undefined;
  /** Between the cells of tables; ';' also writes decimal commas and a byte order mark. Default: ','. */
  readonly csvSeparator?: CsvSeparator | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told before each recording, and of each of its frames. */
  readonly onProgress?: ((at: StudyProgress) => void) | undefined;
}

export interface StudyProgress {
  readonly recording: number;
  readonly recordings: number;
  readonly file: string;
  readonly frames: number;
  readonly total: number | undefined;
}

export interface StudyOutcome {
  readonly result: StudyResult;
  readonly paths: readonly string[];
  /** Recordings taken from an earlier run. */
  readonly reused: number;
}

/**
 * Runs the study that a design (a CSV file) describes. Throws PhizError `invalid-data` naming every fault of the design before anything
 * runs, `invalid-option`, `file-not-found`, `no-input` where no recording gives anything, `aborted`, `unwritable-file`.
 */
export async function runStudy(designPath: string, options: StudyOptions): Promise<StudyOutcome> {
  const {
    out = join(dirname(designPath), 'study'),
    title,
    analyzer,
    models = '',
    stream = {},
    look = {},
    csvSeparator = ',',
    signal,
    onProgress,
  } = options;
  const settings = studySettings(LEADING, options);
  const { design, hash } = await readDesign(designPath, options.moments);
  checkPrimary(settings.primary, design);
  const spelt = (table: string) => csvMark(csvSeparator) + spellCsv(table, csvSeparator);
  const folder = join(out, 'recordings');
  const followed: Followed[] = [];
  const failures: { file: string; reason: string }[] = [];
  const long = await openAtomic(join(out, 'long.csv'), { private: true });
  let summary: Awaited<ReturnType<typeof followRecording>>['summary'] | undefined;
  let reused = 0;
  try {
    await long.write(spelt(longHeader()));
    const names = namesOf(design.recordings);
    for (const [i, recording] of design.recordings.entries()) {
      const at = { recording: i, recordings: design.recordings.length, file: recording.file };
      onProgress?.({ ...at, frames: 0, total: undefined });
      if (signal?.aborted)
        throw new PhizError('aborted', 'the study was stopped; run it again to go on', { cause: signal.reason });
      try {
        const one = await followRecording(recording, resolve(dirname(designPath), recording.file), {
          analyzer,
          models,
          folder,
          name: names[i]!,
          subject: LEADING,
          step: settings.step,
          stream,
          look,
          signal,
          onFrame: (frames, total) => onProgress?.({ ...at, frames, total }),
        });
        summary ??= one.summary;
        if (one.reused) reused++;
        followed.push({ recording, course: one.course, problem: one.problem });
        await long.write(spellCsv(longRows(one, LEADING, settings.step), csvSeparator));
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
    await long.commit();
  } finally {
    await long.abort();
  }
  const result: StudyResult = {
    schemaVersion: STUDY_SCHEMA_VERSION,
    phiz: phizVersion(),
    design: hash,
    subject: LEADING.name,
    settings,
    models: summary?.models ?? null,
    analysis: summary?.settings ?? {},
    ...sumUp(design, followed, LEADING, settings),
    failures,
  };
  const files: readonly (readonly [name: string, text: string])[] = [
    ['study.json', `${JSON.stringify(result, undefined, 1)}\n`],
    ['windows.csv', spelt(windowsCsv(result))],
    ['comparisons.csv', spelt(comparisonsCsv(result))],
    ['participants.csv', spelt(participantsCsv(result, design))],
    ['codebook.csv', spelt(codebookCsv(LEADING))],
    ['study.report.html', studyReport(result, { title, subject: LEADING })],
  ];
  for (const [name, text] of files) await writeAtomic(join(out, name), text, { private: true });
  return { result, paths: [join(out, 'long.csv'), ...files.map(([name]) => join(out, name))], reused };
}

async function readDesign(path: string, momentsPath: string | undefined): Promise<{ design: Design; hash: string }> {
  const read = async (file: string) => ({ name: file, text: await readText(file) });
  const beside = join(dirname(path), 'moments.csv');
  const there = momentsPath === undefined && resolve(beside) !== resolve(path) ? await readTextIfAny(beside) : undefined;
  const moments =
    momentsPath !== undefined ? await read(momentsPath) : there === undefined ? undefined : { name: beside, text: there };
  const text = await read(path);
  const design = parseDesign(text, moments);
  const faults: string[] = [];
  for (const { file, line } of design.recordings)
    if (!(await isFile(resolve(dirname(path), file))))
      faults.push(`${path}, line ${line}, column file: there is no file '${file}'`);
  if (faults.length) throw new PhizError('invalid-data', faults.slice(0, 20).join('; '));
  const hash = createHash('sha256')
    .update(text.text)
    .update('\0')
    .update(moments?.text ?? '')
    .digest('hex');
  return { design, hash };
}

/** Names of the analyses' files: those of the recordings, told apart. */
function namesOf(recordings: readonly Recording[]): readonly string[] {
  const taken = new Set<string>();
  return recordings.map(({ file }) => {
    const stem = basename(file, extname(file));
    let name = stem;
    for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${stem}-${i}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
