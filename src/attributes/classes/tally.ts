/** How long each class was the most probable over a clip, and what its probabilities come to: of one person, or of all. */
import { z } from 'zod';
import type { Tally } from '../attribute.js';
import type { ClassesSummary } from './classes.js';
import type { ClassesResult } from './schema.js';

const share = z.number().min(0).max(1);

/**
 * The fields of a summary of classes; `noun` is one class in words, `aside` what is said of the sums besides. Without labels, those of
 * classes that a card gives.
 */
export function classesFields(labels: readonly string[], noun: string, aside = ''): Record<keyof ClassesSummary, z.ZodType> {
  const label = labels.length > 0 ? z.enum(labels as readonly [string, ...string[]]) : z.string();
  const byClass = z.record(label, z.number().nonnegative()).readonly();
  return {
    dominant: label.nullable().describe('the one with the largest share of time; null where all was unclear'),
    shareOfTime: byClass.describe(`share of \`seconds\` in which each ${noun} was the most probable (smoothed) and reliable`),
    unclear: share.default(0).describe(`share of \`seconds\` in which no ${noun} was reliable`),
    sumOfScores: byClass.describe(`each ${noun}'s probability (raw) summed over the frames${aside}`),
    meanConfidence: share.nullable().describe(`of the most probable ${noun} (smoothed), over measured frames`),
  };
}

export class ClassTally<Label extends string> implements Tally<ClassesResult<Label>, ClassesSummary<Label>> {
  readonly #labels: readonly Label[];
  readonly #seconds: number[];
  readonly #scores: number[];
  #unclear = 0;
  #frames = 0;
  #confidence = 0;

  constructor(labels: readonly Label[]) {
    this.#labels = labels;
    this.#seconds = labels.map(() => 0);
    this.#scores = labels.map(() => 0);
  }

  add(shown: ClassesResult<Label>, raw: ClassesResult<Label>, seconds: number): void {
    this.#frames++;
    this.carry(shown, seconds);
    this.#confidence += shown.confidence;
    this.#labels.forEach((label, i) => {
      this.#scores[i]! += raw.probabilities[label];
    });
  }

  carry({ label, reliable }: ClassesResult<Label>, seconds: number): void {
    if (reliable) this.#seconds[this.#labels.indexOf(label)]! += seconds;
    else this.#unclear += seconds;
  }

  read(): ClassesSummary<Label> {
    const seconds = this.#seconds;
    const clear = seconds.reduce((sum, s) => sum + s, 0);
    const total = clear + this.#unclear;
    const most = seconds.reduce((best, s, i) => (s > seconds[best]! ? i : best), 0);
    return {
      dominant: clear > 0 ? this.#labels[most]! : null,
      shareOfTime: this.#byClass((i) => (total ? Math.min(seconds[i]! / total, 1) : 0)),
      unclear: total ? this.#unclear / total : 0,
      sumOfScores: this.#byClass((i) => this.#scores[i]!),
      meanConfidence: this.#frames ? Math.min(this.#confidence / this.#frames, 1) : null,
    };
  }

  #byClass(value: (index: number) => number): Record<Label, number> {
    return Object.fromEntries(this.#labels.map((label, i) => [label, value(i)])) as Record<Label, number>;
  }
}
