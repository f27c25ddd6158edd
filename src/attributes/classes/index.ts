/**
 * Attributes whose value is one of some classes with a probability each: emotions, and whatever a user's own network tells apart.
 * The labels are all that differs; emotions are one case.
 */
import { z } from 'zod';
import type { AnySummary, AttributeColumn, ClipSummary, NetworkAttribute } from '../attribute.js';
import { type ClassColours, type Classes, type ClassesSummary, type ClassWords, UNCLEAR } from './classes.js';
import { classesReader } from './read.js';
import { classesReport } from './report.js';
import { type ClassesResult, classesSchema } from './schema.js';
import { ClassSmoother } from './smoothing.js';
import { ClassTally, classesFields } from './tally.js';

export interface ClassesOptions<Name extends string, Label extends string, Top extends boolean> {
  readonly name: Name;
  readonly labels: readonly Label[];
  readonly colours: Readonly<Record<Label, ClassColours>>;
  readonly words: ClassWords;
  /** Columns are called as the labels are, and the summary's fields stand beside those of time. Default: under the name. */
  readonly top?: Top;
}

/** `Top`: whether a clip's summary says of it at its top, or under its name. */
export type ClassesAttribute<
  Name extends string = string,
  Label extends string = string,
  Top extends boolean = boolean,
> = NetworkAttribute<Name, ClassesResult<Label>> & {
  readonly classes: Classes<Label>;
  readonly overTime: NonNullable<NetworkAttribute<Name, ClassesResult<Label>>['overTime']>;
  readonly summary: ClipSummary<
    ClassesResult<Label>,
    Top extends true ? ClassesSummary<Label> : { readonly [N in Name]: ClassesSummary<Label> },
    'clip'
  >;
};

/** An attribute of classes. */
export function classesAttribute<const Name extends string, const Label extends string, const Top extends boolean = false>({
  name,
  labels,
  colours,
  words,
  top,
}: ClassesOptions<Name, Label, Top>): ClassesAttribute<Name, Label, Top> {
  type Value = ClassesResult<Label>;
  const fields = classesFields(labels, name, words.aside);
  const summaryOf = (summary: AnySummary): ClassesSummary<Label> | undefined =>
    (top ? ('shareOfTime' in summary ? summary : undefined) : (summary as Readonly<Record<string, unknown>>)[name]) as
      | ClassesSummary<Label>
      | undefined;
  return {
    name,
    schema: classesSchema(labels),
    read: classesReader(labels, name),
    figures: { of: 'classes' },
    classes: {
      labels,
      colours,
      words,
      // Labels of a user's own may be any text, which no style sheet takes.
      id: (label) => (top ? label : `${name}-${labels.indexOf(label)}`),
      summaryOf,
    },
    report: classesReport(labels, words, summaryOf),
    overTime: {
      says: 'smoothed over time; null before the first measurement',
      start: ({ smoothing }) => new ClassSmoother(labels, smoothing),
    },
    summary: {
      of: 'clip',
      fields: top ? fields : { [name]: z.object(fields).readonly() },
      start() {
        const tally = new ClassTally(labels);
        return {
          add: (shown, raw, seconds) => tally.add(shown, raw, seconds),
          carry: (shown, seconds) => tally.carry(shown, seconds),
          read: () => (top ? { ...tally.read() } : { [name]: tally.read() }),
        };
      },
    },
    columns: [
      {
        name,
        type: 'text',
        says: `the most probable ${words.one}, how probable it is, and whether that can be relied on; in clips smoothed over time, and empty before the first measurement`,
        unit: '0 to 1',
        value: ({ label }) => label,
      },
      { name: `${name}_confidence`, type: 'number', value: ({ confidence }) => confidence },
      { name: `${name}_reliable`, type: 'flag', value: ({ reliable }) => reliable },
      ...labels.map(
        (label): AttributeColumn<Value> => ({
          name: top ? label : `${name}_${label}`,
          type: 'number',
          says: `the probability of each ${words.one}; they sum to 1`,
          unit: '0 to 1',
          value: ({ probabilities }) => probabilities[label],
        }),
      ),
    ],
    rawColumns: [
      {
        name: `raw_${name}`,
        type: 'text',
        says: 'of a clip: as measured in this frame alone; empty where nothing was measured',
        unit: '0 to 1',
        value: ({ label }) => label,
      },
      { name: `raw_${name}_confidence`, type: 'number', value: ({ confidence }) => confidence },
    ],
    label: ({ label, confidence, reliable }) => {
      const unclear = reliable ? '' : '?';
      const sure = `${label}${unclear} ${Math.round(confidence * 100)}%`;
      return {
        full: sure,
        brief: sure,
        shorter: [
          [`${label}${unclear}`, 1.6],
          [`${label.slice(0, 3)}${unclear}`, 2.4],
        ],
        unclear: !reliable,
      };
    },
    colour: ({ label, reliable }) => (reliable ? colours[label] : UNCLEAR).mark,
  } as NetworkAttribute<Name, Value> as ClassesAttribute<Name, Label, Top>;
}
