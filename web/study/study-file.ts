/**
 * A study as one file, a zip archive: `plan.json` (what is planned), `stimuli/`, and `design.json` with `recordings/`, which are a design
 * for `phiz study`. What is read may come from anywhere, so all of it is checked.
 */
import { strFromU8, strToU8, unzipSync, Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { z } from 'zod';
import { PhizError } from '#dist/browser/index.js';
import { parseSummary, readFrameLines } from '#dist/results/saved-clip.js';
import { type DesignInput, readDesignInput } from '#dist/study/design-json.js';
import { momentFault, OUTCOMES, type Plan, type Stimulus, type Study, type StudyRecording } from './plan.js';
import { qualityIn } from './recorded-course.js';

/** Largest file read, and largest content: bytes. */
const [LARGEST_FILE, LARGEST_CONTENT] = [1 << 30, 3 * (1 << 29)];

const seconds = z.number().min(0).max(86_400);
const planSchema = z.strictObject({
  form: z.literal('phiz study'),
  version: z.literal(1),
  title: z.string().max(1000),
  consent: z.string().max(100_000),
  neutral: seconds,
  rotate: z.boolean(),
  primary: z.strictObject({ label: z.string(), window: z.string() }).nullable(),
  stimuli: z.array(
    z.strictObject({
      name: z.string().min(1),
      file: z.string().min(1),
      type: z.string().regex(/^((video|image)\/[\w.+-]+)?$/),
      kind: z.literal(['video', 'image']),
      seconds: seconds.min(0.1),
      moments: z.array(z.strictObject({ label: z.string(), from: seconds, to: seconds })),
    }),
  ),
});

/** What the recordings' files are called: unlike each other, and legal everywhere. */
function namesOf(recordings: Study['recordings']): readonly string[] {
  const taken = new Set<string>();
  return recordings.map(({ participant, stimulus }) => {
    const stem = legal(`${participant}-${stimulus}`);
    let name = stem;
    for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${stem}-${i}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

function legal(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ._-]+/gu, '_').replace(/^[. ]+/, '_') || '_';
}

/** The recordings as a design for `phiz study`, their files as in the archive. */
export function designOf({ plan, recordings }: Pick<Study, 'plan' | 'recordings'>): DesignInput {
  const names = namesOf(recordings);
  const grouped = recordings.some(({ group }) => group !== '');
  const shown = new Set(recordings.map(({ stimulus }) => stimulus));
  return {
    recordings: recordings.map(({ participant, stimulus, group, offset, baseline }, i) => ({
      file: `recordings/${names[i]}.frames.ndjson`,
      participant,
      stimulus,
      offset,
      baseline,
      ...(grouped ? { conditions: { group } } : {}),
    })),
    moments: plan.stimuli.flatMap(({ name, moments }) =>
      shown.has(name) ? moments.map(({ from, to, label }) => ({ stimulus: name, from, to, label })) : [],
    ),
  };
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** The file. */
export async function saveStudy(study: Study): Promise<Blob> {
  const { plan, recordings } = study;
  const parts: Blob[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>]));
  });
  const text = (name: string, content: string) => {
    const entry = new ZipDeflate(name, { level: 6 });
    zip.add(entry);
    entry.push(strToU8(content), true);
  };
  const files = plan.stimuli.map(({ file }, i) => `stimuli/${i + 1}-${legal(file.name)}`);
  text(
    'plan.json',
    jsonText({
      form: 'phiz study',
      version: 1,
      ...plan,
      stimuli: plan.stimuli.map(({ file, ...stimulus }, i) => ({ ...stimulus, file: files[i], type: typeOf(file) })),
    }),
  );
  text('README.txt', README);
  if (recordings.length > 0) text('design.json', jsonText(designOf(study)));
  for (const [i, name] of namesOf(recordings).entries()) {
    text(`recordings/${name}.frames.ndjson`, await recordings[i]!.frames.text());
    text(`recordings/${name}.json`, jsonText(recordings[i]!.summary));
  }
  for (const [i, { file }] of plan.stimuli.entries()) {
    // Clips and images are compressed already.
    const entry = new ZipPassThrough(files[i]!);
    zip.add(entry);
    for await (const chunk of file.stream()) entry.push(chunk);
    entry.push(new Uint8Array(), true);
  }
  zip.end();
  if (failure) throw failure;
  return new Blob(parts, { type: 'application/zip' });
}

const README = `A study recorded with phiz: results of the frames, not the video.
Open it in the Study tab of the page, or, in this folder unpacked: phiz study design.json
`;

function typeOf({ type }: File): string {
  return /^(video|image)\/[\w.+-]+$/.test(type) ? type : '';
}

/** The study in a file. Throws PhizError `invalid-data` naming what is wrong with it. */
export async function openStudy(file: File): Promise<Study> {
  const wrong = (says: string, cause?: unknown) => new PhizError('invalid-data', `${file.name} ${says}`, { cause });
  if (file.size > LARGEST_FILE) throw wrong('is too large: a study may have 1 GiB');
  let total = 0;
  let entries: Readonly<Record<string, Uint8Array>>;
  try {
    entries = unzipSync(new Uint8Array(await file.arrayBuffer()), {
      filter: ({ name, originalSize }) => {
        if (!/^(plan\.json|design\.json|recordings\/|stimuli\/)/.test(name)) return false;
        total += originalSize;
        if (total > LARGEST_CONTENT) throw wrong('holds more than 1.5 GiB');
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    throw wrong('is not a saved study: it is no zip archive', cause);
  }
  const bytes = (name: string) => {
    const found = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (!found) throw wrong(`is not a saved study: it lacks ${name}`);
    return found as Uint8Array<ArrayBuffer>;
  };
  const json = (name: string): unknown => {
    try {
      return JSON.parse(strFromU8(bytes(name)));
    } catch (cause) {
      if (cause instanceof PhizError) throw cause;
      throw wrong(`is damaged: ${name} is not JSON`, cause);
    }
  };
  const parsed = planSchema.safeParse(json('plan.json'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(`is damaged: plan.json, ${issue?.path.join('.')}: ${issue?.message}`, parsed.error);
  }
  const { form: _, version: __, stimuli, ...rest } = parsed.data;
  const plan: Plan = {
    ...rest,
    stimuli: stimuli.map(({ file: place, type, ...stimulus }) => ({
      ...stimulus,
      file: new File([bytes(place)], place.replace(/^stimuli\/\d+-/, ''), { type }),
    })),
  };
  checkPlan(plan, wrong);
  const design = 'design.json' in entries ? readDesignInput(json('design.json'), `${file.name}: design.json`) : undefined;
  const recordings: StudyRecording[] = [];
  for (const { file: place, participant, stimulus, conditions, offset, baseline } of design?.recordings ?? []) {
    if (!plan.stimuli.some(({ name }) => name === stimulus)) throw wrong(`is damaged: there is no stimulus '${stimulus}'`);
    const summaryPlace = place.replace(/\.frames\.ndjson$/, '.json');
    const summary = parseSummary(strFromU8(bytes(summaryPlace)), summaryPlace);
    const frames = [];
    for await (const frame of readFrameLines(strFromU8(bytes(place)).split('\n'), place)) frames.push(frame);
    const about = { participant, stimulus, group: conditions.group ?? '', offset, baseline, summary };
    recordings.push({ ...about, frames: new Blob([bytes(place)]), quality: qualityIn(about, frames) });
  }
  return { plan, recordings, unsaved: false };
}

/** What the schema cannot say. */
function checkPlan({ stimuli, primary }: Plan, wrong: (says: string) => PhizError): void {
  for (const [i, stimulus] of stimuli.entries()) {
    if (stimuli.slice(0, i).some(({ name }) => name === stimulus.name))
      throw wrong(`is damaged: the stimulus '${stimulus.name}' is there twice`);
    const before: Stimulus['moments'][number][] = [];
    for (const moment of stimulus.moments) {
      const fault = momentFault({ ...stimulus, moments: before }, moment);
      if (fault !== undefined) throw wrong(`is damaged: moment '${moment.label}' of '${stimulus.name}': ${fault}`);
      before.push(moment);
    }
  }
  if (primary && !OUTCOMES.includes(primary.label)) throw wrong(`is damaged: there is no expression '${primary.label}'`);
}
