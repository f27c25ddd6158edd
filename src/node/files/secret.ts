/** Secrets from the environment, or from files named there: never from the command line, which others on the machine can read. */
import { readFileSync } from 'node:fs';
import { PhizError } from '../../core/error.js';

/** What the variable `name` holds, or the file that `name`_FILE names; undefined where neither is set. Throws PhizError `unreadable-file`. */
export function secretNamed(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return env[name] ?? secretIn(`${name}_FILE`, env);
}

/** What the file holds that a variable names; undefined where it is not set. Throws PhizError `unreadable-file`. */
export function secretIn(variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = env[variable];
  if (!path) return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new PhizError('unreadable-file', `${path}, named in the environment by ${variable}, cannot be read`, { cause });
  }
}
