/** The networks that `phiz train` knows by name. */
import { PhizError } from '../../core/error.js';
import { age } from './age.js';
import { detector } from './detector.js';
import { emotion } from './emotion.js';
import { miniXception } from './mini-xception.js';
import type { Network } from './network.js';
import { refiner } from './refiner.js';
import { big, small } from './report.js';

/** The networks that phiz trains, by name. */
export const NETWORKS: readonly Network[] = [emotion, age, detector, refiner, small, big, miniXception];

/** The network of a name. Throws PhizError `invalid-option`. */
export function networkNamed(name: string): Network {
  const found = NETWORKS.find((network) => network.name === name);
  if (found) return found;
  throw new PhizError('invalid-option', `there is no network '${name}'; known: ${NETWORKS.map((n) => n.name).join(', ')}`);
}
