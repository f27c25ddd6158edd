/** The expression of a face, one of seven: as an attribute. */
import { classesAttribute } from '../classes/index.js';
import { EMOTION_COLOURS } from './colours.js';
import { EMOTIONS } from './labels.js';

export const emotion = classesAttribute({
  name: 'emotion',
  labels: EMOTIONS,
  colours: EMOTION_COLOURS,
  words: { one: 'expression', many: 'expressions' },
  // The first attribute of all: its columns are called as its labels are, and its figures stand at the top of a clip's summary.
  top: true,
});
