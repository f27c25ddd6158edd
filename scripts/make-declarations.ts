/**
 * Writes commonjs/*.d.cts: what the entry points give to a CommonJS module that `require`s them. The code is the same ES modules (Node
 * 20.19 and later can require those); only the compiler has to be told, for under `node16` it refuses otherwise. Run after a change of
 * what is exported:
 *
 *     npx tsc -b && node build/scripts/make-declarations.js [--out commonjs]
 * attw calls that masquerading (false-cjs), which `npm run check` therefore ignores; test/node/typescript.test.ts compiles what requires them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as browser from '#dist/browser/index.js';
import * as client from '#dist/client/index.js';
import * as node from '#dist/node/index.js';
import * as train from '#dist/node/train.js';

const { values } = parseArgs({ options: { out: { type: 'string', default: 'commonjs' } } });

const ENTRIES = [
  ['index', 'node/index', node],
  ['train', 'node/train', train],
  ['browser', 'browser/index', browser],
  ['client', 'client/index', client],
] as const;

/** Types come over by themselves; a value is named, and a class, which is both, twice. */
function declarations(target: string, exported: Readonly<Record<string, unknown>>): string {
  const from = `'../dist/${target}.js' with { 'resolution-mode': 'import' };`;
  const values = Object.entries(exported).flatMap(([name, value]) => [
    `export declare const ${name}: typeof esm.${name};`,
    ...(isClass(value) ? [`export type ${name} = esm.${name};`] : []),
  ]);
  const head = '/** Made by scripts/make-declarations.ts. */';
  return [head, `import type * as esm from ${from}`, '', `export type * from ${from}`, ...values, ''].join('\n');
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

await mkdir(values.out, { recursive: true });
for (const [name, target, exported] of ENTRIES)
  await writeFile(join(values.out, `${name}.d.cts`), declarations(target, exported));
