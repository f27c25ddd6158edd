/**
 * The web page, ready to be served. The published package brings it built. In a checkout of the repository it is built here when it
 * is missing or older than what it is made of, by vite, which is there for development.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PhizError } from '../../core/error.js';
import { PAGE_DIRECTORY, runtimeFolder } from './page-files.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What the page is made of. */
const SOURCES = [
  'web',
  ...['browser', 'core', 'analyze', 'attributes', 'classify', 'detect', 'media', 'report', 'results', 'statistics', 'study'].map(
    (part) => join('dist', part),
  ),
];

/**
 * Builds the page if it must be; `onBuild` is called before. Throws PhizError `file-not-found` where it cannot be had,
 * `engine-unavailable` where ONNX Runtime for the web, which it loads, is not installed.
 */
export async function ensurePage({ onBuild = () => {} }: { readonly onBuild?: () => void } = {}): Promise<void> {
  runtimeFolder();
  const built = timeOf(join(PAGE_DIRECTORY, 'index.html'));
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const checkout = existsSync(join(ROOT, 'web/vite.config.ts')) && existsSync(vite);
  if (!checkout) {
    if (built) return;
    throw new PhizError('file-not-found', `the web page is not there: ${PAGE_DIRECTORY} is missing; install phiz again`);
  }
  if (built && SOURCES.every((folder) => newestIn(join(ROOT, folder)) <= built)) return;
  onBuild();
  // Built beside its place and moved there whole: others may be building or serving it.
  const folder = await mkdtemp(join(ROOT, 'dist/web-'));
  try {
    await run(process.execPath, [vite, 'build', join(ROOT, 'web'), '--logLevel', 'warn', '--outDir', folder, '--emptyOutDir']);
    await chmod(folder, 0o755);
    await replace(folder, PAGE_DIRECTORY);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Moves a folder to the place of another; a second try where somebody else was quicker. */
async function replace(from: string, to: string, tries = 2): Promise<void> {
  await rm(to, { recursive: true, force: true });
  try {
    await rename(from, to);
  } catch (error) {
    if (tries <= 1) throw error;
    await replace(from, to, tries - 1);
  }
}

/** When a file was last written, in milliseconds; 0 where there is none. */
function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('.d.ts'));
  return Math.max(0, ...files.map((name) => timeOf(join(folder, name))));
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new PhizError('file-not-found', `the web page could not be built (npm run build:web): ${output.trim()}`));
    });
  });
}
