/** The options of a study's sums on the command line, wherever it is done. */
import type { Command } from 'commander';
import { LEADING } from '../attributes/index.js';
import { parsePrimary } from '../study/families.js';
import type { StudyDefaults } from '../study/study.js';
import { numberFrom, share } from './options.js';

export interface StudySumOptions extends Omit<StudyDefaults, 'outcomes' | 'primary'> {
  readonly moments?: string | undefined;
  readonly coded?: string | undefined;
  readonly title?: string | undefined;
  readonly outcomes?: string | undefined;
  readonly primary?: readonly string[] | undefined;
}

/** Adds them. */
export function addStudyOptions(command: Command): Command {
  return command
    .option(
      '--moments <csv>',
      'stimulus, from, to, label; rows with a file are left out of it (default: moments.csv beside the design)',
    )
    .option('--coded <csv>', 'what a person coded: file, from, to, label; how far phiz agrees is reported')
    .option('--title <text>', 'title of the report')
    .option('--outcomes <list>', 'what is compared, such as happy,surprise (default: everything)')
    .option(
      '--primary <test>',
      'what the study is about, such as happy or "happy@punch line"; corrected apart from all else; may be given several times',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option('--step <seconds>', 'seconds between two points of a curve (default: 0.1)', numberFrom(0, 'above'))
    .option('--threshold <p>', 'score above which somebody counts as showing it (default: 0.5)', share)
    .option('--least-share <p>', 'share of participants below which a curve ends (default: 0.5)', share)
    .option('--least-face <p>', 'share of time with a face below which a recording is left out (default: 0.5)', share)
    .option('--keep-poor', 'keep the recordings below --least-face')
    .option('--seed <n>', 'random seed (default: 1)', numberFrom(0));
}

/** What they say of the sums. Throws PhizError as `parsePrimary`. */
export function chosenSums(options: StudySumOptions) {
  const { title, step, seed, threshold, leastShare, leastFace, keepPoor, primary = [] } = options;
  const outcomes = options.outcomes?.split(',').map((label) => label.trim());
  const tests = primary.map((text) => parsePrimary(text, outcomes ?? LEADING.classes.labels));
  return { title, step, seed, threshold, leastShare, leastFace, keepPoor, outcomes, primary: tests };
}
