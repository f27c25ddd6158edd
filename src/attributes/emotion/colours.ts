/**
 * One colour for each emotion, the same in annotated pictures, plots and reports. The hues are Okabe and Ito's, which people
 * with any of the common colour deficiencies tell apart (https://jfly.uni-koeln.de/color/).
 */
import type { Emotion } from './labels.js';

/** CSS colours by emotion. */
export const EMOTION_COLOURS: Readonly<Record<Emotion, string>> = {
  angry: '#d55e00',
  disgust: '#009e73',
  fear: '#cc79a7',
  happy: '#f0e442',
  sad: '#0072b2',
  surprise: '#56b4e9',
  neutral: '#b8b8b8',
};
