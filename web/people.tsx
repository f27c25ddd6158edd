/** Who is in the picture, which one is looked at closer, and that one's seven expressions as bars. */

import { rangeText } from '#dist/attributes/age/ranges.js';
import { EMOTIONS } from '#dist/browser/index.js';
import { heldFace } from '#dist/media/held-face.js';
import type { ShownFace } from './stage.js';

export interface PeopleProps {
  readonly faces: readonly ShownFace[];
  /** The person looked at; undefined where there is none. */
  readonly shown: number | undefined;
  /** What was chosen: a person, or the largest face. */
  readonly choice: number | 'largest';
  onChoose(choice: number | 'largest'): void;
}

/** Chooses the person to show: the one chosen if in the picture or remembered, else the one with the largest face. */
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

export function People({ faces, shown, choice, onChoose }: PeopleProps) {
  const face = faces.find(({ person }) => person === shown);
  const numbers = [...new Set([...faces.map(({ person }) => person), ...(choice === 'largest' ? [] : [choice])])].sort(
    (a, b) => a - b,
  );
  return (
    <section class="people" aria-label="People in the picture">
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
      <Bars face={face} number={shown} />
    </section>
  );
}

function Bars({ face, number }: { readonly face: ShownFace | undefined; readonly number: number | undefined }) {
  const emotion = face?.emotion;
  const age = face?.age;
  return (
    <div class="bars">
      <p class="headline">
        {emotion ? (
          <>
            <strong>{emotion.label}</strong> <span class="number">{percent(emotion.confidence)}</span>
          </>
        ) : (
          <span class="quiet">{number === undefined ? 'No face yet' : `Person ${number} is not in the picture`}</span>
        )}
      </p>
      <p class="age quiet">
        {age
          ? `age ${rangeText(age.range)}, about ${age.years.toFixed(0)} (${age.interval.map((years) => years.toFixed(0)).join('–')})`
          : 'age –'}
      </p>
      <ul>
        {EMOTIONS.map((name) => {
          const value = emotion?.probabilities[name] ?? 0;
          return (
            <li key={name} class={`${name} ${emotion?.label === name ? 'first' : ''}`}>
              <span class="name">{name}</span>
              <span class="track">
                <span class="fill" style={{ '--share': `${(100 * value).toFixed(1)}%` }} />
              </span>
              <span class="number">{emotion ? percent(value) : '–'}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** What is in the picture, in a sentence for those who do not see it. */
export function sentence(faces: readonly ShownFace[]): string {
  if (faces.length === 0) return 'No face in the picture.';
  const each = faces
    .slice(0, 5)
    .map(({ person, emotion, age }) =>
      emotion && age
        ? `Person ${person}: ${emotion.label}, ${percent(emotion.confidence)}, age ${rangeText(age.range)}.`
        : `Person ${person}.`,
    );
  return `${faces.length === 1 ? 'One face' : `${faces.length} faces`}. ${each.join(' ')}`;
}
