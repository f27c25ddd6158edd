/** What a schema finds wrong, in the words of phiz's other messages: zod's own ("Too big: expected number to be <=1") are a program's. */
import type { z } from 'zod';
import { PhizError } from './error.js';

/** One thing that a schema found wrong, as zod gives it. */
type Issue = z.core.$ZodIssue;

/** What types are called. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** How a fault is told. */
interface Telling {
  readonly code: PhizError['code'];
  /** Begins the message. */
  readonly lead: string;
  /** What is named where the fault is not in a part. */
  readonly whole: string;
}

/** `at most 1`: what is wrong with a value, without its name. */
export function faultText(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'it is missing'
        : `it must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'too_big':
      return `it must ${sized(issue.origin, issue.inclusive ? 'at most' : 'less than', issue.maximum)}`;
    case 'too_small':
      return `it must ${sized(issue.origin, issue.inclusive ? 'at least' : 'more than', issue.minimum)}`;
    case 'not_multiple_of':
      return issue.divisor === 1 ? 'it must be a whole number' : `it must be a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `it must be ${listed(issue.values.map(String))}`;
    case 'unrecognized_keys':
      return `there is no ${listed(issue.keys.map((key) => `'${key.slice(0, 60)}'`))} here`;
    default:
      return issue.message;
  }
}

/** `scale.0: it must be a number`; `whole` is what is named where the fault is not in a part. */
export function placedFault({ issues }: z.ZodError, whole: string): string {
  const [issue] = issues;
  return issue ? `${issue.path.map(String).join('.') || whole}: ${faultText(issue)}` : `${whole}: not as expected`;
}

/** The value as the schema has it. Throws PhizError of the code given. */
export function parsedAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { code, lead, whole }: Telling,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PhizError(code, `${lead}: ${placedFault(parsed.error, whole)}`, { cause: parsed.error });
}

/** The same of JSON in a text. Throws as `parsedAs`. */
export function parsedJson<Schema extends z.ZodType>(schema: Schema, text: string, telling: Telling): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PhizError(telling.code, `${telling.lead}: it is not JSON`, { cause });
  }
  return parsedAs(schema, value, telling);
}

function sized(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `have ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `be ${bound} ${limit}`;
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : (words[0] ?? '');
}
