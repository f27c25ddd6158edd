/** An analyzer from parts that are still loading; how they load is the platform's business. */
import type { Model } from '../core/card.js';
import { PhizError } from '../core/error.js';
import { type AnalyzeOptions, type Analyzer, type AnalyzerParts, assembleAnalyzer } from './analyzer.js';

/** The parts under way. */
type LoadingParts = { readonly [Role in keyof AnalyzerParts]: Promise<AnalyzerParts[Role]> };

/** Waits for all parts. Where one fails the others are freed, and its error is thrown. */
export async function openAnalyzer(parts: LoadingParts, defaults?: Omit<AnalyzeOptions, 'signal'>): Promise<Analyzer> {
  const settled = await Promise.allSettled([parts.detector, parts.emotion, parts.age]);
  const [detector, emotion, age] = settled;
  if (detector.status === 'fulfilled' && emotion.status === 'fulfilled' && age.status === 'fulfilled')
    return assembleAnalyzer({ detector: detector.value, emotion: emotion.value, age: age.value }, defaults);
  await Promise.all(settled.map((part) => part.status === 'fulfilled' && part.value.dispose()));
  throw settled.find((part) => part.status === 'rejected')?.reason;
}

/**
 * A model of another task in this place is a mix-up; own classes may carry the right labels, which the classifier checks.
 * Throws PhizError `model-mismatch`.
 */
export function checkRole(role: keyof AnalyzerParts, { card }: Model): void {
  const fits = card.task === role || (card.task === 'classes' && role !== 'detector');
  if (!fits) throw new PhizError('model-mismatch', `model '${card.name}' is for '${card.task}', not for '${role}'`);
}
