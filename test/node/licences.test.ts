/** What installing phiz brings, by licence: nothing that binds who passes it on without saying so, and a bill of materials that says all. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));

/** Licences that let a program under MIT use a library as it is, unchanged and replaceable. */
const ALLOWED = new Set([
  ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Unlicense', 'CC0-1.0', 'OFL-1.1', 'MPL-2.0'],
  ...['LGPL-3.0', 'LGPL-3.0-or-later'],
]);
/** Packages whose package.json names a file instead; what stands in it was read. */
const READ: Readonly<Record<string, string>> = { h5wasm: 'SEE LICENSE IN LICENSE.txt' };

interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
}

/** Names and licences of what is installed with phiz. */
function shipped(): readonly (readonly [name: string, license: string])[] {
  const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
  return Object.entries(packages)
    .filter(([path, { dev, peer }]) => path !== '' && !dev && !peer)
    .map(([path, { license = 'none' }]) => [path.split('node_modules/').at(-1)!, license]);
}

/** Whether an expression of licences (SPDX) can be met by these alone. */
function fits(license: string, allowed: ReadonlySet<string>): boolean {
  const parts = license.replaceAll(/[()]/g, '').split(' AND ');
  return parts.every((part) => part.split(' OR ').some((one) => allowed.has(one.trim())));
}

it('every package that comes with phiz has a licence of the list', () => {
  const all = shipped();
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter(([name, license]) => !fits(license, ALLOWED) && READ[name] !== license)).toEqual([]);
});

it('NOTICE names each whose licence is none of those that it names for all others', () => {
  const notice = readFileSync(`${root}NOTICE`, 'utf8');
  const [, others] = /All further packages that npm brings along are under ([^.]+(?:\.0[^.]*)*)\./.exec(notice)!;
  expect(others).toBe('MIT, ISC, BSD, 0BSD or Apache-2.0');
  const usual = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0']);
  const unusual = shipped().filter(([, license]) => !fits(license, usual));
  expect(unusual.length).toBeGreaterThan(3);
  // Those of sharp are one for each system.
  const named = (name: string) => notice.includes(name.startsWith('@img/sharp-') ? '@img/sharp-libvips-*' : name);
  expect(unusual.filter(([name]) => !named(name))).toEqual([]);
});

it('FFmpeg, under the GPL, comes only to those who ask for it, and README.md says what passing it on means', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = read('package.json');
  for (const name of ['node-av', '@mediabunny/server']) {
    expect(Object.keys(dependencies)).not.toContain(name);
    expect(Object.keys(peerDependencies)).toContain(name);
    expect(peerDependenciesMeta[name]).toEqual({ optional: true });
  }
  const licence = readFileSync(`${root}README.md`, 'utf8').split('## Licence')[1]!;
  expect(licence).toMatch(/node-av[\s\S]*GPL-3\.0[\s\S]*pass on FFmpeg/);
});

it('npm run sbom prints all of that as CycloneDX', () => {
  const text = execFileSync(process.execPath, ['build/scripts/sbom.js'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
  const { bomFormat, components } = JSON.parse(text) as { bomFormat: string; components: readonly { name: string }[] };
  expect(bomFormat).toBe('CycloneDX');
  const names = components.map(({ name }) => name);
  for (const name of Object.keys(read('package.json').dependencies)) expect(names).toContain(name);
  expect(names.filter((name) => /node-av|^typescript|vitest/.test(name))).toEqual([]);
});
