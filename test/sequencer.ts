/**
 * The order in which test files run: those that take longest first, so that no long one begins when the others are done and a core stands
 * idle. vitest knows how long each took from earlier runs, but a fresh clone, as CI has it, has none.
 */
import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those of 20 seconds and more beside two others, the longest first; where one is added that takes as long, it is to stand here. */
export const LONGEST: readonly string[] = [
  'server-jobs',
  'fault-injection',
  'files',
  'fuzz',
  'aborting',
  'cli-video',
  'study-command',
  'study',
  'service-faults',
  'everything-at-once',
  'bundles',
  'train',
  'world',
  'package',
  'job-queue',
  'generated-streams',
  'camera',
  'nothing-leaves',
  'job-kinds',
  'clips',
  'library',
  'odd-names',
  'cut-off',
  'webhooks',
  'typescript',
  'many-machines',
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
