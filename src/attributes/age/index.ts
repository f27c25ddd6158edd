/** How old a face looks: as an attribute. */
import { z } from 'zod';
import type { AnySummary, AttributeColumn, NetworkAttribute } from '../attribute.js';
import type { Quality } from '../quality/schema.js';
import { AgePool } from './pool.js';
import { AGE_RANGES, rangeOf, rangeText } from './ranges.js';
import { ageReader } from './read.js';
import { type AgeResult, ageSchema } from './schema.js';

/** A range stands in words in tables, since spreadsheets take `3-9` for the ninth of March. */
const YEARS: readonly AttributeColumn<AgeResult>[] = [
  {
    name: 'age_range',
    type: 'text',
    says: 'the range that holds the estimate, the estimate, its 10th and 90th percentile, and whether it can be relied on; in clips pooled over the person so far',
    unit: 'years',
    value: ({ range }) => range.replace('-', ' to '),
  },
  { name: 'age_years', type: 'number', value: ({ years }) => years },
  { name: 'age_low', type: 'number', value: ({ interval }) => interval[0] },
  { name: 'age_high', type: 'number', value: ({ interval }) => interval[1] },
  { name: 'age_reliable', type: 'flag', value: ({ reliable }) => reliable },
];

type Years = Pick<AgeResult, 'range' | 'years' | 'interval' | 'reliable'>;

function yearsOf(summary: AnySummary): Years | undefined {
  return (summary as { readonly age?: Years | null }).age ?? undefined;
}

const whole = (years: number): string => years.toFixed(0);
/** After what is said of an age that cannot be relied on. */
const doubt = ({ reliable }: Pick<AgeResult, 'reliable'>): string => (reliable ? '' : '?');

function said(years: Years | undefined, text: (years: Years) => string): string {
  return years ? `${text(years)}${doubt(years)}` : '–';
}

export const age = {
  name: 'age',
  schema: ageSchema,
  read: ageReader,
  figures: {
    of: 'numbers',
    words: { one: 'age', many: 'ages', unit: 'years' },
    estimate: ({ years }) => years,
    interval: ({ interval }) => interval,
    ranges: AGE_RANGES,
    rangeOf,
  },
  overTime: {
    says: 'pooled over the person so far',
    start() {
      const pool = new AgePool();
      return { add: (_, measured, { quality }) => pool.add(measured, quality as Quality) };
    },
  },
  summary: {
    of: 'person',
    fields: {
      age: z
        .object({
          range: z.enum(AGE_RANGES).describe('the one that holds `years`'),
          years: z.number().describe('median of the distribution pooled over the person'),
          interval: z.tuple([z.number(), z.number()]).readonly().describe('its 10th and 90th percentile'),
          reliable: z.boolean().default(true).describe('false: the interval is too wide to go by'),
        })
        .readonly()
        .nullable()
        .describe('pooled over the person; null where none was read'),
    },
    start() {
      let last: Years | null = null;
      return {
        add({ range, years, interval, reliable }) {
          last = { range, years, interval, reliable };
        },
        carry() {},
        read: () => ({ age: last }),
      };
    },
  },
  report: {
    judged: 'how old it looks',
    subject: 'the age',
    does: 'estimates age',
    limits: [['Age is guessed from looks', ' and is often off by years; the interval says how unsure the guess is.']],
    aboutPerson: (summary) => {
      const years = yearsOf(summary);
      return years
        ? [
            years.reliable
              ? `Looks about ${years.years.toFixed(0)} years old, somewhere between ${years.interval.map(whole).join(' and ')}.`
              : `How old the person looks is unclear: anything between ${years.interval.map(whole).join(' and ')}.`,
          ]
        : [];
    },
    personColumns: [
      { name: 'Age', numeric: true, value: (summary) => said(yearsOf(summary), ({ years }) => whole(years)) },
      { name: 'Between', numeric: true, value: (summary) => yearsOf(summary)?.interval.map(whole).join('–') ?? '–' },
      {
        name: 'Range',
        numeric: true,
        value: (summary) => said(yearsOf(summary), ({ range }) => rangeText(range)),
      },
    ],
    note: 'Age: the estimate, the span that holds it with 80 % probability by the program’s own reckoning, and the one of seven fixed ranges that the estimate falls in; with a question mark where it is unclear.',
  },
  columns: [
    ...YEARS,
    ...AGE_RANGES.map((range) => ({
      name: `age_${range}`,
      type: 'number' as const,
      says: 'the probability of each range',
      unit: '0 to 1',
      value: ({ probabilities }: AgeResult) => probabilities[range],
    })),
  ],
  clipColumns: YEARS,
  line: {
    of: ({ range, years, interval, reliable }) =>
      `age ${rangeText(range)}${doubt({ reliable })}, about ${whole(years)} (${interval.map(whole).join('–')})`,
    none: 'age –',
  },
  label: ({ range, reliable }) => {
    const years = `${range.replace('-', '–')}${doubt({ reliable })}`;
    return { full: `age ${years}`, brief: years, unclear: !reliable };
  },
} as const satisfies NetworkAttribute<'age', AgeResult>;
