/**
 * Errors by group of people, so that a network's unevenness is published with it. The groups are UTKFace's own fields with the
 * names of its documentation (https://susanqq.github.io/UTKFace/); the data set's authors assigned most of them with a program
 * and checked them by eye, so they say how the error spreads over the data's labels, not who anybody is.
 */
import { PhizError } from '../../core/error.js';
import { type Mean, mean } from './interval.js';

/** UTKFace's gender field, by its number. */
export const UTKFACE_GENDERS = ['male', 'female'] as const;

/** UTKFace's race field, by its number. */
export const UTKFACE_RACES = ['White', 'Black', 'Asian', 'Indian', 'Others'] as const;

/** The mean error of one group; absent groups are left out. */
export interface GroupError {
  readonly group: string;
  readonly samples: number;
  readonly error: Mean;
}

/**
 * Mean of `errors` (absolute years, or 0 and 1 for right and wrong) in each group; `groups[i]` is the index into `names` of
 * sample i, or undefined where the data does not say. Throws PhizError `invalid-data` for unequal lengths.
 */
export function errorByGroup(
  errors: readonly number[],
  groups: readonly (number | undefined)[],
  names: readonly string[],
): readonly GroupError[] {
  if (errors.length !== groups.length) throw new PhizError('invalid-data', `${errors.length} errors for ${groups.length} groups`);
  return names.flatMap((group, g) => {
    const own = errors.filter((_, i) => groups[i] === g);
    return own.length ? [{ group, samples: own.length, error: mean(own) }] : [];
  });
}
