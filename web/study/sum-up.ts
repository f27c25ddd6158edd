/**
 * What a study of the page comes to: the result, report and tables of `phiz study`, under the same names. Loaded only when it is asked
 * for, for its plots are large.
 */
import { LEADING } from '#dist/attributes/index.js';
import { studyAnswer } from '#dist/report/pages/study-answer.js';
import { studyReport } from '#dist/report/pages/study-report.js';
import { csvLine } from '#dist/report/tables/csv-line.js';
import { LONG_COLUMNS, longRows, studyTables, tableCsv } from '#dist/report/tables/study-tables.js';
import type { Followed } from '#dist/study/course.js';
import { readDesignInput } from '#dist/study/design-json.js';
import { studyResult, studySettings } from '#dist/study/study.js';
import type { Study } from './plan.js';
import { courseOf } from './recorded-course.js';
import { designOf, jsonText } from './study-file.js';

export interface SummedUp {
  /** Three sentences. */
  readonly answer: readonly string[];
  readonly files: readonly { readonly label: string; readonly name: string; readonly blob: Blob }[];
}

/** Throws PhizError `invalid-data` where a recording or the design is damaged. */
export async function sumUpStudy({ plan, recordings }: Study): Promise<SummedUp> {
  const input = designOf({ plan, recordings });
  const text = jsonText(input);
  const design = readDesignInput(input, 'the study');
  // A moment that was taken away since is nothing to test.
  const windows = ['whole', ...design.moments.map(({ label }) => label)];
  const primary = plan.primary && windows.includes(plan.primary.window) ? [plan.primary] : [];
  const settings = studySettings(LEADING, { primary });
  const followed: Followed[] = [];
  for (const [i, recording] of design.recordings.entries()) {
    const recorded = recordings[i]!;
    const course = await courseOf(recorded, recording.file);
    followed.push({ recording, course, problem: recorded.summary.problem, lost: null });
  }
  const result = studyResult(design, followed, LEADING, settings, {
    phiz: PHIZ_VERSION,
    hash: await sha256(text),
    summary: recordings[0]?.summary,
  });
  const report = studyReport(result, { title: plan.title.trim() || undefined, subject: LEADING });
  const long = [
    LONG_COLUMNS.map(({ name }) => name),
    ...followed.flatMap((one) => [...longRows(one, LEADING, settings.step)]),
  ].map((row) => csvLine(row));
  const file = (label: string, name: string, type: string, ...content: readonly string[]) => ({
    label,
    name,
    blob: new Blob([...content], { type }),
  });
  return {
    answer: studyAnswer(result),
    files: [
      file('Report (HTML)', 'study.report.html', 'text/html', report),
      file('Result (JSON)', 'study.json', 'application/json', `${JSON.stringify(result, undefined, 1)}\n`),
      ...studyTables(result, design, LEADING).map((table) =>
        file(`${table.name} (CSV)`, `${table.name}.csv`, 'text/csv', tableCsv(table)),
      ),
      file('long (CSV)', 'long.csv', 'text/csv', ...long),
    ],
  };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
