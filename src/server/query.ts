/** Options in the query of a URL. A name that is not known is refused: ignored, a typing error would look like an option obeyed. */
import { z } from 'zod';
import { meantBy } from '../core/check.js';
import { faultText } from '../core/schema-fault.js';
import { FACE_LIMITS, FOLLOW_OPTIONS, LOOK_OPTIONS, optionShape, TURN_SAYS } from '../results/analysis-options.js';
import { LARGEST_LOOK } from './look-limit.js';
import { HttpProblem } from './problem.js';
import type { ServiceContext } from './service.js';

const flag = z.enum(['true', 'false']);

const { detectSize } = LOOK_OPTIONS;
const STRANGERS_LOOK = {
  detectSize: { ...detectSize, rule: (number: z.ZodNumber) => detectSize.rule(number).max(LARGEST_LOOK) },
};

/** As the options of `phiz analyze`. A stranger's image is not looked at as closely as one's own. */
export const photoQuery = z.strictObject({
  ...optionShape(FACE_LIMITS, { coerced: true }),
  ...optionShape(STRANGERS_LOOK, { coerced: true }),
  turn: flag.optional().describe(`${TURN_SAYS} (default: true)`),
});

export const clipQuery = z.strictObject({
  ...optionShape(FACE_LIMITS, { coerced: true }),
  ...optionShape(FOLLOW_OPTIONS, { coerced: true }),
  annotated: flag.optional().describe('also make the annotated clip (true)'),
  bars: flag.optional().describe('draw bars for the largest face in it (true)'),
  blur: flag.optional().describe('hide the faces in the annotated clip and the report (false)'),
});

/** The query as the schema has it. Throws HttpProblem `invalid-option`. */
export function readQuery<Shape extends z.ZodRawShape>(
  context: ServiceContext,
  schema: z.ZodObject<Shape>,
): z.infer<typeof schema> {
  const given = context.req.query();
  const twice = Object.entries(context.req.queries()).find(([, values]) => values.length > 1)?.[0];
  if (twice !== undefined)
    throw new HttpProblem('invalid-option', `${twice.slice(0, 60)} is given more than once; which one counts would be a guess`);
  const empty = Object.keys(given).find((name) => given[name]!.trim() === '');
  if (empty !== undefined) throw new HttpProblem('invalid-option', `${empty} has no value; leave it out or give it one`);
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = issue.code === 'unrecognized_keys' ? issue.keys[0]! : issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    throw new HttpProblem(
      'invalid-option',
      `there is no option '${name.slice(0, 60)}' here${meantBy(name, Object.keys(schema.shape))}`,
    );
  throw new HttpProblem('invalid-option', `${name}=${(given[name] ?? '').slice(0, 60)} will not do: ${faultText(issue)}`);
}

/** The id in a job's path; whether there is such a job, jobs.ts says. */
export const jobParams = z.object({ id: z.string().describe('id of the job') });
