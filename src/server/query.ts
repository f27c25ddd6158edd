/** Options in the query of a URL. A name that is not known is refused: ignored, a typing error would look like an option obeyed. */
import { z } from 'zod';
import { LARGEST_LOOK } from './look-limit.js';
import { HttpProblem } from './problem.js';
import type { ServiceContext } from './service.js';

const flag = z.enum(['true', 'false']);
const whole = (least: number) => z.coerce.number().int().min(least);
const share = z.coerce.number().min(0).max(1);

/** Which faces of a picture are kept; as the options of `phiz analyze`. */
const faceLimits = {
  minFace: z.coerce.number().positive().optional().describe('smallest face kept, in pixels of the picture'),
  maxFaces: whole(1).optional().describe('most faces given, the largest ones'),
  minConfidence: share.optional().describe('lowest confidence that something is a face'),
};

export const photoQuery = z.strictObject({
  ...faceLimits,
  detectSize: whole(32).max(LARGEST_LOOK).optional().describe('longest side at which the detector first sees the image'),
  turn: flag.optional().describe('look at a photo without a sure face again, turned by 90, 180 and 270 degrees (true)'),
});

export const clipQuery = z.strictObject({
  ...faceLimits,
  fps: z.coerce.number().positive().optional().describe('frames analysed a second, at most; not with `every`'),
  every: whole(1).optional().describe('analyse every nth frame'),
  detectEvery: whole(1).optional().describe('look for faces in every nth analysed frame; between, carry them on'),
  smoothing: z.coerce.number().min(0).optional().describe('seconds over which emotions are smoothed'),
  annotated: flag.optional().describe('also make the annotated clip (true)'),
  bars: flag.optional().describe('draw bars for the largest face in it (true)'),
  blur: flag.optional().describe('hide the faces in the annotated clip and the report (false)'),
});

/** The query as the schema has it. Throws HttpProblem `invalid-option`. */
export function readQuery<T>(context: ServiceContext, schema: z.ZodType<T>): T {
  const given = context.req.query();
  const empty = Object.keys(given).find((name) => given[name]!.trim() === '');
  if (empty !== undefined) throw new HttpProblem('invalid-option', `${empty} has no value; leave it out or give it one`);
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const name = issue.code === 'unrecognized_keys' ? issue.keys[0]! : issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    throw new HttpProblem('invalid-option', `there is no option '${name.slice(0, 60)}' here`);
  throw new HttpProblem('invalid-option', `${name}=${(given[name] ?? '').slice(0, 60)} will not do: ${issue.message}`);
}

/** The id in a job's path; whether there is such a job, jobs.ts says. */
export const jobParams = z.object({ id: z.string().describe('id of the job') });
