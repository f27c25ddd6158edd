/** An analyzer from parts that are still loading; how they load is the platform's business. */
import type { Model } from '../core/card.js';
import { kindOf } from '../core/check.js';
import { PhizError } from '../core/error.js';
import { type Analyzer, type AnalyzerParts, assembleAnalyzer, type NamesOf, type OwnPart } from './analyzer.js';
import type { AnalyzeOptions } from './options.js';

/** The parts under way; a network left out is null. */
type LoadingParts = {
  readonly [Role in keyof AnalyzerParts]: Promise<AnalyzerParts[Role]> | (Role extends 'detector' ? never : null);
};

/** Waits for all parts. Where one fails the others are freed, and its error is thrown. */
export async function openAnalyzer<const Parts extends LoadingParts>(
  parts: Parts,
  defaults?: Omit<AnalyzeOptions, 'signal'>,
  own: readonly Promise<OwnPart>[] = [],
): Promise<Analyzer<NamesOf<Parts>>> {
  const roles = Object.keys(parts) as (keyof AnalyzerParts)[];
  const [settled, settledOwn] = await Promise.all([
    Promise.allSettled(roles.map((role) => parts[role] as Promise<AnalyzerParts[keyof AnalyzerParts] | null>)),
    Promise.allSettled(own),
  ]);
  const failed = [...settled, ...settledOwn].find((part) => part.status === 'rejected');
  if (!failed) {
    const loaded = settled.map((part, i) => [roles[i]!, part.status === 'fulfilled' ? part.value : null]);
    const beside = settledOwn.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
    const all = { ...(Object.fromEntries(loaded) as AnalyzerParts), own: beside };
    return assembleAnalyzer(all, defaults) as unknown as Analyzer<NamesOf<Parts>>;
  }
  await Promise.all([
    ...settled.map((part) => part.status === 'fulfilled' && part.value?.dispose()),
    ...settledOwn.map((part) => part.status === 'fulfilled' && part.value.classifier.dispose()),
  ]);
  throw failed.reason;
}

/**
 * A model of another task in this place is a mix-up; own classes may carry the right labels, which the classifier checks.
 * Throws PhizError `model-mismatch`; `invalid-option` for what is not a model.
 */
export function checkRole(role: keyof AnalyzerParts, model: Model): void {
  if (typeof model !== 'object' || model === null || !('card' in model))
    throw new PhizError('invalid-option', `${role} is a model's name, its path, or what loadModel gives; got ${kindOf(model)}`);
  const { card } = model;
  const fits = card.task === role || (card.task === 'classes' && role !== 'detector');
  if (!fits) throw new PhizError('model-mismatch', `model '${card.name}' is for '${card.task}', not for '${role}'`);
}
