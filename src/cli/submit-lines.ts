/** What was handed in, as `phiz submit` waits for it: how each job stands, its results fetched when it is done, and the table at the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PhizError } from '../core/error.js';
import { sideBySide } from '../core/side-by-side.js';
import type { Shared } from '../server/shared/open-shared.js';
import { attemptKey, readPublished } from '../server/shared/shared-work.js';
import { printFailure } from './failure.js';
import type { OutFolder } from './out-folder.js';
import { plainText } from './plain-text.js';
import { createProgress, type Progress, SILENT } from './progress.js';
import { fetchResults, type Wanted } from './submit-results.js';

/** Jobs looked at a time. */
const SIDE_BY_SIDE = 8;
/** Milliseconds between two looks at what is not done yet. */
const LOOK = 500;

/** How a job stands. */
export interface Line {
  /** What the table calls it. */
  readonly source: string;
  readonly id: string;
  /** What is to be fetched. */
  readonly wanted: Wanted;
  state: 'waiting' | 'done' | 'failed';
  frames: number;
  problem: string;
}

export function newLine(about: Pick<Line, 'source' | 'id' | 'wanted'>): Line {
  return { ...about, state: 'waiting', frames: 0, problem: '' };
}

/** Waits until all have ended, or the signal. */
export async function waitForAll(
  lines: readonly Line[],
  shared: Shared,
  out: OutFolder | undefined,
  { signal, quiet }: { readonly signal: AbortSignal; readonly quiet: boolean },
): Promise<void> {
  const progress = createProgress({ total: lines.length, label: 'done', stream: quiet ? SILENT : process.stderr });
  while (!signal.aborted) {
    const waiting = lines.filter(({ state }) => state === 'waiting');
    progress.update(lines.length - waiting.length);
    if (waiting.length === 0) break;
    await sideBySide(waiting, SIDE_BY_SIDE, async (line) => {
      if (!signal.aborted) await look(line, shared, out, progress);
    });
    await sleep(LOOK, undefined, { signal }).catch(() => {});
  }
  progress.end();
}

/** Looks at one job; fetches its results where it is done. */
async function look(line: Line, { queue, storage }: Shared, out: OutFolder | undefined, progress: Progress): Promise<void> {
  const status = await queue.get(line.id);
  if (status && (status.state === 'queued' || status.state === 'running')) return;
  if (status?.state === 'failed') {
    line.state = 'failed';
    line.problem = status.problem?.detail ?? '';
    progress.around(() => printFailure(new PhizError('invalid-data', line.problem), line.source));
    return;
  }
  const published = await readPublished(storage, line.id);
  if (!published) {
    line.state = 'failed';
    line.problem = 'somebody took it out of the queue';
    return;
  }
  const { outcome } = published;
  if (out) await fetchResults(storage, attemptKey(line.id, outcome.out), line, out);
  line.frames = outcome.progress.frames;
  line.problem = outcome.problem?.detail ?? outcome.warnings.join('; ');
  line.state = 'done';
}

/** A row per job, in the order of the inputs' names; `first` is the name of their column. */
export function tableOf(lines: readonly Line[], first: string): string {
  const rows = [...lines]
    .sort((a, b) => (a.source < b.source ? -1 : 1))
    .map(({ source, id, state, frames, problem }) => [source, id, state, String(frames), problem]);
  const all = [[first, 'job', 'state', first === 'clip' ? 'frames' : 'parts', 'problem'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) => `${plainText(row.map((cell, i) => (i < 4 ? cell.padEnd(widths[i]!) : cell)).join('  ')).trimEnd()}\n`)
    .join('');
}
