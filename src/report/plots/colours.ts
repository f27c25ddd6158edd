/** The colours of plots and reports: those of classes come from their attributes, the others are here. */
import { type Classes, UNCLEAR } from '../../attributes/classes/classes.js';

/** For clips side by side, in turn. None is an expression's. */
export const CLIPS_ON_LIGHT = ['#3b4cc0', '#b5380a', '#0e7f74', '#8a2f8f', '#6b6400', '#a3264f'] as const;
export const CLIPS_ON_DARK = ['#9aa8ff', '#ff9a6b', '#4fd0c0', '#e29be6', '#d6cd5a', '#ff9ab8'] as const;

/** The inks of a figure: fixed colours for a file, or CSS variables that a page sets for light and dark. */
export interface Inks {
  readonly ofClass: <Label extends string>(classes: Classes<Label>, label: Label) => string;
  /** Where no class is reliable. */
  readonly unclear: string;
  readonly text: string;
  readonly quiet: string;
  /** What everything is drawn on. */
  readonly ground: string;
  /** Text on a class's colour. */
  readonly onClass: string;
  /** The clip with this number, from 0. */
  readonly clip: (index: number) => string;
}

/** For a file on white. */
export const PAPER: Inks = {
  ofClass: ({ colours }, label) => colours[label].onLight,
  unclear: UNCLEAR.onLight,
  text: '#222222',
  quiet: '#555555',
  ground: '#ffffff',
  onClass: '#ffffff',
  clip: (index) => CLIPS_ON_LIGHT[index % CLIPS_ON_LIGHT.length]!,
};

/** For an image inside a page whose style sheet is page-style.ts. */
export const PAGE: Inks = {
  ofClass: (classes, label) => `var(--${classes.id(label)})`,
  unclear: 'var(--unclear)',
  text: 'var(--text)',
  quiet: 'var(--quiet)',
  ground: 'var(--ground)',
  onClass: 'var(--on-class)',
  clip: (index) => `var(--clip-${index % CLIPS_ON_LIGHT.length})`,
};
