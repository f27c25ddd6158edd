/**
 * Nothing leaves the machine: every way of starting phiz runs under strace, which sees the sockets, look-ups and files of the whole
 * process tree. ONNX Runtime's telemetry mutes itself where CI is set, so that is unset, and the home folder is an empty one of our own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeClassFolders } from './fixtures/class-folders.js';
import { writeShortClip } from './fixtures/short-clip.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
const sample = join(root, 'samples/faces.png');
const traced = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true']).status === 0;
/** The variables that mute the runtime's telemetry, and those that would lead its files elsewhere. */
const MUTING = ['CI', 'ORT_DISABLE_TELEMETRY', 'ORT_RUNNING_UNIT_TESTS', 'XDG_CACHE_HOME', 'GITHUB_ACTIONS', 'TF_BUILD'];

let folder: string;
let home: string;
let out: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-leaves-'));
  home = join(folder, 'home');
  out = join(folder, 'out');
  await mkdir(home);
  await mkdir(out);
  await mkdir(join(folder, 'temporary'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Seen {
  readonly code: number | null;
  /** Sockets for other machines, and what is sent to or asked of them. */
  readonly network: readonly string[];
  /** What was made, written, renamed or removed outside the folder for results. */
  readonly files: readonly string[];
}

/** Runs Node under strace. `meanwhile` is given the process, may wait, and should end it where it does not end by itself. */
async function watch(args: readonly string[], meanwhile?: (child: ChildProcess) => Promise<void>): Promise<Seen> {
  // A file a thread: in one file for all, calls that overlap are cut in two.
  const trace = await mkdtemp(join(folder, 'trace-'));
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: home, TMPDIR: join(folder, 'temporary') };
  for (const name of MUTING) delete env[name];
  const calls = 'trace=socket,connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2';
  const strace = ['-ff', '-qq', '-s', '400', '-e', calls, '-o', join(trace, 'calls'), process.execPath, ...args];
  const child = spawn('strace', strace, { cwd: out, env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await meanwhile?.(child);
  const code = await ended;
  const threads = await Promise.all((await readdir(trace)).map((name) => readFile(join(trace, name), 'utf8')));
  const lines = threads.flatMap((text) => text.split('\n'));
  const network = lines.filter(
    (line) =>
      /\b(connect|sendto|sendmsg|sendmmsg)\(/.test(line) &&
      /AF_INET|microsoft/.test(line) &&
      !/inet_addr\("127\.|"::1"/.test(line),
  );
  const writes = lines.filter((line) => {
    if (/= -1 E/.test(line) || /\b(socket|connect|send)/.test(line)) return false;
    if (/\bopen(at)?\(/.test(line) && !/O_WRONLY|O_RDWR|O_CREAT/.test(line)) return false;
    return /\b(open|openat|creat|mkdir|rename)/.test(line);
  });
  const own = [out, '/dev/', '/proc/', 'pipe:', join(folder, 'temporary/phiz-')];
  return { code, network, files: writes.filter((line) => !own.some((path) => line.includes(`"${path}`))) };
}

const quiet = { network: [], files: [] };

describe.runIf(traced || process.env.CI)('a process tree that is watched', { timeout: 120_000 }, () => {
  it('has strace to be watched with', () => {
    expect(traced, 'strace is missing: .ci/run installs it').toBe(true);
  });

  it('sees a look-up and a file elsewhere, or it would prove nothing', async () => {
    const script = `import { lookup } from 'node:dns/promises'; import { writeFileSync } from 'node:fs';
      writeFileSync(${JSON.stringify(join(home, 'left'))}, ''); const { Resolver } = await import('node:dns/promises');
      const resolver = new Resolver({ timeout: 100, tries: 1 }); resolver.setServers(['192.0.2.1']);
      await resolver.resolve4('example.invalid').catch(() => {});`;
    const seen = await watch(['--input-type=module', '-e', script]);
    expect(seen.network.join('\n')).toContain('192.0.2.1');
    expect(seen.files.join('\n')).toContain(join(home, 'left'));
    await rm(join(home, 'left'));
  });

  it('finds nothing when photos and a clip are analysed', async () => {
    // Short: strace looks at every call, and all of the sample takes a minute.
    const clip = join(folder, 'short.mp4');
    await writeShortClip(clip, join(root, 'samples/expressions.mp4'), 2);
    expect(await watch([main, 'analyze', sample, clip, '--fps', '1', '--out', out])).toMatchObject({ code: 0, ...quiet });
  });

  it('finds nothing while the service waits', async () => {
    const seen = await watch([main, 'serve', '--port', '0', '--data-dir', join(out, 'data')], async (child) => {
      await new Promise((resolve) => setTimeout(resolve, 12_000));
      const tree = spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' });
      for (const pid of tree.stdout.split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGTERM');
    });
    expect(seen).toMatchObject(quiet);
  });

  it('finds nothing when a network is trained', async () => {
    const data = join(folder, 'data');
    await writeClassFolders(data);
    const args = ['train', 'emotion', '--data', data, '--epochs', '1', '--batch', '4', '--out', join(out, 'run')];
    expect(await watch([main, ...args])).toMatchObject({ code: 0, ...quiet });
  });

  it('finds nothing when the library is used, also on a thread that the program started', async () => {
    const models = await writeTinyModels(join(folder, 'models'));
    const script = join(out, 'program.mjs');
    const library = join(root, 'dist/node/index.js');
    await writeFile(
      script,
      `import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) await new Promise((resolve, reject) => new Worker(import.meta.filename ?? process.argv[1]).on('error', reject).on('exit', resolve));
      else {
        const { createAnalyzer, readImage } = await import(${JSON.stringify(library)});
        const analyzer = await createAnalyzer({ threads: 1, ...${JSON.stringify(models)} });
        await analyzer.analyze(await readImage(${JSON.stringify(sample)}));
        await new Promise((resolve) => setTimeout(resolve, 3000));
        await analyzer.dispose();
      }`,
    );
    expect(await watch([script])).toMatchObject({ code: 0, ...quiet });
  });

  it('leaves the home folder as empty as it was', async () => {
    expect(await readdir(home)).toEqual([]);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });
});
