/**
 * `npm run sbom`: what `npm install phiz` brings, as CycloneDX, on standard output. npm's own `--omit` leaves out packages that others name as
 * peers too, so all are asked for, and those that package-lock.json marks as for development, or brought by peers alone, are dropped.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Component {
  /** Name and version: `zod@4.6.7`. */
  readonly 'bom-ref': string;
}
interface Bom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { readonly version: string; readonly dev?: boolean; readonly peer?: boolean }>;
};
const all = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
const bom = JSON.parse(execFileSync('npm', all, { encoding: 'utf8', maxBuffer: 1 << 27 })) as Bom;

const shipped = new Set(
  Object.entries(packages)
    .filter(([path, { dev, peer }]) => path !== '' && !dev && !peer)
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`),
);
const components = bom.components.filter((component) => shipped.has(component['bom-ref']));
const kept = new Set(components.map((component) => component['bom-ref']));
const dependencies = bom.dependencies
  .filter(({ ref }) => kept.has(ref) || !bom.components.some((component) => component['bom-ref'] === ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
process.stdout.write(`${JSON.stringify({ ...bom, components, dependencies }, undefined, 2)}\n`);
