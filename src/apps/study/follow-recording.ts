/**
 * One recording of a study, followed: analysed, or taken from an earlier run where the file's bytes, the options and the models are
 * the same. What an analysis leaves lies in a folder of the study's own; a file beside it says what it was made from, and is written
 * last, so that a run killed at any moment goes on with what is whole. What was analysed elsewhere, as by the page's Study tab, is taken
 * as it is.
 */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Analyzer } from '../../analyze/analyzer.js';
import { PhizError } from '../../core/error.js';
import { clipNameOf, readFrames, readSummaryBeside } from '../../node/files/frames-file.js';
import { hashFile } from '../../node/files/hash-file.js';
import { phizVersion } from '../../node/files/manifest.js';
import { readTextIfAny } from '../../node/files/read-files.js';
import { flushFiles, writeAtomic } from '../../node/files/write-atomic.js';
import { readReportImages } from '../../report/pages/report-images.js';
import type { FaceLimits, FollowOptions, LookOptions } from '../../results/analysis-options.js';
import { LOSSES, type VideoSummary } from '../../results/video-result.js';
import type { Followed } from '../../study/course.js';
import { type CourseOptions, createCourse, faceOf } from '../../study/course.js';
import type { Recording } from '../../study/design.js';
import { analyzeClip } from '../analyze/analyze-clip.js';
import { imagesPath } from '../analyze/report-files.js';

export interface FollowRecordingOptions extends Pick<CourseOptions, 'subject' | 'step'> {
  readonly analyzer: () => Promise<Analyzer>;
  /** Says which models are used: a change means a new analysis. */
  readonly models: string;
  /** Folder of the analyses. */
  readonly folder: string;
  readonly name: string;
  readonly stream: FaceLimits & FollowOptions;
  readonly look: LookOptions;
  /** Keep small images, and give one of the face. */
  readonly thumbnails: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onFrame?: ((frames: number, total: number | undefined) => void) | undefined;
}

export interface FollowedRecording extends Followed {
  readonly summary: VideoSummary;
  readonly reused: boolean;
  /** A small image of the face, as a data URI; undefined where none is kept. */
  readonly portrait: string | undefined;
}

/** The course of a recording and the summary of its analysis. Frames that were analysed already are taken as they are. Throws PhizError where nothing comes of it. */
export async function followRecording(
  recording: Recording,
  path: string,
  options: FollowRecordingOptions,
): Promise<FollowedRecording> {
  const { frames, summary, reused } = ANALYSED.test(path) ? await takeAnalysed(path) : await analyse(recording, path, options);
  const { signal, subject, step } = options;
  const person = faceOf(recording, summary.people);
  const course = createCourse({ subject, step, recording, person });
  for await (const frame of readFrames(frames, { signal })) course.add(frame);
  const portrait = options.thumbnails && person !== 'all' ? await portraitBeside(frames, person) : undefined;
  return { recording, course: course.finish(), problem: summary.problem, lost: lostFrames(summary), summary, reused, portrait };
}

async function portraitBeside(frames: string, person: number): Promise<string | undefined> {
  const path = imagesPath(dirname(frames), clipNameOf(frames));
  const text = await readTextIfAny(path);
  return text === undefined ? undefined : readReportImages(text, path).portraits.get(person);
}

/** Names of recordings that are frames already, with their summary beside them. */
export const ANALYSED = /\.frames\.ndjson$/i;

interface Analysed {
  readonly frames: string;
  readonly summary: VideoSummary;
  /** By an earlier run. */
  readonly reused: boolean;
}

async function takeAnalysed(frames: string): Promise<Analysed> {
  const summary = await readSummaryBeside(frames);
  if (!summary)
    throw new PhizError('file-not-found', `there is no ${clipNameOf(frames)}.json beside ${frames}; it says who was seen`);
  return { frames, summary, reused: false };
}

async function analyse(recording: Recording, path: string, options: FollowRecordingOptions): Promise<Analysed> {
  const { folder, name, signal, stream, look, thumbnails } = options;
  const madeFrom = join(folder, `${name}.made-from.json`);
  const frames = join(folder, `${name}.frames.ndjson`);
  const about = {
    phiz: phizVersion(),
    sha256: await hashFile(path),
    options: { ...stream, ...look },
    models: options.models,
    thumbnails: thumbnails || undefined,
  };
  const key = `${JSON.stringify(about, undefined, 2)}\n`;
  const before = (await readTextIfAny(madeFrom)) === key ? await readSummaryBeside(frames) : undefined;
  if (before) return { frames, summary: before, reused: true };
  await rm(madeFrom, { force: true });
  const { summary, problem } = await analyzeClip(path, {
    analyzer: await options.analyzer(),
    source: recording.file,
    name,
    out: folder,
    annotated: false,
    thumbnails,
    stream,
    settings: look as Readonly<Record<string, number | undefined>>,
    signal,
    onFrame: options.onFrame,
  });
  // A run that was stopped is not what the file holds.
  if (problem?.code === 'aborted') throw problem;
  // Otherwise a power cut could leave the word that it is whole, and no frames.
  await flushFiles([frames, join(folder, `${name}.json`)]);
  await writeAtomic(madeFrom, key, { private: true });
  return { frames, summary, reused: false };
}

/** Coded pictures that are losses (see the account in results/video-result.ts). */
function lostFrames({ clip: { account } }: VideoSummary): number | null {
  if (!account) return null;
  return account.dropped.reduce((sum, { frames, why }) => sum + (LOSSES.includes(why) ? frames : 0), 0);
}
