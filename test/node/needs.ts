/**
 * What some tests need and a plain clone lacks: data sets, Chromium, ffmpeg, Redis. Where one is absent the helper says so and returns
 * undefined, and the test skips itself: `describe.skipIf(needs.data('fer2013') === undefined)`. With CI=true an absent one
 * throws instead, so that nothing is skipped unnoticed.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The folder that holds data/, weights/ and media/: PHIZ_DATA (from the repository's root), or ../shared. */
const shared = resolve(root, process.env.PHIZ_DATA || '../shared');

export const needs = {
  /** A data set's folder by name, such as 'fer2013'. */
  data(name: string): string | undefined {
    const path = join(shared, 'data', name);
    return existsSync(path) ? path : absent(`the data set ${path} (PHIZ_DATA says where data lie)`);
  },
  /** The folder of other people's models, laid out as `phiz models pull` lays out its cache. */
  weights(): string | undefined {
    const path = join(shared, 'weights');
    return existsSync(path) ? path : absent(`other people's models in ${path} (PHIZ_DATA says where data lie)`);
  },
  /** The folder of short clips of real people. */
  media(): string | undefined {
    const path = join(shared, 'media');
    return existsSync(path) ? path : absent(`the clips in ${path} (PHIZ_DATA says where data lie)`);
  },
  /** Chromium's executable. */
  chromium(): string | undefined {
    return onPath(['chromium', 'chromium-browser', 'google-chrome']) ?? absent('Chromium (Debian: apt-get install chromium)');
  },
  /** ffmpeg's executable. */
  ffmpeg(): string | undefined {
    return onPath(['ffmpeg']) ?? absent('ffmpeg (Debian: apt-get install ffmpeg)');
  },
  /** Redis's server. */
  redis(): string | undefined {
    return onPath(['redis-server']) ?? absent('Redis (Debian: apt-get install redis-server)');
  },
};

function onPath(names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

function absent(what: string): undefined {
  if (process.env.CI === 'true') throw new Error(`CI=true allows no skipping, but this is missing: ${what}`);
  console.warn(`Skipping tests that need ${what}`);
}
