/**
 * The order in which test files run: those that take longest first, so that no long one begins when the others are done and a core stands
 * idle. vitest knows how long each took from earlier runs, but a fresh clone, as CI has it, has none.
 */
import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those of half a minute and more, the longest first; where one is added that takes as long, it is to stand here. */
const LONGEST: readonly string[] = [
  'files',
  'fault-injection',
  'server-jobs',
  'study-command',
  'cli-video',
  'aborting',
  'fuzz',
  'world',
  'study',
  'camera',
  'library',
  'bundles',
  'nothing-leaves',
  'clips',
  'many-machines',
  'everything-at-once',
  'train',
  'generated-streams',
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.indexOf(basename(moduleId, '.test.ts'));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
