/** The flags of `phiz analyze`, and which of them do not go together. What each alone may say is the command's business. */
import { formatsChosen } from '../apps/analyze/formats.js';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { tableFormat } from '../node/files/faces-tables.js';
import { isRemote } from '../node/remote/remote-files.js';
import type { CsvSeparator } from '../report/tables/csv-spelling.js';
import type { FaceLimits, FollowOptions, LookOptions, TurnOption } from '../results/analysis-options.js';
import type { RemoteRunOptions } from './remote-options.js';

/** The options of `phiz analyze`, as its help describes them. */
export interface AnalyzeFlags extends FaceLimits, LookOptions, TurnOption, FollowOptions, RemoteRunOptions {
  readonly out?: string | undefined;
  readonly resume?: boolean | undefined;
  readonly blur?: boolean | undefined;
  readonly csv?: string | undefined;
  readonly table?: string | undefined;
  readonly csvSeparator?: CsvSeparator | undefined;
  readonly annotated?: boolean | undefined;
  readonly bars?: boolean | undefined;
  readonly thumbnails?: boolean | undefined;
  readonly sound?: boolean | undefined;
  readonly detector?: string | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  readonly maxPixels?: number | undefined;
  readonly json?: boolean | undefined;
  readonly pretty?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Throws PhizError `invalid-option` for options that do not go together. */
export function checkFlags(options: AnalyzeFlags): void {
  const { out, blur, resume, fps, every, from, to } = options;
  const wrong = (message: string): never => {
    throw new PhizError('invalid-option', message);
  };
  if (out !== undefined && isRemote(out) && resume)
    wrong('--resume needs a folder of this machine: results on S3 are not read again');
  if (out === undefined) {
    if (blur) wrong('--blur needs --out: only annotated images and reports are blurred');
    if (resume) wrong('--resume needs --out: the folder that says what was done');
    for (const name of formatsChosen(options)) wrong(`--${name} needs --out: the folder it is written to`);
  }
  if (fps !== undefined && every !== undefined) wrong('--fps and --every both say which frames are analysed; give one of them');
  if (from !== undefined && to !== undefined && from >= to) wrong(`--from must lie before --to; got ${from} and ${to}`);
  if (options.table !== undefined) tableFormat(options.table);
}
