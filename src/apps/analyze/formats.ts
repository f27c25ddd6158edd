/**
 * Everything that a run can write of a photo or a clip, from the lists that hold one format an entry: tables of frames, reports, annotated
 * clips and images, plots. Flags of the command line, the service's results and what is left out of folders are made from them.
 */
import { PhizError } from '../../core/error.js';
import { FRAME_FORMATS } from '../../node/files/frame-formats.js';
import type { OutputFormat } from '../../node/files/output-format.js';
import { ANNOTATED_IMAGES } from '../../node/images/annotated-formats.js';
import { FIGURE_FORMATS } from '../../node/images/figure-formats.js';
import { ANNOTATED_CLIPS } from '../../node/video/annotated-formats.js';
import { REPORT_FORMATS } from './report-formats.js';

/** What `phiz report` can make again: all but the annotated clip. */
export const REPORTED_FORMATS = [...FRAME_FORMATS, ...REPORT_FORMATS] as const;

/** All of a clip. */
export const CLIP_FORMATS = [...REPORTED_FORMATS, ...ANNOTATED_CLIPS] as const;

/** The name of a format of a clip's files. */
export type ClipFormatName = (typeof CLIP_FORMATS)[number]['name'];

/** Those of a list that are written only where they are asked for. */
export function formatsToAsk(list: readonly OutputFormat[] = CLIP_FORMATS): readonly OutputFormat[] {
  return list.filter(({ always }) => !always);
}

/** The formats whose flags are set, out of a command's options. */
export function formatsChosen(options: object): readonly ClipFormatName[] {
  const flags = options as Readonly<Record<string, unknown>>;
  return formatsToAsk().flatMap(({ name }) => (flags[name] ? [name as ClipFormatName] : []));
}

/** Throws PhizError `invalid-option` for a format that there is not, naming those there are. */
export function checkFormats(names: readonly string[], list: readonly OutputFormat[] = CLIP_FORMATS): void {
  const unknown = names.find((name) => list.every((format) => format.name !== name));
  if (unknown === undefined) return;
  const known = list.map(({ name }) => name).join(', ');
  throw new PhizError('invalid-option', `there is no format '${unknown}'; known: ${known}`);
}

/** The file of a job's or a folder's clip in some format, and its media type. */
export function clipFile(clip: string, name: ClipFormatName): { readonly file: string; readonly type: string } {
  const { ending, type } = CLIP_FORMATS.find((format) => format.name === name)!;
  return { file: `${clip}.${ending}`, type };
}

/** Endings of what phiz draws of an input, beside it or elsewhere. */
export const DRAWN_ENDINGS: readonly string[] = [
  ...[...ANNOTATED_IMAGES, ...ANNOTATED_CLIPS].map(({ ending }) => ending),
  ...FIGURE_FORMATS.map(({ ending }) => `timeline.${ending}`),
];

/** Endings of all files about an input. */
export const OUTPUT_ENDINGS: readonly string[] = [
  'json',
  'pictures.json',
  ...DRAWN_ENDINGS,
  ...REPORTED_FORMATS.map(({ ending }) => ending),
];
