/**
 * From frames to the summary of a clip, by person and overall: who was seen when, and what each attribute
 * says of it (how long each emotion was the most probable, how old each seems). Frames are added one by one and not kept, so a clip of any length takes the same memory.
 *
 * An analysed frame stands for the time until the next one, the last for its own duration. A box that the tracker carries counts
 * with what was shown last, once a later measurement shows that the person was still there.
 */
import type { ClipFacts } from '../../analyze/frame.js';
import type { Attribute, ClipSummary, Tally } from '../../attributes/attribute.js';
import { type AnyReading, ATTRIBUTES } from '../../attributes/index.js';
import {
  type FrameAccount,
  type FrameResult,
  type PersonSummary,
  VIDEO_SCHEMA_VERSION,
  type VideoSummary,
} from '../../results/video-result.js';

/** What can be said from frames alone. */
export interface Totals {
  readonly people: readonly PersonSummary[];
  readonly overall: VideoSummary['overall'];
  readonly analysedFrames: number;
  /** Seconds at which new scenes begin. */
  readonly cuts: readonly number[];
  /** Frames of the clip up to the last analysed one. */
  readonly frames: number;
  /** Seconds at which the last analysed frame ends. */
  readonly end: number;
}

export interface TotalsAccumulator {
  /** Takes the next analysed frame. */
  add(frame: FrameResult<never>): void;
  finish(): Totals;
}

/** Adds the frames of a clip up to its summary; keeps none of them. */
export interface SummaryAccumulator {
  /** Takes the next analysed frame. */
  add(frame: FrameResult<never>): void;
  finish(end?: SummaryEnd): VideoSummary;
}

/** How a clip ended. */
export interface SummaryEnd {
  /** False where the clip was not read to its end. Default: true. */
  readonly complete?: boolean;
  /** Why not. */
  readonly problem?: string | null;
  /** Frames decoded; default: up to the last analysed one. */
  readonly frames?: number;
  /** Seconds at which the last frame ends, where the clip was read to there; default: what the file promises. */
  readonly end?: number | undefined;
  /** What became of the clip's coded pictures, where that was counted. */
  readonly account?: FrameAccount | undefined;
}

/** What a summary says of the clip besides its frames. */
export interface SummaryOptions {
  /** The clip's path or name. */
  readonly source: string;
  readonly facts: ClipFacts;
  readonly settings: VideoSummary['settings'];
  readonly models: VideoSummary['models'];
  /** Those of the analyzer; default: all that phiz knows. */
  readonly attributes?: readonly Attribute[] | undefined;
}

/** Collects the published summary of a clip. */
export function createSummary({ source, facts, settings, models, attributes }: SummaryOptions): SummaryAccumulator {
  const totals = createTotals(attributes);
  const gaps = createGaps();
  const { width, height, duration, start = 0, frameRate, codec, container, rotation, audio } = facts;
  return {
    add(frame) {
      totals.add(frame);
      gaps.add(frame.timestamp);
    },
    finish({ complete = true, problem = null, frames, end, account } = {}) {
      const { people, overall, analysedFrames, cuts, frames: seen, end: analysed } = totals.finish();
      return {
        schemaVersion: VIDEO_SCHEMA_VERSION,
        source,
        complete,
        problem,
        clip: {
          width,
          height,
          duration: Math.max(end ?? duration, analysed),
          start,
          frameRate,
          frames: Math.max(frames ?? 0, seen),
          analysedFrames,
          codec,
          container,
          rotation,
          audio,
          cuts,
          account: account ?? null,
        },
        notes: [gaps.note(), sizesNote(account)].filter((note) => note !== undefined),
        people,
        overall,
        settings,
        models,
      };
    },
  };
}

function sizesNote(account: FrameAccount | undefined): string | undefined {
  if (!account?.resized) return undefined;
  return `${account.resized} of its frames have another size than the first; they stand letterboxed in it, and boxes are in pixels of that`;
}

/** Seconds between two analysed frames after which it is a guess who is who, and the share of the time that may lie in such gaps. */
const LONG_GAP = 2;
const FEW_GAPS = 0.1;

/** Whether frames were looked at often enough to tell who is who. */
function createGaps() {
  let [first, last, longest, long] = [Number.NaN, Number.NaN, 0, 0];
  return {
    add(time: number): void {
      if (Number.isNaN(first)) first = time;
      else if (time - last > LONG_GAP) {
        long += time - last;
        longest = Math.max(longest, time - last);
      }
      last = time;
    },
    note: (): string | undefined =>
      long > FEW_GAPS * (last - first)
        ? `frames were analysed up to ${+longest.toFixed(1)} s apart: what happened between them is not known, and one person may count as several`
        : undefined,
  };
}

/** A frame that lasts no time (a still has no duration) counts this many seconds, so that shares of time exist. */
const INSTANT = 1e-9;

/** One person's, or everybody's: frames, seconds, and what each attribute gathers. */
interface Gathered {
  frames: number;
  seconds: number;
  readonly tallies: ReadonlyMap<string, Tally<unknown>>;
}

interface PersonGathered extends Gathered {
  readonly firstSeen: number;
  lastSeen: number;
  /** What was shown at the last measurement, and the seconds carried since. */
  shown: AnyReading;
  carried: number;
}

/** Collects what frames alone tell. */
export function createTotals(attributes: readonly Attribute[] = ATTRIBUTES): TotalsAccumulator {
  const summed = attributes.flatMap(({ name, summary }) => (summary ? [{ name, summary }] : []));
  const people = new Map<number, PersonGathered>();
  const overall = gather(summed, 'clip');
  const cuts: number[] = [];
  let analysedFrames = 0;
  let previous: FrameResult<never> | undefined;

  const weigh = (frame: FrameResult<never>, seconds: number): void => {
    for (const face of frame.faces) {
      const known = people.get(face.person);
      const raw: AnyReading | null = face.raw;
      if (!face.measured || !raw) {
        if (known) known.carried += seconds;
        continue;
      }
      const person = known ?? newPerson(summed, frame.timestamp);
      if (!known) people.set(face.person, person);
      const shown: AnyReading = { ...face };
      for (const each of [person, overall]) {
        each.frames++;
        each.seconds += person.carried;
        each.seconds += seconds;
        for (const [name, tally] of each.tallies) {
          if (person.carried > 0 && isKnown(person.shown[name])) tally.carry(person.shown[name], person.carried);
          if (isKnown(shown[name]) && isKnown(raw[name])) tally.add(shown[name], raw[name], seconds);
        }
      }
      person.shown = shown;
      person.carried = 0;
      person.lastSeen = frame.timestamp;
    }
  };

  return {
    add(frame) {
      if (previous) weigh(previous, Math.max(frame.timestamp - previous.timestamp, INSTANT));
      if (frame.cut) cuts.push(frame.timestamp);
      analysedFrames++;
      previous = frame;
    },
    finish() {
      const last = previous;
      previous = undefined;
      if (last) weigh(last, Math.max(last.duration, INSTANT));
      return {
        people: [...people]
          .sort(([a], [b]) => a - b)
          .map(([person, gathered]) => {
            const { firstSeen, lastSeen } = gathered;
            return { person, firstSeen, lastSeen, ...read(gathered) } as PersonSummary;
          }),
        overall: read(overall) as VideoSummary['overall'],
        analysedFrames,
        cuts,
        frames: last ? last.frame + 1 : 0,
        end: last ? last.timestamp + last.duration : 0,
      };
    },
  };
}

function newPerson(summed: Summed, time: number): PersonGathered {
  return { ...gather(summed, 'person'), firstSeen: time, lastSeen: time, shown: {}, carried: 0 };
}

type Summed = readonly { readonly name: string; readonly summary: ClipSummary<unknown> }[];

function gather(summed: Summed, of: ClipSummary<unknown>['of']): Gathered {
  const told = summed.filter(({ summary }) => of === 'person' || summary.of === 'clip');
  return { frames: 0, seconds: 0, tallies: new Map(told.map(({ name, summary }) => [name, summary.start()])) };
}

/** Null before the first measurement, undefined where it was left out of the analysis. */
function isKnown(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function read({ frames, seconds, tallies }: Gathered): object {
  return Object.assign({ frames, seconds }, ...[...tallies.values()].map((tally) => tally.read()));
}
