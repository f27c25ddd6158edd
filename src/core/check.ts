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
    throw new PhizError('invalid-option', `there is no option '${name.slice(0, 60)}'${meantBy(name, known)}`);
  }
}

/** What may have been meant by a name that nobody knows, as the end of a message: the nearest that is known, else all of them. */
export function meantBy(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((other) => ({ other, steps: distance(name.slice(0, 60).toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps);
  return nearest && nearest.steps <= Math.max(2, Math.min(name.length, 60) / 3)
    ? `; did you mean '${nearest.other}'?`
    : `; known: ${known.join(', ')}`;
}

/** A short name of what something is, never its contents. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? `an object (${value.constructor?.name ?? 'no class'})`.slice(0, 80) : `a ${typeof value}`;
}
