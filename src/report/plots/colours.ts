/**
 * The colours of plots and reports. Emotions have the hues of src/attributes/emotion/colours.ts (Okabe and Ito's, told apart with any of the
 * common colour deficiencies, https://jfly.uni-koeln.de/color/), darker on a light ground and lighter on a dark one, so that
 * lines and the text on them have a contrast of at least 3.8 to 1 on both.
 */
import type { Emotion } from '../../attributes/emotion/labels.js';

/** On white; white text can stand on them. */
export const ON_LIGHT: Readonly<Record<Emotion, string>> = {
  angry: '#c94f00',
  disgust: '#00805c',
  fear: '#a8447f',
  happy: '#a07800',
  sad: '#005a91',
  surprise: '#2588c8',
  neutral: '#7a7a7a',
};

/** On nearly black; nearly black text can stand on them. */
export const ON_DARK: Readonly<Record<Emotion, string>> = {
  angry: '#f0783c',
  disgust: '#2bc79a',
  fear: '#e08fc0',
  happy: '#f0e442',
  sad: '#4a9fe0',
  surprise: '#8fd3fb',
  neutral: '#b4b4b4',
};

/** For clips side by side, in turn. None is an emotion's. */
export const CLIPS_ON_LIGHT = ['#3b4cc0', '#b5380a', '#0e7f74', '#8a2f8f', '#6b6400', '#a3264f'] as const;
export const CLIPS_ON_DARK = ['#9aa8ff', '#ff9a6b', '#4fd0c0', '#e29be6', '#d6cd5a', '#ff9ab8'] as const;

/** The inks of a figure: fixed colours for a file, or CSS variables that a page sets for light and dark. */
export interface Inks {
  readonly emotion: (emotion: Emotion) => string;
  readonly text: string;
  readonly quiet: string;
  /** What everything is drawn on. */
  readonly ground: string;
  /** Text on an emotion's colour. */
  readonly onEmotion: string;
  /** The clip with this number, from 0. */
  readonly clip: (index: number) => string;
}

/** For a file on white. */
export const PAPER: Inks = {
  emotion: (emotion) => ON_LIGHT[emotion],
  text: '#222222',
  quiet: '#555555',
  ground: '#ffffff',
  onEmotion: '#ffffff',
  clip: (index) => CLIPS_ON_LIGHT[index % CLIPS_ON_LIGHT.length]!,
};

/** For a picture inside a page whose style sheet is page-style.ts. */
export const PAGE: Inks = {
  emotion: (emotion) => `var(--${emotion})`,
  text: 'var(--text)',
  quiet: 'var(--quiet)',
  ground: 'var(--ground)',
  onEmotion: 'var(--on-emotion)',
  clip: (index) => `var(--clip-${index % CLIPS_ON_LIGHT.length})`,
};
