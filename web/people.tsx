/** Who is in the image, which one is looked at closer, and what that one shows: classes as bars, the rest in words. */

import type { Attribute } from '#dist/attributes/attribute.js';
import type { ClassesResult } from '#dist/attributes/classes/schema.js';
import { type AnyReading, classSubjects } from '#dist/attributes/index.js';
import { heldFace } from '#dist/media/held-face.js';
import { capital } from '#dist/report/words.js';
import type { ShownFace } from './stage.js';

export interface PeopleProps {
  /** What may be read of them. */
  readonly attributes: readonly Attribute[];
  readonly faces: readonly ShownFace[];
  /** The person looked at; undefined where there is none. */
  readonly shown: number | undefined;
  /** What was chosen: a person, or the largest face. */
  readonly choice: number | 'largest';
  onChoose(choice: number | 'largest'): void;
}

/** Chooses the person to show: the one chosen if in the image or remembered, else the one with the largest face. */
export function personShown(
  faces: readonly ShownFace[],
  choice: number | 'largest',
  before: number | undefined,
): number | undefined {
  if (choice !== 'largest') return choice;
  const size = ({ box }: ShownFace) => box.width * box.height;
  const largest = faces.toSorted((a, b) => size(b) - size(a))[0];
  const held = faces.find(({ person }) => person === before);
  return heldFace(largest, held, size)?.person ?? before;
}

export function People({ attributes, faces, shown, choice, onChoose }: PeopleProps) {
  const face = faces.find(({ person }) => person === shown);
  const numbers = [...new Set([...faces.map(({ person }) => person), ...(choice === 'largest' ? [] : [choice])])].sort(
    (a, b) => a - b,
  );
  return (
    <section class="people" aria-label="People in view">
      <fieldset class="chips">
        <legend>Person shown</legend>
        <label>
          <input type="radio" name="person" checked={choice === 'largest'} onChange={() => onChoose('largest')} />
          <span>largest face</span>
        </label>
        {numbers.map((number) => (
          <label key={number}>
            <input type="radio" name="person" checked={choice === number} onChange={() => onChoose(number)} />
            <span>#{number}</span>
          </label>
        ))}
      </fieldset>
      <Bars attributes={attributes} face={face} number={shown} />
    </section>
  );
}

/** What is known of a face by an attribute's name. */
function known<Value>(face: ShownFace | undefined, name: string): Value | undefined {
  return ((face as AnyReading | undefined)?.[name] ?? undefined) as Value | undefined;
}

function Bars({
  attributes,
  face,
  number,
}: {
  readonly attributes: readonly Attribute[];
  readonly face: ShownFace | undefined;
  readonly number: number | undefined;
}) {
  const shown = classSubjects(attributes).map(({ name, classes }) => ({
    name,
    classes,
    value: known<ClassesResult>(face, name),
  }));
  const [leading] = shown;
  return (
    <div class="bars">
      <p class="headline">
        {leading?.value ? (
          <Led {...leading.value} />
        ) : (
          <span class="quiet">{number === undefined ? 'No face yet' : `Person ${number} is out of view`}</span>
        )}
      </p>
      {attributes.flatMap(({ name, line }) => {
        const value = known<unknown>(face, name);
        return line
          ? [
              <p key={name} class={`${name} quiet`}>
                {value === undefined ? line.none : line.of(value)}
              </p>,
            ]
          : [];
      })}
      {shown.flatMap(({ name, classes, value }) => [
        // The first is in the headline.
        name !== leading?.name && (
          <p key={`${name} headline`} class="beside">
            {capital(classes.words.one)}: {value ? <Led {...value} /> : '–'}
          </p>
        ),
        <ul key={name}>
          {classes.labels.map((label: string) => {
            const share = value?.probabilities[label] ?? 0;
            return (
              <li key={label} class={`${classes.id(label)} ${value?.label === label ? 'first' : ''}`}>
                <span class="name">{label}</span>
                <span class="track">
                  <span class="fill" style={{ '--share': `${(100 * share).toFixed(1)}%` }} />
                </span>
                <span class="number">{value ? percent(share) : '–'}</span>
              </li>
            );
          })}
        </ul>,
      ])}
    </div>
  );
}

/** The class that leads. */
function Led({ label, confidence, reliable }: ClassesResult) {
  return (
    <span class={reliable ? undefined : 'unclear'} title={reliable ? undefined : 'Unclear: not to be relied on'}>
      <strong>
        {label}
        {!reliable && '?'}
      </strong>{' '}
      <span class="number">{percent(confidence)}</span>
    </span>
  );
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** What is in the image, in a sentence for those who do not see it. */
export function sentence(faces: readonly ShownFace[], attributes: readonly Attribute[]): string {
  if (faces.length === 0) return 'No face in view.';
  const each = faces.slice(0, 5).map((face) => {
    const said = attributes.flatMap(({ name, label }) => {
      const value = known<unknown>(face, name);
      return label && value !== undefined ? [label(value).full] : [];
    });
    return `Person ${face.person}${said.length > 0 ? `: ${said.join(', ')}` : ''}.`;
  });
  return `${faces.length === 1 ? 'One face' : `${faces.length} faces`}. ${each.join(' ')}`;
}
