/** The probabilities of some classes, of each person over time, in the columns that uPlot draws. A gap where the person was not seen. */

import type { Attribute } from '#dist/attributes/attribute.js';
import type { ClassSubject } from '#dist/attributes/classes/classes.js';
import type { ClassesResult } from '#dist/attributes/classes/schema.js';
import { type AnyReading, classSubjects } from '#dist/attributes/index.js';
import type { FrameResult } from '#dist/browser/index.js';

/** Times in seconds, then one column per class; null is a gap. */
export type Columns = readonly [times: readonly number[], ...values: readonly (readonly (number | null)[])[]];

interface Line {
  times: number[];
  values: (number | null)[][];
  lastFrame: number;
}

export class Course {
  /** What it is the course of. */
  readonly subject: ClassSubject;
  readonly #labels: readonly string[];
  readonly #keep: number;
  readonly #lines = new Map<number, Line>();
  #frames = 0;
  #end = 0;

  /** `keep`: seconds kept, for what has no end. */
  constructor(subject: ClassSubject, { keep = Infinity }: { readonly keep?: number } = {}) {
    this.subject = subject;
    this.#labels = subject.classes.labels;
    this.#keep = keep;
  }

  /** Seconds at which the last frame began. */
  get end(): number {
    return this.#end;
  }

  add({ timestamp, faces }: FrameResult): void {
    const frame = this.#frames++;
    this.#end = timestamp;
    for (const face of faces) {
      const { person } = face;
      const shown = (face as AnyReading)[this.subject.name] as ClassesResult | null | undefined;
      if (!shown) continue;
      const line = this.#lineOf(person);
      if (line.lastFrame !== frame - 1 && line.times.length > 0) push(line, timestamp, () => null);
      push(line, timestamp, (i) => shown.probabilities[this.#labels[i]!]!);
      line.lastFrame = frame;
    }
    if (this.#keep < Infinity && frame % 64 === 0) this.#forget(timestamp - this.#keep);
  }

  /** One person's columns; empty ones for somebody unknown. */
  columns(person: number | undefined): Columns {
    const line = person === undefined ? undefined : this.#lines.get(person);
    return line ? [line.times, ...line.values] : [[], ...this.#labels.map(() => [])];
  }

  #lineOf(person: number): Line {
    const known = this.#lines.get(person);
    if (known) return known;
    const line = { times: [], values: this.#labels.map(() => []), lastFrame: -1 };
    this.#lines.set(person, line);
    return line;
  }

  #forget(before: number): void {
    for (const [person, line] of this.#lines) {
      const from = line.times.findIndex((time) => time >= before);
      if (from < 0) this.#lines.delete(person);
      else if (from > 0) {
        line.times = line.times.slice(from);
        line.values = line.values.map((column) => column.slice(from));
      }
    }
  }
}

/** The courses of all attributes that tell classes apart. */
export function coursesOf(attributes: readonly Attribute[], options?: { readonly keep?: number }): readonly Course[] {
  return classSubjects(attributes).map((subject) => new Course(subject, options));
}

function push(line: Line, time: number, value: (index: number) => number | null): void {
  line.times.push(time);
  line.values.forEach((column, i) => {
    column.push(value(i));
  });
}
