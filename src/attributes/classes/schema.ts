/** What phiz says of a face that shows one of some classes. */
import { z } from 'zod';

const probability = z.number().min(0).max(1);

/** The most probable class, and the probability of each. */
export interface ClassesResult<Label extends string = string> {
  readonly label: Label;
  readonly confidence: number;
  /** False where the class is more probably another one than this: the face is better called unclear. */
  readonly reliable: boolean;
  readonly probabilities: Readonly<Record<Label, number>>;
}

/** The schema of a result with these labels; without any, that of a result whose labels a card gives. */
export function classesSchema<const Label extends string>(labels: readonly Label[]): z.ZodType<ClassesResult<Label>> {
  const label = labels.length > 0 ? z.enum(labels as readonly [Label, ...Label[]]) : z.string();
  return z
    .object({
      label,
      confidence: probability,
      // Results of versions before it was said are read as if all were.
      reliable: z.boolean().default(true).describe('false: better called unclear'),
      probabilities: z.record(label, probability).readonly(),
    })
    .readonly() as unknown as z.ZodType<ClassesResult<Label>>;
}
