/** A comparison in tables for a terminal. */
import { classesOf } from '../../attributes/own.js';
import type { Comparison } from '../sums/comparison.js';
import {
  type FigureTable,
  overviewTable,
  pairsTable,
  partsTable,
  recallTable,
  scoresTable,
  sharedNote,
  trainingTable,
  truthTable,
} from './comparison-tables.js';
import { table } from './table.js';

/** The comparison as text, ending in '\n'. */
export function comparisonText(comparison: Comparison): string {
  const { parts, pairs, models, clips } = comparison;
  const { words } = classesOf(comparison.data.labels).classes;
  const tables: readonly FigureTable[] = [
    overviewTable(comparison),
    ...(parts.length > 1 ? [partsTable(comparison)] : []),
    recallTable(comparison),
    ...(pairs.length > 0 ? [pairsTable(comparison)] : []),
    ...(models.some(({ training }) => training) ? [trainingTable(comparison)] : []),
    ...clips.flatMap((clip) => {
      const of = ({ caption, ...rest }: FigureTable) => ({ ...rest, caption: `${clip.source}. ${caption}` });
      return [...(clip.models.some(({ truth }) => truth) ? [of(truthTable(clip, words))] : []), of(scoresTable(clip, words))];
    }),
  ];
  const note = sharedNote(comparison);
  const text = tables.map(({ caption, columns, rows }) => `${caption.replace(/\.$/, '')}:\n${table(columns, rows)}`).join('\n');
  return note === undefined ? text : `${note}\n\n${text}`;
}
