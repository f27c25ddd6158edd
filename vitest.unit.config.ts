/**
 * The quick half of the tests: those that stay in one process and need no data. `npm run test:unit` runs them alone, and so does
 * `npm run mutate` for each fault. Which they are follows from what a test imports: there is no list to keep.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Generous, since tests start processes and the machine may be busy: a limit is there for what hangs, not for what is slow. */
export const LIMITS = { testTimeout: 180_000, hookTimeout: 180_000 };

const root = import.meta.dirname;
/** Starts processes, threads, services or browsers, decodes clips, runs the detector on many images, or reads data sets. */
const HEAVY =
  /from '(node:(child_process|worker_threads)|.*\/(needs|open-detector|photo-pool)\.js|\.\/fixtures\/(phiz|service|clips)\.js)'/;

const files = ['test/node', 'test/browser'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
);
export const SLOW = files.filter((path) => HEAVY.test(readFileSync(join(root, path), 'utf8')));

export default defineConfig({
  test: { ...LIMITS, name: 'unit', include: files.filter((path) => !SLOW.includes(path)) },
});
