/**
 * The classes that the data and all models share. Models of different labels are compared on those, and what is left out is said: a
 * comparison of what only some of them can answer would be none.
 */
import { PhizError } from '../../core/error.js';
import type { SharedClasses } from '../../report/sums/comparison.js';
import type { ComparisonData } from './data.js';
import type { Contestant } from './models.js';

/** The labels that all have, in the order of the first. Throws PhizError `model-mismatch` where they share fewer than two. */
export function sharedLabels(all: readonly { readonly name: string; readonly labels: readonly string[] }[]): readonly string[] {
  const shared = all[0]!.labels.filter((label) => all.every(({ labels }) => labels.includes(label)));
  if (shared.length >= 2) return shared;
  const each = all.map(({ name, labels }) => `${name}: ${labels.slice(0, 12).join(', ')}`);
  throw new PhizError(
    'model-mismatch',
    `${shared.length === 0 ? 'no class is' : `only '${shared[0]}' is`} common to all (${each.join('; ')}); a comparison needs two classes`,
  );
}

/** The models' names and labels. */
export function labelsOf(contestants: readonly Contestant[]) {
  return contestants.map(({ name, classifier }) => ({ name: `model '${name}'`, labels: classifier.card.labels }));
}

/**
 * The data with the images of shared classes alone, and what is left out; null where nothing is. Throws PhizError `model-mismatch`
 * where fewer than two classes are shared.
 */
export function shareClasses(
  data: ComparisonData,
  contestants: readonly Contestant[],
): { readonly data: ComparisonData; readonly shared: SharedClasses | null } {
  const labels = sharedLabels([{ name: data.name, labels: data.labels }, ...labelsOf(contestants)]);
  const images = data.labels
    .map((label, l) => ({ label, images: data.samples.reduce((sum, sample) => sum + (sample.label === l ? 1 : 0), 0) }))
    .filter(({ label }) => !labels.includes(label));
  const models = contestants
    .map(({ name, classifier }) => ({ name, labels: classifier.card.labels.filter((label) => !labels.includes(label)) }))
    .filter(({ labels: beyond }) => beyond.length > 0);
  if (images.length === 0 && models.length === 0) return { data, shared: null };
  const kept = data.samples.flatMap(({ label }, i) => (labels.includes(data.labels[label]!) ? [i] : []));
  const places = new Map(kept.map((from, to) => [from, to]));
  const samples = kept.map((i) => {
    const sample = data.samples[i]!;
    return { ...sample, label: labels.indexOf(data.labels[sample.label]!) };
  });
  const parts = data.parts
    .map((part) => ({ ...part, indices: part.indices.flatMap((i) => places.get(i) ?? []) }))
    .filter(({ indices }) => indices.length > 0);
  return { data: { ...data, labels, samples, parts }, shared: { images, models } };
}
