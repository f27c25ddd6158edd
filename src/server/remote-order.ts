/** What `POST /v1/jobs` takes: a clip, photos or a study whose files lie elsewhere, with the options that `phiz submit` has for them. */
import { z } from 'zod';
import { LEADING } from '../attributes/index.js';
import { placedFault } from '../core/schema-fault.js';
import { remoteName } from '../node/remote/remote-files.js';
import { FACE_LIMITS, FOLLOW_OPTIONS, optionShape } from '../results/analysis-options.js';
import type { Design } from '../study/design.js';
import { readDesignInput } from '../study/design-json.js';
import { checkPrimary, parsePrimary } from '../study/families.js';
import { studySettings } from '../study/study.js';
import type { StudyTaskOptions } from './job-messages.js';
import type { ClipSettings } from './job-record.js';
import { HttpProblem } from './problem.js';

/** Photos of a job, and recordings of a study. */
const MOST_PHOTOS = 50;
const MOST_RECORDINGS = 1000;

const address = z.string().max(2000).describe('https://…, http://… or s3://bucket/key, where the service allows it');
const faceShape = optionShape(FACE_LIMITS);
const clipSettings = z.strictObject({ ...faceShape, ...optionShape(FOLLOW_OPTIONS) });
const blur = z.boolean().optional().describe('hide the faces in all images (false)');

export const remoteOrderSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('clip'),
    input: address,
    settings: clipSettings
      .extend({
        annotated: z.boolean().optional().describe('also make the annotated clip (true)'),
        bars: z.boolean().optional().describe('draw bars for the largest face in it (true)'),
        blur,
      })
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('photo-batch'),
    inputs: z.array(address).min(1).max(MOST_PHOTOS),
    settings: z.strictObject({ ...faceShape, blur }).optional(),
  }),
  z.strictObject({
    kind: z.literal('study'),
    title: z.string().max(200).optional(),
    design: z.looseObject({}).describe('as phiz study has it in JSON, each file an address'),
    coded: z.string().max(1e6).optional().describe('CSV of what a person coded: file, from, to, label'),
    settings: clipSettings.optional(),
    sums: z
      .strictObject({
        outcomes: z.array(z.string()).optional(),
        primary: z.array(z.string()).optional().describe('such as happy or happy@punch line'),
        step: z.number().optional(),
        threshold: z.number().optional(),
        leastShare: z.number().optional(),
        leastFace: z.number().optional(),
        keepPoor: z.boolean().optional(),
        seed: z.number().optional(),
      })
      .optional(),
  }),
]);

/** A clip elsewhere. */
export interface ClipOrder {
  readonly kind: 'clip';
  readonly input: string;
  readonly settings: ClipSettings;
}

/** Photos or a study elsewhere, checked as far as that goes without fetching anything. */
export type RemoteOrder =
  | { readonly kind: 'photo-batch'; readonly inputs: readonly string[]; readonly settings: ClipSettings }
  | {
      readonly kind: 'study';
      readonly source: string;
      /** Where the recordings lie, in their order. The design has their names, without what may be a secret. */
      readonly addresses: readonly string[];
      readonly design: Design;
      readonly texts: { readonly design: string; readonly coded?: string | undefined };
      readonly options: StudyTaskOptions;
      readonly settings: ClipSettings;
    };

/** Reads a request. Throws HttpProblem `invalid-option`, PhizError `invalid-data` naming each fault of a design. */
export function readOrder(body: unknown): ClipOrder | RemoteOrder {
  const parsed = remoteOrderSchema.safeParse(body);
  if (!parsed.success) {
    throw new HttpProblem('invalid-option', placedFault(parsed.error, 'the body').slice(0, 400));
  }
  const order = parsed.data;
  if (order.kind === 'clip') {
    const { annotated = true, bars = true, blur = false, ...rest } = order.settings ?? {};
    return { ...order, settings: { ...checkClip(rest), annotated, bars, blur } };
  }
  if (order.kind === 'photo-batch') {
    const { blur = false, ...rest } = order.settings ?? {};
    return { ...order, settings: { ...rest, annotated: true, bars: false, blur } };
  }
  const { title, coded, sums: { primary = [], ...sums } = {} } = order;
  const addresses = readDesignInput(order.design, 'design').recordings.map(({ file }) => file);
  const recordings = order.design.recordings as readonly object[];
  const named = { ...order.design, recordings: recordings.map((one, i) => ({ ...one, file: remoteName(addresses[i]!) })) };
  const design = readDesignInput(named, 'design');
  if (design.recordings.length > MOST_RECORDINGS)
    throw new HttpProblem('invalid-option', `a study handed in at once has at most ${MOST_RECORDINGS} recordings`);
  const tests = primary.map((text) => parsePrimary(text, sums.outcomes ?? LEADING.classes.labels));
  const options = { title, ...sums, primary: tests };
  studySettings(LEADING, options);
  checkPrimary(tests, design);
  const texts = { design: JSON.stringify(named), ...(coded === undefined ? {} : { coded }) };
  const settings = { ...checkClip(order.settings ?? {}), annotated: false, bars: false, blur: false };
  return { kind: 'study', source: title ?? 'study', addresses, design, texts, options, settings };
}

/** Throws HttpProblem `invalid-option` for options that are at odds. */
export function checkClip<T extends Pick<ClipSettings, 'fps' | 'every' | 'from' | 'to'>>(settings: T): T {
  const { fps, every, from, to } = settings;
  if (fps !== undefined && every !== undefined)
    throw new HttpProblem('invalid-option', 'fps and every both say which frames are analysed; give one of them');
  if (from !== undefined && to !== undefined && from >= to)
    throw new HttpProblem('invalid-option', `from must lie before to; got ${from} and ${to}`);
  return settings;
}
