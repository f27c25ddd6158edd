/** What this package's own manifest says: the version, for what phiz writes, and which packages it can do without. */
import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as Manifest;
}

/** The version of this package. */
export function phizVersion(): string {
  return readManifest().version;
}

/** The command that installs some of the optional packages, in the versions that phiz was tried with. */
export function installCommand(names: readonly string[]): string {
  const { peerDependencies } = readManifest();
  return `npm install --ignore-scripts ${names.map((name) => `${name}@${peerDependencies[name]!.replace('^', '')}`).join(' ')}`;
}
