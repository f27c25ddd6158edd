/**
 * An attribute made from a model's card: what a user's own network tells apart, beside what phiz knows. Its name is the card's, its
 * labels are the card's, its colours come from a palette.
 */
import type { ModelCard } from '../core/card.js';
import { PhizError } from '../core/error.js';
import type { Attribute } from './attribute.js';
import type { ClassColours, ClassWords } from './classes/classes.js';
import { type ClassesAttribute, classesAttribute } from './classes/index.js';
import { ATTRIBUTES, attributeOfClasses } from './index.js';

/**
 * Tol's muted and bright colours (https://personal.sron.nl/~pault/), told apart with any of the common colour deficiencies; darker on a
 * light ground and lighter on a dark one.
 */
const PALETTE: readonly ClassColours[] = [
  { mark: '#4477aa', onLight: '#33669c', onDark: '#7fb2e5' },
  { mark: '#ee6677', onLight: '#c23a4d', onDark: '#ff96a4' },
  { mark: '#228833', onLight: '#1f7a2e', onDark: '#5fc974' },
  { mark: '#ccbb44', onLight: '#8a7a10', onDark: '#e3d46a' },
  { mark: '#66ccee', onLight: '#1f87a8', onDark: '#8edcf7' },
  { mark: '#aa3377', onLight: '#9a2b6b', onDark: '#e07ab5' },
  { mark: '#bbbbbb', onLight: '#6f6f6f', onDark: '#c9c9c9' },
  { mark: '#ee7733', onLight: '#b8531a', onDark: '#ffa26b' },
];

/** Keys of a face's result, or of an analysis' models, that are not attributes'. */
const TAKEN = ['box', 'landmarks', 'confidence', 'person', 'measured', 'raw', 'detector', 'frame', 'timestamp', 'source', 'face'];

/**
 * The attribute of a card of classes. Throws PhizError `model-mismatch` for another kind of model, `invalid-option` where its name
 * is taken or is none.
 */
export function ownAttribute(
  { name: called, task, labels, summary }: ModelCard,
  others: readonly Attribute[] = ATTRIBUTES,
): ClassesAttribute {
  if (task === 'detector' || labels.length < 2)
    throw new PhizError('model-mismatch', `model '${called}' tells no classes apart: it is for '${task}'`);
  const name = called
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (!/^[a-z]/.test(name))
    throw new PhizError('invalid-option', `'${called}' is not a valid name for what a model reads; it must begin with a letter`);
  if (TAKEN.includes(name) || others.some((other) => other.name === name))
    throw new PhizError(
      'invalid-option',
      `what model '${called}' reads would be called '${name}', which is taken; give the model another name in its card`,
    );
  return classesFrom(name, labels, summary);
}

/**
 * The attributes of saved results: all that phiz knows, and those that a user's own model read, known by their values in a face.
 * `face` is one that was measured.
 */
export function attributesOf(face: object, others: readonly Attribute[] = ATTRIBUTES): readonly Attribute[] {
  const own = Object.entries(face).flatMap(([name, value]) => {
    if (TAKEN.includes(name) || others.some((other) => other.name === name)) return [];
    const { probabilities } = (value ?? {}) as { readonly probabilities?: object };
    return probabilities ? [classesFrom(name, Object.keys(probabilities))] : [];
  });
  return [...others, ...own];
}

/** What tells these classes apart: the attribute that phiz knows, or one without a name of its own. */
export function classesOf(labels: readonly string[]): ClassesAttribute {
  return (
    (attributeOfClasses(labels) as ClassesAttribute | undefined) ??
    classesFrom('classes', labels, undefined, { one: 'class', many: 'classes' })
  );
}

/** The attribute with these labels, as it was when results were written. */
function classesFrom(
  name: string,
  labels: readonly string[],
  summary = `tells ${labels.join(', ')} apart`,
  { one, many }: Pick<ClassWords, 'one' | 'many'> = { one: `${name} class`, many: `${name} classes` },
): ClassesAttribute {
  return classesAttribute({
    name,
    labels,
    colours: Object.fromEntries(labels.map((label, i) => [label, PALETTE[i % PALETTE.length]!])),
    words: { one, many, does: summary, limits: [] },
  });
}
