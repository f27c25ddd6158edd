/** Checks of what many functions are given. Each names the option and the value at fault, never what an image holds. */
import { distance } from 'fastest-levenshtein';
import { PhizError } from './error.js';

/** Throws PhizError `invalid-option` unless the value is a whole number of 1 or more. */
export function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new PhizError('invalid-option', `${name} must be a whole number of 1 or more; got ${value}`);
}

/**
 * Refuses options that nobody knows, which would look like options obeyed, and what is not an object of options. Throws PhizError
 * `invalid-option` naming the nearest that is known.
 */
export function checkNames(given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw new PhizError('invalid-option', `options are an object, such as { ${known[0]}: … }; got ${kindOf(given)}`);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const [nearest] = known
      .map((other) => ({ other, steps: distance(name.toLowerCase(), other.toLowerCase()) }))
      .sort((a, b) => a.steps - b.steps);
    const meant =
      nearest && nearest.steps <= Math.max(2, name.length / 3)
        ? `; did you mean '${nearest.other}'?`
        : `; known: ${known.join(', ')}`;
    throw new PhizError('invalid-option', `there is no option '${name.slice(0, 60)}'${meant}`);
  }
}

/** A short name of what something is, never its contents. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? `an object (${value.constructor?.name ?? 'no class'})`.slice(0, 80) : `a ${typeof value}`;
}
