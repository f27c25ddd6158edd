/**
 * phiz in other people's TypeScript: the package, packed, lies in a project beside its dependencies alone, and the compiler reads all
 * its declarations (no `skipLibCheck`) under every way of resolving modules, with the types of browsers, Node or both.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const shell = process.platform === 'win32';

/** What a program of each kind does with phiz: values, types and classes of every entry point. */
const NODE = `
import { createAnalyzer, openClip, PhizError, type PhotoResult, photoResult, readImage } from 'phiz';
import { createClient, ServiceError } from 'phiz/client';
import { compare, evaluate, train, type TrainOptions } from 'phiz/train';

export async function look(path: string): Promise<PhotoResult> {
  const analyzer = await createAnalyzer({ minFace: 40 });
  const analysis = await analyzer.analyze(await readImage(path));
  const label: string = analysis.faces[0]!.emotion.label;
  for await (const { timestamp } of analyzer.stream(await openClip(path), { fps: 5 })) console.log(timestamp, label);
  return photoResult(path, analysis);
}
export const why = (error: unknown): string => (error instanceof PhizError ? error.code : error instanceof ServiceError ? 'service' : '');
export const all: readonly unknown[] = [compare, evaluate, train, createClient('http://127.0.0.1')];
export const options: Partial<TrainOptions> = {};
`;
const BROWSER = `
import { type BrowserAnalyzer, createAnalyzer, openCamera, openClip, PhizError, readImage } from 'phiz/browser';

export async function ages(file: Blob): Promise<readonly number[]> {
  const analyzer = await createAnalyzer({ emotion: null });
  const { faces } = await analyzer.analyze(await readImage(file));
  return faces.map(({ age }) => age.years);
}
export const all: readonly unknown[] = [openCamera, openClip, PhizError];
export type Mine = BrowserAnalyzer;
`;
const REQUIRED = `
import phiz = require('phiz');
import browser = require('phiz/browser');
import client = require('phiz/client');
import train = require('phiz/train');

export const year = (analysis: phiz.Analysis): number => analysis.faces[0]!.age.years;
export const why = (error: phiz.PhizError): phiz.PhizErrorCode => error.code;
export const all: readonly unknown[] = [phiz.createAnalyzer, browser.openCamera, client.createClient, train.train];
`;
/** Proof that the compiler sees types here and not \`any\`. */
const WRONG = `
import { createAnalyzer, readImage } from 'phiz';
export const label = async (): Promise<number> =>
  (await (await createAnalyzer()).analyze(await readImage('a.jpg'))).faces[0]!.emotion.label;
`;

let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'phiz-typescript-'));
  const modules = join(project, 'node_modules');
  const flags = ['--ignore-scripts', '--json', '--pack-destination', project];
  const { stdout } = await run(shell ? 'npm.cmd' : 'npm', ['pack', ...flags], { cwd: root, shell, maxBuffer: 64 * 1024 * 1024 });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await mkdir(join(modules, 'phiz'), { recursive: true });
  await run('tar', ['-xzf', filename, '-C', join('node_modules', 'phiz'), '--strip-components=1'], { cwd: project });
  const { dependencies } = JSON.parse(await readFile(join(modules, 'phiz/package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
  // As npm init leaves it: its .ts files are CommonJS, those in esm/ are not.
  await writeFile(join(project, 'package.json'), '{ "name": "mine", "private": true }\n');
  await mkdir(join(project, 'esm'));
  await writeFile(join(project, 'esm/package.json'), '{ "type": "module" }\n');
  const sources = { 'node.ts': NODE, 'browser.ts': BROWSER, 'required.cts': REQUIRED, 'wrong.ts': WRONG };
  for (const [name, text] of Object.entries({ ...sources, 'esm/node.ts': NODE, 'esm/browser.ts': BROWSER }))
    await writeFile(join(project, name), text);
});

afterAll(() => rm(project, { recursive: true, force: true }));

/** What the compiler says of some files of the project: nothing where all is well. */
async function compile(files: readonly string[], resolution: string, lib: string, types: string): Promise<string> {
  const kind = resolution === 'bundler' ? 'preserve' : resolution;
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--module', kind, '--moduleResolution', resolution];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const args = [tsc, ...options, '--lib', lib, '--types', types, ...files];
  return run(process.execPath, args, { cwd: project }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  );
}

const DOM = 'es2023,dom,dom.iterable,dom.asynciterable';

it.each([
  ['bundler', 'es2023', 'node'],
  ['bundler', DOM, 'node'],
  ['bundler', 'es2023,webworker', ''],
  ['node16', 'es2023', 'node'],
  ['node16', DOM, ''],
  ['nodenext', 'es2023', 'node'],
  ['nodenext', DOM, ''],
])('ES modules and CommonJS compile under %s, lib %s, types %o', async (...project) => {
  expect(await compile(['node.ts', 'esm/node.ts', 'esm/browser.ts', 'browser.ts', 'required.cts'], ...project)).toBe('');
});

it('the compiler tells what is wrong', async () => {
  expect(await compile(['wrong.ts'], 'node16', 'es2023', 'node')).toMatch(
    /^wrong\.ts\(4,.*'string' is not assignable to .*'number'/,
  );
});

it('public declarations reach no package but zod', async () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const walk = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = (await readFile(path, 'utf8')).replace(/\/\*[\s\S]*?\*\//g, '');
    for (const [, target] of text.matchAll(/(?:\bfrom |\bimport\()['"]([^'"]+)['"]/g))
      if (target!.startsWith('.')) await walk(join(dirname(path), target!.replace(/\.js$/, '.d.ts')));
      else packages.add(target!);
  };
  for (const entry of ['node/index', 'node/train', 'browser/index', 'client/index']) await walk(join(root, `dist/${entry}.d.ts`));
  expect(seen.size).toBeGreaterThan(50);
  expect([...packages]).toEqual(['zod', 'zod/v4/core']);
});

describe('CommonJS', () => {
  it('requires what its declarations promise', async () => {
    const program = `for (const name of ['phiz', 'phiz/train', 'phiz/client', 'phiz/browser'])
      console.log(Object.keys(require(name)).sort().join());`;
    await writeFile(join(project, 'required.cjs'), program);
    const { stdout } = await run(process.execPath, ['--no-warnings', 'required.cjs'], { cwd: project });
    const promised = await Promise.all(
      ['index', 'train', 'client', 'browser'].map(async (name) =>
        [...(await readFile(join(root, `commonjs/${name}.d.cts`), 'utf8')).matchAll(/declare const (\w+)/g)]
          .map(([, value]) => value)
          .sort()
          .join(),
      ),
    );
    expect(stdout.trim().split('\n')).toEqual(promised);
  });

  it('has the declarations of today (else run: npx tsc -b && node build/scripts/make-declarations.js)', async () => {
    const out = join(project, 'commonjs');
    await run(process.execPath, [join(root, 'build/scripts/make-declarations.js'), '--out', out]);
    const names = await readdir(out);
    expect(await readdir(join(root, 'commonjs'))).toEqual(names);
    for (const name of names)
      expect(await readFile(join(root, 'commonjs', name), 'utf8')).toBe(await readFile(join(out, name), 'utf8'));
  });
});
