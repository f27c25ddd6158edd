/**
 * Bundles by esbuild and webpack, made as docs/library.md says: a page's, which must find its workers, and a server's. Vite's:
 * library.test.ts. Next.js is not here: its server leaves phiz outside as webpack's bundles here do.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
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

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-bundles-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/phiz'), 'junction');
  await writeFile(join(folder, 'page.js'), PAGE);
  await writeFile(join(folder, 'server.js'), SERVER);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the page found once `page.js` lies in `site`: a count, or what went wrong. */
async function facesInPage(site: string): Promise<unknown> {
  await writeFile(
    join(site, 'index.html'),
    '<!doctype html><title>bundle</title><script type="module" src="./page.js"></script>',
  );
  await addRuntime(site, 'phiz');
  await using open = await openSite(site, executable!);
  await open.page.waitForFunction('globalThis.faces !== undefined', undefined, { timeout: 150_000 });
  return await open.page.evaluate('faces');
}

/** What a server's bundle printed. */
async function facesInNode(file: string): Promise<string> {
  const args = ['--no-warnings', file, join(root, 'samples/faces.png')];
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}

describe('a bundle by esbuild', () => {
  it.skipIf(!executable)('for a page finds seven faces', async () => {
    const outdir = join(folder, 'esbuild');
    await build({
      absWorkingDir: folder,
      entryPoints: ['page.js', ...['analyzer', 'engine'].map((name) => `node_modules/phiz/dist/browser/${name}-worker.js`)],
      entryNames: '[name]',
      bundle: true,
      format: 'esm',
      outdir,
      logLevel: 'error',
    });
    expect(await facesInPage(outdir)).toBe(7);
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
    expect(await facesInNode(outfile)).toBe('7');
  });
});

describe('a bundle by webpack', () => {
  /** Bundles into a folder, whose path it returns; what webpack complains of fails the test. */
  async function bundle(out: string, configuration: webpack.Configuration): Promise<string> {
    const path = join(folder, out);
    const compiler = webpack({
      mode: 'production',
      context: folder,
      // phiz is larger than webpack's advice for a page, which is a matter of the page's author.
      performance: false,
      // phiz is linked here; installed, it lies within the folder.
      resolve: { symlinks: false },
      ...configuration,
      output: { ...configuration.output, path },
    });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
    return path;
  }

  it.skipIf(!executable)('for a page finds seven faces, with nothing set', async () => {
    const site = await bundle('webpack', { entry: './page.js', output: { filename: 'page.js' } });
    expect(await facesInPage(site)).toBe(7);
  });

  // `module phiz` is what Next.js makes of `serverExternalPackages` for an ES module.
  it.each<[string, string, webpack.Configuration]>([
    ['server.mjs', 'phiz', { experiments: { outputModule: true }, output: { module: true } }],
    ['server.cjs', 'commonjs phiz', {}],
    ['next.cjs', 'module phiz', {}],
  ])('for a server (%s, externals %j), with phiz left outside, finds them too', async (filename, external, configuration) => {
    const path = await bundle(`webpack-${filename}`, {
      entry: './server.js',
      target: 'node20.19',
      externals: { phiz: external },
      ...configuration,
      output: { ...configuration.output, filename },
    });
    expect(await facesInNode(join(path, filename))).toBe('7');
  });
});
