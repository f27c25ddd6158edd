/**
 * What `phiz analyze` prints of an input on a terminal: a few lines to read, where a program that reads standard output gets JSON. What
 * is said of a face is its attributes' own; why something failed is told on standard error.
 */
import type { Attribute } from '../attributes/attribute.js';
import { durationText, momentText } from '../report/duration.js';
import type { FaceResult, PhotoResult } from '../results/result.js';
import type { VideoSummary } from '../results/video-result.js';
import type { RunResult } from './run-results.js';

/** Most faces or persons of an input that get a line each. */
const MOST = 20;

/** The lines, without a line break at the end; undefined where there is nothing to say. */
export function resultWords(result: RunResult, attributes: readonly Attribute[]): string | undefined {
  if ('error' in result) return undefined;
  return ('faces' in result ? photoLines(result, attributes) : clipLines(result, attributes)).join('\n');
}

function photoLines({ source, faces, warnings = [] }: PhotoResult, attributes: readonly Attribute[]): readonly string[] {
  return [
    `${source}: ${counted(faces.length, 'face', 'faces')}${faces.length > 1 ? ', largest first' : ''}`,
    ...warnings.map((warning) => `  ${warning}`),
    ...cut(faces.map((face, i) => `  ${i + 1}  ${faceWords(face, attributes)}`)),
  ];
}

function faceWords(face: FaceResult, attributes: readonly Attribute[]): string {
  const read: Readonly<Record<string, unknown>> = face;
  return attributes
    .flatMap(({ name, label }) => (label && read[name] ? [label(read[name]).full] : []))
    .concat(`at ${Math.round(face.box.x)}, ${Math.round(face.box.y)}`)
    .join(', ');
}

function clipLines(
  { source, clip, people, problem, notes = [] }: VideoSummary,
  attributes: readonly Attribute[],
): readonly string[] {
  const moment = (seconds: number): string => momentText(seconds, clip.duration);
  return [
    `${source}: ${counted(people.length, 'person', 'people')} in ${durationText(clip.duration)}`,
    ...(problem === null ? [] : [`  not complete: ${problem}`]),
    ...notes.map((note) => `  ${note}`),
    ...cut(
      people.map((about) => {
        const said = attributes.map(({ report }) => (report?.aboutPerson(about) ?? []).map(plain).join(''));
        return `  person ${about.person}, ${moment(about.firstSeen)} to ${moment(about.lastSeen)}: ${said.filter(Boolean).join(' ')}`;
      }),
    ),
  ].map((line) => line.replaceAll('\u00a0', ' '));
}

function plain(part: string | { readonly stressed: string }): string {
  return typeof part === 'string' ? part : part.stressed;
}

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= MOST ? lines : [...lines.slice(0, MOST), `  and ${lines.length - MOST} more`];
}

function counted(n: number, one: string, many: string): string {
  return `${n === 0 ? 'no' : n} ${n === 1 ? one : many}`;
}
