/**
 * The cache of pulled models: where it is, what lies in it. Reading never fetches: a model that is not there is an error that says
 * how to get it (pull-model.ts does so on demand).
 */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { PhizError } from '../../core/error.js';
import { isFile, readIfAny } from '../files/read-files.js';
import { REGISTRY_NAMES, type RegistryFileName, type RegistryName, registryEntry } from './registry.js';

/**
 * The folder of pulled models: `PHIZ_CACHE`, or phiz's own among the system's caches (XDG_CACHE_HOME or ~/.cache, on macOS
 * ~/Library/Caches, on Windows %LOCALAPPDATA%).
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const { PHIZ_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  if (PHIZ_CACHE) return resolve(PHIZ_CACHE);
  if (platform === 'win32') return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'phiz', 'Cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'phiz');
  // The XDG specification has relative paths ignored.
  return join(XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(homedir(), '.cache'), 'phiz');
}

/** Where a file of a model lies once it is pulled. */
export function pulledPath(name: RegistryName, file: string, cache: string = cacheFolder()): string {
  return join(cache, registryEntry(name).folder, file);
}

/**
 * The paths of a pulled model's files by name, their sha256 checked. Throws PhizError `model-not-found` with the command that
 * fetches them where any is missing, `model-damaged` where one is not what it should be.
 */
export async function pulledFiles<Name extends RegistryName>(
  name: Name,
  cache: string = cacheFolder(),
): Promise<Readonly<Record<RegistryFileName<Name>, string>>> {
  const paths: Record<string, string> = {};
  for (const [file, { sha256 }] of Object.entries(registryEntry(name).files)) {
    const path = pulledPath(name, file, cache);
    const bytes = await readIfAny(path);
    if (!bytes)
      throw new PhizError(
        'model-not-found',
        `${name} is not in this package and was not pulled yet (${path} is missing); run: phiz models pull ${name}`,
      );
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== sha256)
      throw new PhizError(
        'model-damaged',
        `${path} is damaged: its sha256 is ${actual}, not ${sha256}; run: phiz models pull ${name}`,
      );
    paths[file] = path;
  }
  return paths as Record<RegistryFileName<Name>, string>;
}

/** The models that were pulled: all their files are there. */
export async function listPulled(cache: string = cacheFolder()): Promise<readonly RegistryName[]> {
  const whole = await Promise.all(
    REGISTRY_NAMES.map(async (name) => {
      const there = Object.keys(registryEntry(name).files).map((file) => isFile(pulledPath(name, file, cache)));
      return (await Promise.all(there)).every(Boolean);
    }),
  );
  return REGISTRY_NAMES.filter((_, i) => whole[i]);
}
