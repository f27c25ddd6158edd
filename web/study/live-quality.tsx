/** How good the camera's image is right now for a study: whether there is one face, large, lit and analysed often enough. */
import { RELIABLE_SIZE } from '#dist/study/course.js';

/** What was seen in the newest frame. */
export interface Live {
  readonly faces: number;
  /** Of the largest face, 0 to 1, as quality has it, and its mean luma. */
  readonly size: number | undefined;
  readonly light: number | undefined;
  /** Frames analysed a second; undefined at the start. */
  readonly rate: number | undefined;
}

/** Mean luma of a face below and above which its light is called poor. */
const [DARK, BRIGHT] = [0.2, 0.85];
/** Frames a second below which fast expressions are missed. */
const SLOW = 5;

export interface Check {
  readonly name: string;
  readonly good: boolean;
  readonly says: string;
}

/** The checks, in words for whoever sits before the camera. */
export function checksOf({ faces, size, light, rate }: Live): readonly Check[] {
  const face =
    faces === 1 ? 'one face' : faces === 0 ? 'no face: sit before the camera' : `${faces} faces: one alone should be in view`;
  const seen = faces > 0;
  const large = size === undefined || size >= RELIABLE_SIZE;
  return [
    { name: 'Face', good: faces === 1, says: face },
    { name: 'Size', good: seen && large, says: !seen ? '–' : large ? 'large enough' : 'too small: come nearer' },
    {
      name: 'Light',
      good: light !== undefined && light >= DARK && light <= BRIGHT,
      says: light === undefined ? '–' : light < DARK ? 'too dark' : light > BRIGHT ? 'too bright' : 'good',
    },
    {
      name: 'Speed',
      good: rate !== undefined && rate >= SLOW,
      says: rate === undefined ? '–' : `${rate.toFixed(0)} frames/s${rate < SLOW ? ': too slow' : ''}`,
    },
  ];
}

export function LiveQuality({ live }: { readonly live: Live | undefined }) {
  const checks = checksOf(live ?? { faces: 0, size: undefined, light: undefined, rate: undefined });
  return (
    <ul class="checks" aria-label="Quality now">
      {checks.map(({ name, good, says }) => (
        <li key={name} data-good={good}>
          <span aria-hidden="true">{good ? '✓' : '!'}</span> {name}: <span class="number">{says}</span>
        </li>
      ))}
    </ul>
  );
}
