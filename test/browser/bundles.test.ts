/** Bundles by esbuild, made as docs/library.md says: a page's, which must find its workers, and a server's. Vite's: library.test.ts. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../node/needs.js';
import { addRuntime, openSite } from './fixtures/site.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const executable = needs.chromium();

const PAGE = `
import { createAnalyzer } from 'phiz';
const count = async () => {
  const analyzer = await createAnalyzer({ base: '/phiz/', device: 'cpu' });
  return (await analyzer.analyze(await (await fetch('/faces.png')).blob())).faces.length;
};
count().then((faces) => Object.assign(globalThis, { faces }), (error) => Object.assign(globalThis, { faces: String(error) }));
`;
const SERVER = `
import { createAnalyzer, readImage } from 'phiz';
createAnalyzer().then(async (analyzer) => {
  console.log((await analyzer.analyze(await readImage(process.argv[2]))).faces.length);
  await analyzer.dispose();
});
`;

describe('a bundle by esbuild', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-bundles-'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules/phiz'), 'junction');
    await writeFile(join(folder, 'page.js'), PAGE);
    await writeFile(join(folder, 'server.js'), SERVER);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.skipIf(!executable)('for a page finds seven faces', async () => {
    const site = join(folder, 'site');
    await build({
      absWorkingDir: folder,
      entryPoints: ['page.js', ...['analyzer', 'engine'].map((name) => `node_modules/phiz/dist/browser/${name}-worker.js`)],
      entryNames: '[name]',
      bundle: true,
      format: 'esm',
      outdir: site,
      logLevel: 'error',
    });
    await writeFile(
      join(site, 'index.html'),
      '<!doctype html><title>bundle</title><script type="module" src="./page.js"></script>',
    );
    await addRuntime(site, 'phiz');
    await using open = await openSite(site, executable!);
    await open.page.waitForFunction('globalThis.faces !== undefined');
    expect(await open.page.evaluate('faces')).toBe(7);
  });

  it.each(['esm', 'cjs'] as const)('for a server (%s), with phiz left outside, finds them too', async (format) => {
    const outfile = join(folder, `server.${format === 'esm' ? 'mjs' : 'cjs'}`);
    await build({
      absWorkingDir: folder,
      entryPoints: ['server.js'],
      bundle: true,
      platform: 'node',
      external: ['phiz'],
      format,
      outfile,
      logLevel: 'error',
    });
    const args = ['--no-warnings', outfile, join(root, 'samples/faces.png')];
    expect((await promisify(execFile)(process.execPath, args)).stdout.trim()).toBe('7');
  });
});
