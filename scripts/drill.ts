/**
 * A drill of many machines: a folder of clips handed in to two workers, of which one is killed and one stands still for longer than its lock
 * while Redis is killed and started again. Tells what came of it beside what one machine makes of the same folder. many-machines.ts runs it
 * by hand with many clips, a test with few.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from './redis.js';

export interface DrillOptions {
  /** Folder for all of it, which is there and empty. */
  readonly folder: string;
  readonly clips: number;
  /** Writes the clip of a number; no two are the same. */
  readonly writeClip: (path: string, number: number) => Promise<void>;
  /** Options that name the models; none for phiz's own. */
  readonly models?: readonly string[];
  /** Path of the command line's main.js. */
  readonly main: string;
  /** Told of what is being done. */
  readonly say?: (text: string) => void;
}

export interface DrillResult {
  /** Exit codes of `phiz analyze`, `phiz submit`, and the workers that were stopped last. */
  readonly codes: readonly (number | null)[];
  /** What `phiz submit` printed. */
  readonly printed: string;
  /** In the storage: `result.json`, summaries, and clips still there. */
  readonly results: number;
  readonly summaries: number;
  readonly inputs: number;
  /** Names left in the scratch folder of the workers. */
  readonly scratch: readonly string[];
  /** Tables fetched, and names of those that differ from what one machine made, or are missing. */
  readonly tables: number;
  readonly different: readonly string[];
  /** Seconds of `phiz analyze`, and of `phiz submit` with everything that was done to the workers. */
  readonly seconds: { readonly one: number; readonly many: number };
}

/** Seconds after which a clip is taken from a worker that gave no sign of life. */
const LOCK = 2;
/** Milliseconds without a further clip done after which the drill is given up. */
const PATIENCE = 150_000;

interface Command {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly end: Promise<number | null>;
}

/** Runs the drill. Linux only. Throws Error where nothing gets done any more. */
export async function drill({
  folder,
  clips: count,
  writeClip,
  models = [],
  main,
  say = () => {},
}: DrillOptions): Promise<DrillResult> {
  const [clips, store, scratch, results, reference] = ['clips', 'store', 'scratch', 'results', 'reference'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string, string];
  const started: ChildProcess[] = [];
  const phiz = (...args: readonly string[]): Command => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        text += data.toString();
      });
    return { child, out: () => text, end: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
  };

  await mkdir(clips);
  for (let i = 0; i < count; i++) await writeClip(join(clips, `clip-${String(i).padStart(5, '0')}.gif`), i);
  const plain = ['--no-annotated', ...models];
  let begun = performance.now();
  say(`${count} clips written; phiz analyze does them on one machine`);
  const alone = await phiz('analyze', clips, '--out', reference, ...plain).end;
  const one = (performance.now() - begun) / 1000;

  await using redis = await startRedis();
  try {
    const place = ['--queue', redis.url, '--storage', store];
    const settings = ['--lock', String(LOCK), '--scratch', scratch, '--threads', '1', '--log-level', 'warn', ...models];
    const work = (): Command => phiz('work', ...place, ...settings);
    const done = async (): Promise<number> => (await filesBelow(store)).filter((name) => name.endsWith('/result.json')).length;
    const reach = async (share: number): Promise<void> => {
      const aim = Math.ceil(count * share);
      let [last, since] = [-1, Date.now()];
      for (;;) {
        const now = await done();
        if (now >= aim) return;
        if (now > last) [last, since] = [now, Date.now()];
        if (Date.now() - since > PATIENCE) throw new Error(`waited in vain: ${now} of ${count} clips are done, ${aim} should be`);
        await sleep(100);
      }
    };
    /** Waits until a worker has a clip in a process. */
    const busy = async ({ child: { pid } }: Command): Promise<void> => {
      for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(25))
        if ((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim()) return;
      throw new Error('waited in vain: a worker has no clip under way');
    };

    begun = performance.now();
    const [first, second] = [work(), work()];
    const submit = phiz('submit', clips, ...place, '--out', results, ...plain);
    await reach(0.1);
    await busy(first);
    first.child.kill('SIGKILL');
    say('one worker is killed');
    await reach(0.25);
    await redis.kill();
    say('Redis is killed');
    await sleep(1000);
    await redis.start();
    await reach(0.4);
    const third = work();
    await busy(second);
    second.child.kill('SIGSTOP');
    say('another worker joins, and the second stands still');
    await sleep(1000 * (LOCK + 2));
    await reach(0.6);
    second.child.kill('SIGCONT');
    say('the second goes on');

    const submitted = await submit.end;
    const many = (performance.now() - begun) / 1000;
    const codes = [alone, submitted];
    for (const { child, end } of [second, third]) {
      child.kill('SIGTERM');
      codes.push(await end);
    }
    const kept = await filesBelow(store);
    const ending = (name: string): number => kept.filter((key) => key.endsWith(`/${name}`)).length;
    const expected = (await filesBelow(reference)).filter((name) => name.endsWith('.csv'));
    const tables = (await filesBelow(results)).filter((name) => name.endsWith('.csv'));
    const different: string[] = [];
    for (const name of new Set([...expected, ...tables]))
      if ((await textOf(join(results, name))) !== (await textOf(join(reference, name)))) different.push(name);
    return {
      codes,
      printed: submit.out(),
      results: ending('result.json'),
      summaries: ending('clip.json'),
      inputs: ending('input'),
      scratch: await readdir(scratch),
      tables: tables.length,
      different,
      seconds: { one, many },
    };
  } finally {
    for (const child of started) child.kill('SIGKILL');
  }
}

async function filesBelow(path: string): Promise<readonly string[]> {
  return (await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
}

/** Undefined where it is not there. */
function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
