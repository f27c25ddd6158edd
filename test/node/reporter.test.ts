/** The line that CI reads: a run of vitest within a run of vitest. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;

// Inside the repository, where `vitest` resolves; build/ is ignored by git.
beforeEach(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  folder = mkdtempSync(join(root, 'build/reporter-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(
  files: Record<string, string>,
  env: Record<string, string> = {},
): { lastLine: string; status: number | null; all: string } {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(
    join(folder, 'vitest.config.js'),
    `export default { test: { include: ['*.test.js'], reporters: ['default', ${JSON.stringify(join(root, 'test/reporter.ts'))}] } };`,
  );
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder],
    { encoding: 'utf8', env: { ...process.env, CI: '', ...env } },
  );
  return { lastLine: stdout.trimEnd().split('\n').at(-1)!, status, all: stdout + stderr };
}

const PASS = `import { it } from 'vitest'; it('a', () => {}); it('b', () => {}); it.skip('c', () => {});`;

it('counts what passed, failed, did not load and was skipped, on a line of its own, last', () => {
  const fail = `import { it } from 'vitest'; it('a', () => { throw new Error('x'); });`;
  const broken = `import './nowhere.js';`;
  const { lastLine, status } = run({ 'pass.test.js': PASS, 'fail.test.js': fail, 'broken.test.js': broken });
  expect(lastLine).toBe('2 passed, 2 failed, 1 skipped');
  expect(status).toBe(1);
});

it('skips what needs absent data, saying so, and with CI=true fails instead', () => {
  const needy = `import { describe, it } from 'vitest';
import { needs } from ${JSON.stringify(join(root, 'test/node/needs.ts'))};
const path = needs.data('fer2013');
describe.skipIf(path === undefined)('x', () => { it('a', () => {}); });`;
  const local = run({ 'needy.test.js': needy }, { PHIZ_DATA: folder });
  expect(local.lastLine).toBe('0 passed, 0 failed, 1 skipped');
  expect(local.all).toContain(`Skipping tests that need the data set ${join(folder, 'data/fer2013')}`);
  const ci = run({ 'needy.test.js': needy }, { PHIZ_DATA: folder, CI: 'true' });
  expect(ci.lastLine).toBe('0 passed, 1 failed, 0 skipped');
  expect(ci.all).toContain('CI=true allows no skipping');
});
