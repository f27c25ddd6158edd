/** The expression of a face, one of seven: as an attribute. */
import { classesAttribute } from '../classes/index.js';
import { EMOTION_COLOURS } from './colours.js';
import { EMOTIONS } from './labels.js';

export const emotion = classesAttribute({
  name: 'emotion',
  labels: EMOTIONS,
  colours: EMOTION_COLOURS,
  words: {
    one: 'expression',
    many: 'expressions',
    does: 'reads expressions',
    aside: ', as in the original report',
    limits: [
      [
        'An expression is not a feeling.',
        ' The program reads what a face shows, not what a person feels. People smile without joy and feel much without showing it; the same face can mean different things in different places (Barrett et al. 2019, doi:10.1177/1529100619832930). Read “happy” as “a face that most people would call happy”.',
      ],
    ],
  },
  // The first attribute of all: its columns are called as its labels are, and its figures stand at the top of a clip's summary.
  top: true,
});
