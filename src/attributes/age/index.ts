/** How old a face looks: as an attribute. */
import { z } from 'zod';
import type { AttributeColumn, NetworkAttribute } from '../attribute.js';
import type { Quality } from '../quality/schema.js';
import { AgePool } from './pool.js';
import { AGE_RANGES } from './ranges.js';
import { ageReader } from './read.js';
import { type AgeResult, ageSchema } from './schema.js';

/** A range stands in words in tables, since spreadsheets take `3-9` for the ninth of March. */
const YEARS: readonly AttributeColumn<AgeResult>[] = [
  { name: 'age_range', type: 'text', value: ({ range }) => range.replace('-', ' to ') },
  { name: 'age_years', type: 'number', value: ({ years }) => years },
  { name: 'age_low', type: 'number', value: ({ interval }) => interval[0] },
  { name: 'age_high', type: 'number', value: ({ interval }) => interval[1] },
];

export const age = {
  name: 'age',
  schema: ageSchema,
  read: ageReader,
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
        .object({ range: z.enum(AGE_RANGES), years: z.number(), interval: z.tuple([z.number(), z.number()]).readonly() })
        .readonly()
        .nullable(),
    },
    start() {
      let last: Pick<AgeResult, 'range' | 'years' | 'interval'> | null = null;
      return {
        add({ range, years, interval }) {
          last = { range, years, interval };
        },
        carry() {},
        read: () => ({ age: last }),
      };
    },
  },
  columns: [
    ...YEARS,
    ...AGE_RANGES.map((range) => ({
      name: `age_${range}`,
      type: 'number' as const,
      value: ({ probabilities }: AgeResult) => probabilities[range],
    })),
  ],
  clipColumns: YEARS,
  label: ({ range }) => {
    const years = range.replace('-', '–');
    return { full: `age ${years}`, brief: years };
  },
} as const satisfies NetworkAttribute<'age', AgeResult>;
