/**
 * How far the classes that were read agree with what a person coded: in steps of a stimulus, weighted by time. The program's class of a
 * step is the one with the highest score as measured, before any baseline. Pure.
 */
import { type Agreement, cohensKappa } from '../statistics/kappa.js';
import type { Coded } from './coded.js';
import type { Followed } from './course.js';
import { leading } from './intervals.js';

/** Agreement on one class, all others taken together. */
export interface LabelAgreement extends Agreement {
  readonly label: string;
  /** Seconds in which the person coded it, the program read it, and both did. */
  readonly coded: number;
  readonly read: number;
  readonly both: number;
}

export interface ParticipantAgreement extends Agreement {
  readonly participant: string;
  readonly seconds: number;
}

export interface CoderAgreement extends Agreement {
  readonly labels: readonly string[];
  /** Seconds that were coded and measured. */
  readonly seconds: number;
  /** Seconds that were coded, and in which nothing was measured: they count nowhere. */
  readonly unmeasured: number;
  /** Seconds: `table[coded][read]`. */
  readonly table: readonly (readonly number[])[];
  readonly byLabel: readonly LabelAgreement[];
  readonly byParticipant: readonly ParticipantAgreement[];
}

/** Undefined where nothing that was coded was measured. */
export function agreementOf(
  followed: readonly Pick<Followed, 'recording' | 'course'>[],
  coded: readonly Coded[],
  labels: readonly string[],
  step: number,
): CoderAgreement | undefined {
  const empty = () => labels.map(() => labels.map(() => 0));
  const tables = new Map<string, number[][]>();
  let unmeasured = 0;
  for (const { recording, course } of followed)
    for (const { from, to, label } of coded.filter(({ file }) => file === recording.file)) {
      const table = tables.get(recording.participant) ?? empty();
      tables.set(recording.participant, table);
      const [begin, end] = [Math.max(from - recording.offset, 0), to - recording.offset];
      for (let i = Math.floor(begin / step + 1e-9); i * step < end - 1e-9; i++) {
        const weight = Math.min((i + 1) * step, end) - Math.max(i * step, begin);
        const read = leading(course.cells[i]);
        if (read < 0) unmeasured += weight;
        else table[labels.indexOf(label)]![read]! += weight;
      }
    }
  const all = labels.map((_, i) => labels.map((_, j) => sum([...tables.values()].map((table) => table[i]![j]!))));
  const whole = cohensKappa(all);
  if (!whole) return undefined;
  const seconds = sum(all.flat());
  return {
    ...whole,
    labels,
    seconds,
    unmeasured,
    table: all,
    byLabel: labels.map((label, i) => {
      const both = all[i]![i]!;
      const [own, read] = [sum(all[i]!), sum(all.map((row) => row[i]!))];
      const one = cohensKappa([
        [both, own - both],
        [read - both, seconds - own - read + both],
      ])!;
      return { label, coded: own, read, both, ...one };
    }),
    byParticipant: [...tables].flatMap(([participant, table]) => {
      const one = cohensKappa(table);
      return one ? [{ participant, seconds: sum(table.flat()), ...one }] : [];
    }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
