/**
 * What the original report says, as numbers to stand beside ours: its text, and the outputs that its notebooks keep
 * (github.com/Matteo299/FacialEmotionRecognitionModel). Nothing here is measured by phiz.
 */
import type { Emotion } from '#dist/attributes/emotion/labels.js';

/** One of its two networks: accuracy on the test images, and the last epoch's metrics as its notebook printed them. */
export interface ReportedNetwork {
  readonly parameters: number;
  /** After the last of 30 epochs, and of the best one. */
  readonly last: number;
  readonly best: number;
  readonly trainAccuracy: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
  /** Of the epoch in which it was least. */
  readonly leastValidationLoss: number;
}

export const REPORTED: Readonly<Record<'small' | 'big', ReportedNetwork>> = {
  small: {
    parameters: 2_863_495,
    last: 0.621,
    best: 0.627,
    trainAccuracy: 0.903,
    trainLoss: 0.348,
    validationLoss: 1.143,
    leastValidationLoss: 1.058,
  },
  big: {
    parameters: 4_474_759,
    last: 0.629,
    best: 0.632,
    trainAccuracy: 0.665,
    trainLoss: 0.883,
    validationLoss: 1.016,
    leastValidationLoss: 1.008,
  },
};

/** Each emotion's score of the pretrained model summed over the report's own clip, which is not published. */
export const REPORTED_SCORES: Readonly<Record<Emotion, number>> = {
  angry: 153.9,
  disgust: 11.6,
  fear: 124.35,
  happy: 77.59,
  sad: 140.75,
  surprise: 103.89,
  neutral: 140.1,
};

/** Classes that the report calls acceptable or good of the pretrained model. */
export const REPORTED_GOOD: readonly Emotion[] = ['neutral', 'happy', 'surprise', 'fear'];
