/**
 * Begins a study from a folder of recordings: study.csv with a row for each, moments.csv with no moment yet, each column explained in a
 * comment. Names such as `anna-logo film.mp4` say participant and stimulus.
 */
import { basename, extname, join } from 'node:path';
import { PhizError } from '../../core/error.js';
import { isFile, listFiles } from '../../node/files/read-files.js';
import { sweepOrphans } from '../../node/files/temporary.js';
import { writeAtomic } from '../../node/files/write-atomic.js';
import { CLIP_EXTENSIONS } from '../../node/video/clip-kind.js';
import { csvLine } from '../../report/tables/csv-line.js';
import { MOMENT_COLUMNS, NEEDED_COLUMNS, OTHER_COLUMNS } from '../../study/design-csv.js';

/**
 * Writes both tables and gives their paths. Throws PhizError `file-not-found`, `no-input` for a folder without clips, `unwritable-file`
 * where one of them is there already: what somebody wrote is never replaced.
 */
export async function startStudy(folder: string): Promise<readonly string[]> {
  const clips = (await listFiles(folder)).filter((file) => CLIP_EXTENSIONS.includes(extname(file).toLowerCase()));
  if (clips.length === 0) throw new PhizError('no-input', `${folder} holds no clips`);
  const paths = ['study.csv', 'moments.csv'].map((name) => join(folder, name));
  for (const path of paths)
    if (await isFile(path)) throw new PhizError('unwritable-file', `${path} is there already; move it away to begin anew`);
  const columns = { ...NEEDED_COLUMNS, ...OTHER_COLUMNS };
  const rows = clips.map((file) => csvLine([file, ...readName(file), '', '', '']));
  const own = '# any other column: a condition of your own, such as group; participants with different values are compared\n';
  await sweepOrphans(folder);
  await writeAtomic(paths[0]!, comments(columns) + own + csvLine(Object.keys(columns)) + rows.join(''));
  await writeAtomic(paths[1]!, comments(MOMENT_COLUMNS) + csvLine(Object.keys(MOMENT_COLUMNS)));
  return paths;
}

function comments(columns: Readonly<Record<string, string>>): string {
  return Object.entries(columns)
    .map(([name, says]) => `# ${name}: ${says}\n`)
    .join('');
}

/** Participant and stimulus, apart at the first hyphen; without one the stimulus is to be filled in. */
function readName(file: string): readonly [participant: string, stimulus: string] {
  const stem = basename(file, extname(file));
  const at = stem.indexOf('-');
  return at < 0 ? [stem, ''] : [stem.slice(0, at).trim(), stem.slice(at + 1).trim()];
}
