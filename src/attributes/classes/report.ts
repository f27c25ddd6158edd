/** What a report says of classes: in words, as data. */
import type { AnySummary, AttributeReport } from '../attribute.js';
import { percent } from '../percent.js';
import type { ClassesSummary, ClassWords } from './classes.js';

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

/** `seven`, `13`. */
export function numberWord(count: number): string {
  return NUMBERS[count] ?? String(count);
}

/** Above this share of the time a class comes second in a sentence on a person. */
const SECOND = 0.05;

export function classesReport<Label extends string>(
  labels: readonly Label[],
  { one, many, does, limits }: ClassWords,
  summaryOf: (summary: AnySummary) => ClassesSummary<Label> | undefined,
): AttributeReport {
  const led = (summary: AnySummary): number | undefined => {
    const { dominant, shareOfTime } = summaryOf(summary) ?? {};
    return dominant && shareOfTime ? shareOfTime[dominant] : undefined;
  };
  return {
    judged: `which of ${numberWord(labels.length)} ${many} each face shows (${labels.join(', ')})`,
    subject: `the ${one}`,
    does,
    limits,
    aboutPerson(summary) {
      const { dominant, shareOfTime, unclear = 0 } = summaryOf(summary) ?? {};
      if (!shareOfTime) return [];
      if (!dominant) return unclear > 0 ? [`No ${one} was clear at any time.`] : [];
      const [first, second] = labels.toSorted((a, b) => shareOfTime[b] - shareOfTime[a]);
      const then =
        second !== undefined && shareOfTime[second] > SECOND ? `, then ${second} (${percent(shareOfTime[second])})` : '';
      return [
        'Mostly ',
        { stressed: first! },
        ` (${percent(shareOfTime[first!])} of that time)${then}${unclear > SECOND ? `; unclear for ${percent(unclear)}` : ''}.`,
      ];
    },
    personColumns: [
      { name: 'Mostly', value: (summary) => summaryOf(summary)?.dominant ?? '–' },
      {
        name: 'Share',
        numeric: true,
        value: (summary) => {
          const share = led(summary);
          return share === undefined ? '–' : percent(share);
        },
      },
      {
        name: 'Unclear',
        numeric: true,
        value: (summary) => {
          const { dominant, unclear } = summaryOf(summary) ?? {};
          return unclear === undefined || (!dominant && unclear === 0) ? '–' : percent(unclear);
        },
      },
      {
        name: 'Confidence',
        numeric: true,
        value: (summary) => {
          const mean = summaryOf(summary)?.meanConfidence ?? null;
          return mean === null ? '–' : percent(mean);
        },
      },
    ],
    note: `Confidence: mean over time of the leading ${one}’s line. Unclear: the share of time in which no ${one} was more probable than all others together.`,
  };
}
