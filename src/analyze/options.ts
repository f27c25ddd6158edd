/** What a call of the analyzer may ask for: which faces are kept, and how closely is looked. */
import { checkNames } from '../core/check.js';
import { PhizError } from '../core/error.js';
import {
  ANALYSIS_OPTIONS,
  FACE_LIMITS,
  type FaceLimits,
  type FollowOptions,
  faultOf,
  LOOK_OPTIONS,
  type LookOptions,
  type TurnOption,
} from '../results/analysis-options.js';

/** Options of a call of the analyzer. */
export interface AnalyzeOptions extends FaceLimits, LookOptions, TurnOption {
  /** Stops between two steps of the analysis. */
  readonly signal?: AbortSignal | undefined;
}

/** What finding faces may ask for besides. */
export interface FindOptions extends AnalyzeOptions {
  /** Largest face kept, measured as `minFace` is; default: any. Where only small ones are looked for, the looks for large ones are left out. */
  readonly maxFace?: number | undefined;
}

/** The options that hold where a call gives no other; undefined: as each option says. */
export interface AnalyzerDefaults extends Omit<AnalyzeOptions, 'signal'> {
  readonly maxFaces: number;
  readonly minConfidence: number;
}

/** Options of a call that may be an analyzer's defaults. */
export const DEFAULT_NAMES: readonly string[] = [...Object.keys(FACE_LIMITS), ...Object.keys(LOOK_OPTIONS), 'turn'];

/** What a call may be given: a name that is misspelt is none of these. */
const KNOWN = [...Object.keys(ANALYSIS_OPTIONS), 'maxFace', 'turn', 'signal', 'tracking'];

/** Checks the options of an analysis, those of clips too. Throws PhizError `invalid-option` naming the first value at fault. */
export function checkOptions(given: FindOptions & FollowOptions): void {
  checkNames(given, KNOWN);
  for (const [name, value] of Object.entries(given)) {
    const fault = faultOf(name === 'maxFace' ? 'minFace' : name, value);
    if (fault) throw new PhizError('invalid-option', `${name} ${fault}; got ${value}`);
  }
  const { every, fps, from, to, turn } = given;
  if (turn !== undefined && typeof turn !== 'boolean')
    throw new PhizError('invalid-option', `turn must be true or false; got ${String(turn)}`);
  if (from !== undefined && to !== undefined && from >= to)
    throw new PhizError('invalid-option', `from must lie before to; got from ${from} and to ${to}`);
  if (every !== undefined && fps !== undefined)
    throw new PhizError('invalid-option', `every and fps exclude each other; got every ${every} and fps ${fps}`);
}
