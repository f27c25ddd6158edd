/**
 * Builds the large study of known truth, 12 participants before 2 stimuli of 20 seconds: clips, study.csv and moments.csv.
 *
 *     npx tsc -b && node build/scripts/make-study.js --out FOLDER && node dist/cli/main.js study FOLDER/study.csv
 */
import { parseArgs } from 'node:util';
import { makeStudyClips } from './study-clips.js';

const { values } = parseArgs({ options: { samples: { type: 'string', default: 'samples' }, out: { type: 'string' } } });
if (values.out === undefined) throw new Error('--out needs a folder');
await makeStudyClips({ samples: values.samples, out: values.out, participants: 12, seconds: 20, rate: 12.5 });
