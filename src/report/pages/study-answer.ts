/** A study's answer in three sentences: which stimulus, which moment, how sure. Careful words: what was not shown is not said not to be. */
import { WHOLE } from '../../study/design.js';
import { leastCorrected } from '../../study/families.js';
import type { ComparisonRow, StudyResult } from '../../study/study-result.js';
import { listed, participantsText } from '../words.js';

/** Corrected p below which a difference counts as shown. */
export const ALPHA = 0.05;

/** Three sentences. */
export function studyAnswer(result: StudyResult): readonly [string, string, string] {
  return [which(result), when(result), sure(result)];
}

/** Why no primary test says anything, as the beginning of a sentence; undefined where none was named, or one does. */
export function untestedPrimary({ comparisons, settings: { primary } }: StudyResult): string | undefined {
  const rows = comparisons.filter(({ family }) => family === 'primary');
  if (primary.length === 0 || rows.some(({ p }) => p !== null)) return undefined;
  const tests = primary.map(({ label, window }) => `“${label}”${window === WHOLE ? '' : ` in the moment “${window}”`}`);
  return `What the study is about (${listed(tests)}) could not be tested: ${rows[0]?.refused ?? 'no two stimuli have it in common, and there are no groups'}`;
}

function which(result: StudyResult): string {
  const { comparisons, stimuli } = result;
  if (stimuli.every(({ participants }) => participants === 0))
    return 'No recording shows a reliable face for long enough, so nothing can be said.';
  const tested = comparisons.filter(({ p }) => p !== null);
  if (tested.length === 0)
    return stimuli.length < 2
      ? 'There is one stimulus and nothing to compare it with.'
      : 'No comparison was possible: a test needs two participants or more on each side.';
  const untested = untestedPrimary(result);
  if (untested)
    return `${untested}; the ${tested.length === 1 ? 'one other comparison only explores' : `${tested.length} other comparisons only explore`}.`;
  const primary = tested.filter(({ family }) => family === 'primary');
  const asked = primary.length ? primary : tested;
  const one = asked.length === 1;
  const kind = `${primary.length ? 'primary ' : ''}${one ? 'comparison' : 'comparisons'}`;
  const shown = asked
    .filter(({ corrected }) => corrected! < ALPHA)
    .sort((a, b) => a.corrected! - b.corrected! || size(b) - size(a));
  const [best, ...others] = shown;
  if (!best)
    return `No difference was shown in ${one ? 'the one' : `any of ${asked.length}`} ${kind} (smallest corrected p ${pText(Math.min(...asked.map(({ corrected }) => corrected!)))})${asked.every((row) => leastCorrected(row)! >= ALPHA) ? `: with so few participants${one ? '' : ' and so many tests'} none could be, however large` : ''}.`;
  const higher = best.difference! > 0 ? [best.first, best.second] : [best.second, best.first];
  const where = `${best.window === WHOLE ? '' : ` in the moment “${best.window}”`}${best.stimulus === null ? '' : ` of “${best.stimulus}”`}`;
  const between = best.between === 'groups' ? ` (${best.column})` : '';
  const more = others.length
    ? `; ${others.length} more of ${asked.length} ${kind} ${others.length === 1 ? 'shows' : 'show'} a difference`
    : '';
  return `Faces showed more “${best.label}” with “${higher[0]}” than with “${higher[1]}”${between}${where}: by ${pointsText(Math.abs(best.difference!))}${intervalText(best)}, p ${pText(
    best.corrected!,
  )
    .replace(/^(?!<)/, '= ')
    .replace('<', '< ')} corrected${more}.`;
}

function size({ effect }: ComparisonRow): number {
  return Math.abs(effect?.value ?? 0);
}

function intervalText({ interval, difference }: ComparisonRow): string {
  if (!interval) return '';
  const [low, high] = difference! > 0 ? interval : [-interval[1], -interval[0]];
  return ` (95 % interval ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
}

function when({ stimuli, settings }: StudyResult): string {
  const peaks = stimuli.flatMap(({ stimulus, curves, moments }) =>
    curves.flatMap(({ label, peak }) =>
      peak && settings.outcomes.includes(label) && label !== 'neutral' ? [{ stimulus, label, moments, ...peak }] : [],
    ),
  );
  const highest = peaks.sort((a, b) => b.mean - a.mean)[0];
  if (!highest) return 'No curve could be drawn: too few participants had a face at any moment.';
  const { stimulus, label, seconds, mean, n, moments } = highest;
  const inside = moments.find(({ from, to }) => seconds >= from && seconds < to);
  return `The highest peak is “${label}” at ${seconds.toFixed(1)} s of “${stimulus}”${inside ? `, in the moment “${inside.label}”` : ''}: a mean of ${pointsText(mean)} over ${participantsText(n)}.`;
}

function sure({ participants, quality, failures, comparisons, stimuli }: StudyResult): string {
  const left = quality.filter(({ kept }) => !kept).length + failures.length;
  const smallest = comparisons.flatMap(({ smallest }) => (smallest === null ? [] : [smallest]));
  const power = smallest.length
    ? `, and an effect smaller than ${Math.min(...smallest).toFixed(2)} standard deviations would often have been missed`
    : '';
  const counts = listed(stimuli.map(({ stimulus, participants: n }) => `${n} for “${stimulus}”`));
  return `This rests on ${participantsText(participants.length)} (${counts}); ${left === 0 ? 'no recording was' : left === 1 ? 'one recording was' : `${left} recordings were`} left out${power}.`;
}

/** `12.3 points`: hundredths of a score. */
export function pointsText(score: number): string {
  return `${(100 * score).toFixed(1)} points of 100`;
}

/** `0.012`, `<0.001`. */
export function pText(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}
