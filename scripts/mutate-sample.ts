/**
 * `npm run mutate:sample -- core --sample 100 --seed 1`: `npm run mutate` for one folder, where all of it would take hours. Draws so many
 * lines of code and tries the faults in them; the same seed draws the same lines from the same code. A run that is stopped names no survivors.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { random } from '#dist/core/random.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('which folder of dist? For example: npm run mutate:sample -- core');

/** Whether faults can lie in a line: it is not a comment, import or bracket. */
function isCode(line: string): boolean {
  return /[\w)\]]/.test(line) && !/^\s*(\/\*|\*|\/\/|import |export \{|\} from)/.test(line);
}

const lines = readdirSync(join('dist', folder), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js'))
  .sort()
  .flatMap((name) => {
    const file = join('dist', folder, name);
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => (isCode(line) ? [`${file}:${i + 1}-${i + 1}`] : []));
  });
const drawn = random(Number(values.seed))
  .shuffle([...lines])
  .slice(0, Number(values.sample))
  .sort();
console.log(`${drawn.length} of ${lines.length} lines of dist/${folder}, seed ${values.seed}`);
const { status } = spawnSync('npx', ['stryker', 'run', '--concurrency', '1', '--mutate', drawn.join(',')], { stdio: 'inherit' });
process.exitCode = status ?? 1;
