/** Checks of options that many functions share. Each names the option and the offending value. */
import { PhizError } from './error.js';

/** Throws PhizError `invalid-option` unless the value is a whole number of 1 or more. */
export function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new PhizError('invalid-option', `${name} must be a whole number of 1 or more; got ${value}`);
}
