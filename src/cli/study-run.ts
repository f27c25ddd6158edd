/** One run of `phiz study`: src/apps/study/run-study.ts with a bar over all recordings; the answer goes to standard output. */
import { dirname } from 'node:path';
import type { Analyzer } from '../analyze/analyzer.js';
import { runStudy } from '../apps/study/run-study.js';
import { startStudy } from '../apps/study/start-study.js';
import type { Device } from '../core/engine.js';
import { PhizError } from '../core/error.js';
import { createAnalyzer } from '../node/create-analyzer.js';
import { modelHashes } from '../node/models/model-hashes.js';
import { isRemote, openRemoteFiles } from '../node/remote/remote-files.js';
import { studyAnswer } from '../report/pages/study-answer.js';
import type { CsvSeparator } from '../report/tables/csv-spelling.js';
import {
  FACE_LIMITS,
  type FaceLimits,
  FOLLOW_OPTIONS,
  type FollowOptions,
  type LookOptions,
} from '../results/analysis-options.js';
import { chosenModels, chosenOptions } from './analysis-options.js';
import type { RunOutcome } from './analyze-run.js';
import { openOutFolder } from './out-folder.js';
import { createProgress, SILENT } from './progress.js';
import { type RemoteRunOptions, remoteOptions } from './remote-options.js';
import { stopOnSignals } from './signals.js';
import { chosenSums, type StudySumOptions } from './study-options.js';

/** The options of `phiz study`, as its help describes them. */
export interface StudyRunOptions extends FaceLimits, LookOptions, FollowOptions, RemoteRunOptions, StudySumOptions {
  readonly init?: string | undefined;
  readonly out?: string | undefined;
  readonly thumbnails?: boolean | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  readonly csvSeparator?: CsvSeparator | undefined;
  readonly quiet?: boolean | undefined;
}

/** Throws PhizError as `runStudy` and `startStudy`. */
export async function runStudyCommand(design: string | undefined, options: StudyRunOptions): Promise<RunOutcome> {
  if (options.init !== undefined) {
    if (design !== undefined)
      throw new PhizError('invalid-option', `--init makes a new design; run it without ${design}, or the study without --init`);
    const paths = await startStudy(options.init);
    for (const path of paths) process.stderr.write(`phiz: wrote ${path}\n`);
    process.stderr.write(`phiz: look through both, then run: phiz study ${paths[0]}\n`);
    return { failed: 0, stoppedBy: undefined };
  }
  if (design === undefined)
    throw new PhizError(
      'invalid-option',
      'a study needs its design, a CSV or JSON file; --init <dir> makes one from a folder of clips',
    );
  const { device, threads = 1, detectSize, quiet = false, ...rest } = options;
  if (options.fps !== undefined && options.every !== undefined)
    throw new PhizError('invalid-option', '--fps and --every both say which frames are analysed; give one of them');
  const models = chosenModels(options);
  if (models.emotion === null)
    throw new PhizError('invalid-option', 'a study is about expressions; --emotion-model none leaves nothing to sum up');
  const sums = chosenSums(options);
  using stop = stopOnSignals();
  await using remote = openRemoteFiles(remoteOptions(options));
  // What lies beside a design on S3 goes there, too.
  const out = rest.out ?? (isRemote(design) ? `${dirname(design)}/study` : undefined);
  await using target = out === undefined ? undefined : await openOutFolder(out, remote);
  let opened: Promise<Analyzer> | undefined;
  let progress: ReturnType<typeof createProgress> | undefined;
  try {
    const { result, paths, reused } = await runStudy(design, {
      out: target?.folder,
      moments: rest.moments,
      coded: rest.coded,
      ...sums,
      thumbnails: rest.thumbnails,
      csvSeparator: rest.csvSeparator,
      models: JSON.stringify([await modelHashes(models), device]),
      analyzer: () => {
        opened ??= createAnalyzer({ ...models, device, threads, detectSize });
        return opened;
      },
      stream: { ...chosenOptions(options, FOLLOW_OPTIONS), ...chosenOptions(options, FACE_LIMITS) },
      look: { detectSize },
      remote: remoteOptions(options),
      signal: stop.signal,
      onProgress({ recording, recordings, file, frames, total }) {
        progress ??= createProgress({ total: recordings, label: 'study', stream: quiet ? SILENT : process.stderr });
        progress.update(recording, total === undefined ? file : `${file} ${Math.floor((100 * frames) / total)} %`);
      },
    });
    progress?.end();
    await target?.publish('study.json');
    for (const { file, reason } of result.failures) process.stderr.write(`phiz: ${file}: left out: ${reason}\n`);
    for (const { file, kept, face } of result.quality)
      if (!kept) process.stderr.write(`phiz: ${file}: left out: a reliable face for ${Math.round(100 * face)} % of the time\n`);
    if (reused > 0) process.stderr.write(`phiz: ${reused} of ${result.quality.length} recordings were analysed before\n`);
    for (const path of paths) process.stderr.write(`phiz: wrote ${target?.nameOf(path) ?? path}\n`);
    for (const sentence of studyAnswer(result)) process.stdout.write(`${sentence}\n`);
    return { failed: result.failures.length, stoppedBy: undefined };
  } catch (error) {
    if (!stop.signalled) throw error;
    process.stderr.write('phiz: stopped; run it again to go on\n');
    return { failed: 0, stoppedBy: stop.signalled };
  } finally {
    progress?.end();
    await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
