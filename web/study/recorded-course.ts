/** A recording of the page on its stimulus's time axis. */

import { LEADING } from '#dist/attributes/index.js';
import type { FrameResult } from '#dist/browser/index.js';
import { readFrameLines } from '#dist/results/saved-clip.js';
import { type Course, type CourseQuality, createCourse, faceOf } from '#dist/study/course.js';
import type { StudyRecording } from './plan.js';

/** Seconds between two points of a curve: the default of `phiz study`. */
const STEP = 0.1;

type About = Pick<StudyRecording, 'offset' | 'baseline' | 'summary'>;

function course({ offset, baseline, summary }: About) {
  const person = faceOf({ person: 'longest' }, summary.people);
  return createCourse({ subject: LEADING, step: STEP, recording: { offset, baseline, excluded: [] }, person });
}

/** Its quality, from its frames at hand. */
export function qualityIn(about: About, frames: readonly FrameResult[]): CourseQuality {
  const accumulator = course(about);
  for (const frame of frames) accumulator.add(frame);
  return accumulator.finish().quality;
}

/** All of it, from its lines. Throws PhizError `invalid-data` naming the line. */
export async function courseOf(recording: About & Pick<StudyRecording, 'frames'>, name: string): Promise<Course> {
  const accumulator = course(recording);
  for await (const frame of readFrameLines((await recording.frames.text()).split('\n'), name)) accumulator.add(frame);
  return accumulator.finish();
}
