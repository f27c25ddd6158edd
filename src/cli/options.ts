/** Parsers of option values. Each throws commander's InvalidArgumentError, which ends in exit code 2. */
import { InvalidArgumentError, Option } from 'commander';
import { CSV_SEPARATORS } from '../report/tables/csv-spelling.js';

/** Whoever writes tables takes it. */
export function csvSeparatorOption(): Option {
  const says =
    "between the cells of tables; ';' with decimal commas and a byte order mark, as Excel wants it in Germany (default: ,)";
  return new Option('--csv-separator <sign>', says).choices([...CSV_SEPARATORS]);
}

/** A whole number of `least` or more. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < least)
      throw new InvalidArgumentError(`It must be a whole number of ${least} or more.`);
    return number;
  };
}

/** A port; 0: any that is free. */
export function portNumber(value: string): number {
  const number = Number(value);
  if (!/^\d{1,5}$/.test(value) || number > 65_535) throw new InvalidArgumentError('It must be a port from 0 to 65535.');
  return number;
}

/** A number between 0 and 1. */
export function share(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('It must be a number between 0 and 1.');
  return number;
}

/** A number of `least` or more, or above it. */
export function numberFrom(least: number, bound: 'from' | 'above' = 'from'): (value: string) => number {
  return (value) => {
    const number = Number(value);
    const fits = bound === 'from' ? number >= least : number > least;
    if (value.trim() === '' || !Number.isFinite(number) || !fits)
      throw new InvalidArgumentError(`It must be a number ${bound === 'from' ? `of ${least} or more` : `above ${least}`}.`);
    return number;
  };
}

/** A whole number, or the address of something, such as redis://host:6379. */
export function numberOrAddress(value: string): number | string {
  return value.includes('://') ? value : wholeNumber(0)(value);
}
