/** The version of this package, for what it writes. */
import { readFileSync } from 'node:fs';

/** As package.json says. */
export function phizVersion(): string {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
