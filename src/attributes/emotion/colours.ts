/**
 * One colour for each emotion, the same hue in annotated pictures, plots and reports. The hues are Okabe and Ito's, which people
 * with any of the common colour deficiencies tell apart (https://jfly.uni-koeln.de/color/): darker on a light ground and lighter on a
 * dark one, so that lines and the text on them have a contrast of at least 3.8 to 1 on both.
 */
import type { ClassColours } from '../classes/classes.js';
import type { Emotion } from './labels.js';

export const EMOTION_COLOURS: Readonly<Record<Emotion, ClassColours>> = {
  angry: { mark: '#d55e00', onLight: '#c94f00', onDark: '#f0783c' },
  disgust: { mark: '#009e73', onLight: '#00805c', onDark: '#2bc79a' },
  fear: { mark: '#cc79a7', onLight: '#a8447f', onDark: '#e08fc0' },
  happy: { mark: '#f0e442', onLight: '#a07800', onDark: '#f0e442' },
  sad: { mark: '#0072b2', onLight: '#005a91', onDark: '#4a9fe0' },
  surprise: { mark: '#56b4e9', onLight: '#2588c8', onDark: '#8fd3fb' },
  neutral: { mark: '#b8b8b8', onLight: '#7a7a7a', onDark: '#b4b4b4' },
};
