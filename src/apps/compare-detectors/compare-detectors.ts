/**
 * Sets face detectors side by side: each is run over the same labelled photos in a process of its own, one after the other, so that
 * neither memory nor cores are shared. How one is measured is in src/apps/compare-detectors/measure-worker.ts.
 */
import { fork } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { checkCount } from '../../core/check.js';
import { PhizError } from '../../core/error.js';
import { checkScoreThreshold } from '../../detect/detector.js';
import { defaultThreads } from '../../node/engine/engine.js';
import type { ComparedDetector, DetectorComparison } from '../../report/sums/detector-comparison.js';
import { nameApart } from '../compare/models.js';
import type { MeasureAnswer, MeasureJob } from './measure-messages.js';

/** Our own and those that the report speaks of. */
export const COMPARED_DETECTORS = ['detector', 'yunet', 'mtcnn', 'opencv-ssd', 'haar'] as const;

/** Which detectors are compared, and on which photos. */
export interface CompareDetectorsOptions {
  /** Folder of FDDB, or of photos with label files in the style of WIDER FACE. */
  readonly data: string;
  /** Names or paths as for openDetector. */
  readonly detectors?: readonly string[] | undefined;
  /** At most so many photos, evenly spaced. */
  readonly limit?: number | undefined;
  /** Threads of ONNX Runtime; default: one per core, at most eight. */
  readonly threads?: number | undefined;
  /** Detections below are not asked for. */
  readonly scoreThreshold?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `detector` is undefined while the images are only read. */
  readonly onProgress?: ((detector: string | undefined, done: number, total: number) => void) | undefined;
}

/**
 * Measures the detectors. One whose weights or package are not here is listed in `leftOut` with what brings it. Throws PhizError
 * `invalid-option`, `file-not-found` and `invalid-data` for the data, `model-not-found` where no detector is here at all, what a
 * damaged model throws, `engine-failed` where a process dies, `aborted`.
 */
export async function compareDetectors({
  data,
  detectors = COMPARED_DETECTORS,
  limit,
  threads = defaultThreads(),
  scoreThreshold = 0.02,
  signal,
  onProgress,
}: CompareDetectorsOptions): Promise<DetectorComparison> {
  const names = [...new Set(detectors)];
  if (names.length === 0 || names.includes('')) throw new PhizError('invalid-option', 'name at least one detector');
  for (const [name, value] of Object.entries({ limit, threads })) if (value !== undefined) checkCount(name, value);
  checkScoreThreshold(scoreThreshold);
  const job: MeasureJob = { data, threads, scoreThreshold, limit };
  const run = (detector?: string) =>
    measureApart({ ...job, detector }, signal, (done, total) => onProgress?.(detector, done, total));
  const reading = await run();
  if ('absent' in reading) throw reading.absent;
  const measured: (ComparedDetector & { readonly given: string })[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  for (const name of names) {
    const outcome = await run(name);
    if ('absent' in outcome) leftOut.push({ name, reason: outcome.absent.message });
    else measured.push({ ...outcome.figures, given: name });
  }
  if (measured.length === 0)
    throw new PhizError('model-not-found', `none of the detectors is here: ${leftOut.map(({ reason }) => reason).join('; ')}`);
  const named = nameApart(measured);
  return {
    ...reading.images,
    scoreThreshold,
    threads,
    machine: `${availableParallelism()} × ${cpus()[0]?.model.trim() || 'unknown processor'}, Node ${process.versions.node}`,
    readingMemory: reading.figures.peakMemory,
    detectors: measured.map(({ given: _, ...figures }, i) => ({ ...figures, name: named[i]! })),
    leftOut,
  };
}

type Outcome = Pick<Extract<MeasureAnswer, { kind: 'measured' }>, 'images' | 'figures'> | { readonly absent: PhizError };

/** Characters of a dying process's last words that are kept. */
const LAST_WORDS = 2000;

/** Runs a job in a process of its own, which is gone when this settles. */
function measureApart(
  job: MeasureJob,
  signal: AbortSignal | undefined,
  onProgress: (done: number, total: number) => void,
): Promise<Outcome> {
  const stopped = () => new PhizError('aborted', 'the comparison was stopped', { cause: signal?.reason });
  if (signal?.aborted) return Promise.reject(stopped());
  const child = fork(new URL('./measure-worker.js', import.meta.url), [], {
    serialization: 'advanced',
    execArgv: [],
    // What a native library prints must not get into this program's output.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LAST_WORDS);
  });
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  return new Promise<Outcome>((resolve, reject) => {
    let last: MeasureAnswer | undefined;
    child.on('message', (answer: MeasureAnswer) => {
      if (answer.kind === 'progress') onProgress(answer.done, answer.total);
      else last = answer;
    });
    child.on('error', (cause) =>
      reject(new PhizError('engine-failed', `no process for ${nameOf(job)}: ${cause.message}`, { cause })),
    );
    child.on('close', (code, killed) => {
      if (signal?.aborted) return reject(stopped());
      if (last?.kind === 'measured') return resolve(last);
      if (last?.kind === 'failed') return settle(last, job, resolve, reject);
      const how = killed ? `was killed (${killed})` : `ended with code ${code}`;
      reject(new PhizError('engine-failed', `the process of ${nameOf(job)} ${how}${words ? `: ${words.trim()}` : ''}`));
    });
    child.send(job);
  }).finally(() => signal?.removeEventListener('abort', kill));
}

function settle(
  { opening, code, message }: Extract<MeasureAnswer, { kind: 'failed' }>,
  job: MeasureJob,
  resolve: (outcome: Outcome) => void,
  reject: (error: PhizError) => void,
): void {
  const error = new PhizError(code ?? 'engine-failed', code ? message : `${nameOf(job)} failed: ${message}`);
  if (opening && (code === 'model-not-found' || code === 'engine-unavailable')) resolve({ absent: error });
  else reject(error);
}

function nameOf({ detector }: MeasureJob): string {
  return detector ?? 'reading the images';
}
