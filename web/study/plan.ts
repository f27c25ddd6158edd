/**
 * A study as the page holds it: what is planned (words of consent, stimuli with their moments, what it is about) and who was recorded.
 * Plain data; as one file it is study-file.ts's, summed up it is sum-up.ts's.
 */
import { LEADING } from '#dist/attributes/index.js';
import { PhizError, type VideoSummary } from '#dist/browser/index.js';
import type { CourseQuality } from '#dist/study/course.js';
import { checkDesign, type Moment, type Stretch } from '#dist/study/design.js';
import type { PrimaryTest } from '#dist/study/study-result.js';

/** What is shown: a clip to its end, or an image for some seconds. */
export interface Stimulus {
  readonly name: string;
  readonly file: File;
  readonly kind: 'video' | 'image';
  readonly seconds: number;
  readonly moments: readonly Omit<Moment, 'stimulus'>[];
}

export interface Plan {
  readonly title: string;
  /** What participants read and agree to. */
  readonly consent: string;
  /** Seconds of a neutral face before each stimulus; 0: none. */
  readonly neutral: number;
  /** Whether each participant begins with another stimulus. */
  readonly rotate: boolean;
  /** The test that the study is about; null: all explore. */
  readonly primary: PrimaryTest | null;
  readonly stimuli: readonly Stimulus[];
}

/** One participant before one stimulus. Times as in a design: `offset` and `baseline` in seconds of the recording. */
export interface StudyRecording {
  readonly participant: string;
  readonly stimulus: string;
  /** Empty where the study has none. */
  readonly group: string;
  readonly offset: number;
  readonly baseline: Stretch | null;
  /** Lines of frames, as in `.frames.ndjson`. */
  readonly frames: Blob;
  readonly summary: VideoSummary;
  readonly quality: CourseQuality;
}

export interface Study {
  readonly plan: Plan;
  readonly recordings: readonly StudyRecording[];
  /** What was recorded since it was saved as one file. */
  readonly unsaved: boolean;
}

export const NEW_STUDY: Study = {
  plan: { title: '', consent: '', neutral: 3, rotate: true, primary: null, stimuli: [] },
  recordings: [],
  unsaved: false,
};

/** Seconds for which an image is shown, unless another time is given. */
const IMAGE_SECONDS = 8;

/** The expressions that a study may be about. */
export const OUTCOMES: readonly string[] = LEADING.classes.labels;

/** The words for what a plan still lacks; none where participants may come. */
export function lacking({ consent, stimuli }: Plan): readonly string[] {
  return [
    ...(stimuli.length === 0 ? ['a stimulus'] : []),
    ...(consent.trim() === '' ? ['the words that participants agree to'] : []),
  ];
}

/** The participants in the order in which they came. */
export function participantsOf({ recordings }: Study): readonly string[] {
  return [...new Set(recordings.map(({ participant }) => participant))];
}

/** `p3` after p1 and p2. */
export function nextName(study: Study): string {
  const taken = participantsOf(study);
  let number = taken.length + 1;
  while (taken.includes(`p${number}`)) number++;
  return `p${number}`;
}

/** The stimuli in the order in which the participant with this number, from 0, sees them. */
export function orderFor({ stimuli, rotate }: Plan, number: number): readonly Stimulus[] {
  const first = rotate && stimuli.length > 0 ? number % stimuli.length : 0;
  return [...stimuli.slice(first), ...stimuli.slice(0, first)];
}

/** Takes a recording in, in place of one of the same participant and stimulus. */
export function withRecording(study: Study, recording: StudyRecording): Study {
  const same = ({ participant, stimulus }: StudyRecording) =>
    participant === recording.participant && stimulus === recording.stimulus;
  const at = study.recordings.findIndex(same);
  return {
    ...study,
    recordings: at < 0 ? [...study.recordings, recording] : study.recordings.with(at, recording),
    unsaved: true,
  };
}

/** What is wrong with a moment beside the others of its stimulus; undefined where nothing is. */
export function momentFault(
  { name: stimulus, seconds, moments }: Stimulus,
  moment: Stimulus['moments'][number],
): string | undefined {
  if (moment.to > seconds + 0.05) return `the stimulus ends at ${seconds.toFixed(1)} s`;
  if (!(moment.from >= 0 && Number.isFinite(moment.to))) return 'from and to need seconds';
  const recording = { file: '-', place: '', participant: '-', stimulus, conditions: {}, offset: 0, excluded: [], baseline: null };
  try {
    checkDesign({
      name: 'the study',
      recordings: [{ ...recording, person: 'longest' }],
      moments: [...moments, moment].map((one) => ({ ...one, stimulus, place: '' })),
      conditions: [],
      faults: [],
    });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A stimulus from a file. Throws PhizError `invalid-data` where the browser shows it neither as a clip nor as an image. */
export async function openStimulus(file: File, taken: readonly string[]): Promise<Stimulus> {
  const stem = file.name.replace(/\.[^.]*$/, '') || 'stimulus';
  let name = stem;
  for (let i = 2; taken.includes(name); i++) name = `${stem} ${i}`;
  const url = URL.createObjectURL(file);
  try {
    const seconds = await clipSeconds(url);
    if (seconds !== undefined) return { name, file, kind: 'video', seconds, moments: [] };
    const image = new Image();
    image.src = url;
    await image.decode().catch((cause) => {
      throw new PhizError('invalid-data', `this browser shows ${file.name} neither as a clip nor as an image`, { cause });
    });
    return { name, file, kind: 'image', seconds: IMAGE_SECONDS, moments: [] };
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Undefined for what is no clip; browsers take some images for clips without a length. */
function clipSeconds(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const video = document.createElement('video');
    video.preload = 'metadata';
    video.onloadedmetadata = () =>
      resolve(Number.isFinite(video.duration) && video.duration > 0 && video.videoWidth > 0 ? video.duration : undefined);
    video.onerror = () => resolve(undefined);
    video.src = url;
  });
}
