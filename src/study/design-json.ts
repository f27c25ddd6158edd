/** A design as JSON, or as an object of the library's caller. What must hold of it: design.ts. */
import { z } from 'zod';
import { PhizError } from '../core/error.js';
import { faultText } from '../core/schema-fault.js';
import { checkDesign, type Design } from './design.js';

const seconds = z.number().min(0);
const stretch = z.strictObject({ from: seconds, to: seconds });

const schema = z.strictObject({
  recordings: z.array(
    z.strictObject({
      file: z.string().describe("from the design's folder"),
      participant: z.string(),
      stimulus: z.string(),
      offset: z.number().optional().describe("seconds from the recording's start to the stimulus's; default 0"),
      person: z.union([z.int().min(1), z.literal(['longest', 'all'])]).optional(),
      baseline: stretch.nullable().optional().describe('a neutral face, in seconds of the recording'),
      excluded: z.array(stretch).optional().describe('left out, in seconds of the recording'),
      conditions: z.record(z.string(), z.string()).optional(),
    }),
  ),
  moments: z.array(stretch.extend({ stimulus: z.string(), label: z.string() })).optional(),
});

/** What a design is in JSON: recordings with the names of the table's columns, and moments in seconds of their stimulus. */
export type DesignInput = z.input<typeof schema>;

/** Reads a design. Throws PhizError `invalid-data` that names every fault; `name` is what messages call it. */
export function readDesignInput(input: unknown, name: string): Design {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const faults = parsed.error.issues.slice(0, 20).map((issue) => `${name}, ${pathText(issue.path)}: ${faultText(issue)}`);
    throw new PhizError('invalid-data', faults.join('; '), { cause: parsed.error });
  }
  const { recordings, moments = [] } = parsed.data;
  const conditions = [...new Set(recordings.flatMap((recording) => Object.keys(recording.conditions ?? {})))];
  return checkDesign({
    name,
    recordings: recordings.map((recording, i) => ({
      file: recording.file,
      place: `${name}, recordings[${i}].`,
      participant: recording.participant,
      stimulus: recording.stimulus,
      conditions: Object.fromEntries(conditions.map((column) => [column, recording.conditions?.[column] ?? ''])),
      offset: recording.offset ?? 0,
      person: recording.person ?? 'longest',
      baseline: recording.baseline ?? null,
      excluded: recording.excluded ?? [],
    })),
    moments: moments.map((moment, i) => ({ ...moment, place: `${name}, moments[${i}].` })),
    conditions,
    faults: [],
  });
}

/** The same from its text. */
export function parseDesignJson({ name, text }: { readonly name: string; readonly text: string }): Design {
  let input: unknown;
  try {
    input = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new PhizError('invalid-data', `${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
  return readDesignInput(input, name);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i ? '.' : ''}${String(key)}`)).join('') || 'the whole';
}
