/** What `phiz` says where something is not as it should be: at once, in one line, and with the way out. */
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainText } from '#dist/cli/plain-text.js';
import { formatBar } from '#dist/cli/progress.js';
import { runPhiz } from './fixtures/phiz.js';
import { writeTinyModels } from './fixtures/tiny-models.js';

let folder: string;
let chosen: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-messages-'));
  const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
  chosen = ['--detector', detector, '--emotion-model', emotion, '--age-model', age, '--threads', '1'];
  await mkdir(join(folder, 'out/deep'), { recursive: true });
  await writeFile(join(folder, 'out/deep/x.mp4.frames.ndjson'), '');
  await writeFile(join(folder, 'out/deep/x.mp4.json'), '{}');
  await writeFile(join(folder, 'lone.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const phiz = (...args: string[]) => runPhiz(args, { cwd: folder });

describe('phiz report', () => {
  it.each([
    ['a folder', 'out', /out is a folder with out\/deep\/x\.mp4\.frames\.ndjson\n$/],
    ['a summary', 'out/deep/x.mp4.json', /give out\/deep\/x\.mp4\.frames\.ndjson instead of out\/deep\/x\.mp4\.json\n$/],
    ['a summary alone', 'lone.json', /lone\.json holds none\n$/],
  ])('given %s says what is wanted', async (_, input, message) => {
    const { code, out, err } = await phiz('report', input);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^phiz: a report is made from frames, the \.frames\.ndjson files that phiz analyze --out writes; /);
    expect(err).toMatch(message);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe named like a photo', () => {
  it('is refused at once, given alone, in a folder or by a link', async () => {
    await mkdir(join(folder, 'pipes'));
    execFileSync('mkfifo', [join(folder, 'pipes/a.jpg')]);
    await symlink('/dev/zero', join(folder, 'pipes/b.png'));
    for (const input of ['pipes', 'pipes/*', 'pipes/a.jpg']) {
      const { code, out, err } = await phiz('analyze', input, ...chosen);
      expect(code).toBe(1);
      expect(err).toContain('phiz: pipes/a.jpg: it is a pipe or a device named like a photo or clip, not a file\n');
      expect(JSON.parse(out.split('\n')[0]!)).toMatchObject({ source: 'pipes/a.jpg', error: { code: 'unreadable-file' } });
    }
  });
});

describe.skipIf(process.platform === 'win32')('a pipe under another name', () => {
  const pipe = (name: string) => {
    execFileSync('mkfifo', [join(folder, name)]);
    return name;
  };

  it('is read once, like standard input, whenever its writer comes', async () => {
    const name = pipe('late');
    const found = phiz('analyze', '-q', name, ...chosen);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await writeFile(join(folder, name), await readFile(new URL('../../samples/faces.png', import.meta.url)));
    const { code, out, err } = await found;
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ source: 'late', width: 832 });
  });

  it('is passed over in a folder, which is said, beside a photo that is read', { timeout: 60_000 }, async () => {
    await mkdir(join(folder, 'mixed'));
    pipe('mixed/late');
    await writeFile(join(folder, 'mixed/a.png'), await readFile(new URL('../../samples/faces.png', import.meta.url)));
    const onStart = (child: ChildProcess) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), 45_000);
      child.once('close', () => clearTimeout(timer));
    };
    const { code, out, err } = await runPhiz(['analyze', '-q', 'mixed', ...chosen], { cwd: folder, onStart });
    expect([code, err]).toEqual([0, 'phiz: mixed/late: a pipe, which is passed over in a folder; to read it, give it itself\n']);
    expect(JSON.parse(out)).toMatchObject({ source: 'mixed/a.png', width: 832 });
  });

  /** Whether a process has a file open; where the system does not tell, after a while. */
  const reads = async ({ pid }: ChildProcess, path: string): Promise<boolean> => {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
    if (!files) return new Promise((resolve) => setTimeout(() => resolve(true), 10_000));
    const paths = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
    return paths.includes(path);
  };

  it.each(['SIGINT', 'SIGTERM'] as const)('that nobody writes to is left at %s', async (signal) => {
    const path = join(folder, pipe(signal));
    const onStart = (child: ChildProcess) => {
      const look = async (): Promise<void> => {
        if (await reads(child, path)) child.kill(signal);
        else if (child.exitCode === null) setTimeout(look, 100);
      };
      void look();
    };
    const { code, err } = await runPhiz(['analyze', '-q', signal, ...chosen], { cwd: folder, onStart });
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(err).toContain('stopped');
  });
});

it.skipIf(process.platform !== 'linux')('a full disk behind standard output is one line', () => {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const photo = fileURLToPath(new URL('../../samples/faces.png', import.meta.url));
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [main, 'analyze', '-q', photo], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  expect(status).toBe(1);
  expect(String(stderr)).toBe('phiz: standard output cannot be written: the disk is full\n');
});

describe('control characters in names', () => {
  const name = '\u001b[2J\u009b31m\u202e\u2028gpj.jpg';

  it.skipIf(process.platform === 'win32')('never reach the terminal raw', async () => {
    await writeFile(join(folder, name), 'no image');
    const { out, err } = await phiz('analyze', name, 'missing\u0007.jpg', ...chosen);
    for (const text of [out, err]) expect(text).toBe(plainText(text));
    expect(err).toContain('\\u001b[2J\\u009b31m\\u202e\\u2028gpj.jpg');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).source),
    ).toEqual([name, 'missing\u0007.jpg']);
  });

  it.each([
    [['--no\u001b[31m']],
    [['\u001b[31mcommand']],
    [['analyze', name, '--fps', '\u001b[31m']],
    [['analyze', name, '--device', '\u202ecpu']],
    [['report', '\u001b[31m.frames.ndjson']],
    [['models', 'pull', '\u001b[31m']],
  ])('nor those in what was asked for: %j', async (args) => {
    const { code, out, err } = await phiz(...args);
    expect(code).not.toBe(0);
    expect(err).toContain('\\u');
    for (const text of [out, err]) expect(text).toBe(plainText(text));
  });

  it('nor those in the progress bar', () => {
    expect(formatBar({ done: 1, total: 2, label: 'x', text: name, columns: 200 })).toContain('\\u001b[2J');
    expect(plainText('ä\n😀 plain')).toBe('ä\n😀 plain');
  });
});

it('a table of one endless word does not come back whole', async () => {
  await writeFile(join(folder, 'endless.csv'), `${'a'.repeat(1_000_000)}\n1`);
  const { code, err } = await phiz('study', 'endless.csv', '--out', 'endless');
  expect(code).toBe(1);
  expect(err).toMatch(/^phiz: endless\.csv: .*a…\n$/);
  expect(err.length).toBeLessThan(11_000);
});

it('photos above the limit name the option that takes them', async () => {
  const blank = sharp({ create: { width: 300, height: 200, channels: 3, background: '#777' } });
  await blank.png().toFile(join(folder, 'blank.png'));
  const { code, err } = await phiz('analyze', 'blank.png', '--max-pixels', '50000', ...chosen);
  expect(code).toBe(1);
  expect(err).toMatch(/300×200 pixels, more than the limit of 50000; raise maxPixels \(--max-pixels\) or shrink it/);
  expect((await phiz('analyze', 'blank.png', '--max-pixels', '60000', ...chosen)).code).toBe(0);
});

it('old versions of Node are told so before anything else is loaded', async () => {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const { engines } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const oldest = engines.node.replace('>=', '');
  const as = (version: string) =>
    runPhiz(['--version'], {
      cwd: folder,
      env: {
        NODE_OPTIONS: `--import=data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${version}'})`,
      },
    });
  for (const version of ['18.20.4', '20.18.0'])
    expect(await as(version)).toEqual({ code: 1, out: '', err: `phiz: Node ${oldest} or later is needed; this is ${version}\n` });
  for (const version of [`${oldest}.0`, '24.1.0']) expect((await as(version)).code).toBe(0);
  // A static import would be read, and fail, before the version is looked at.
  expect(await readFile(main, 'utf8')).not.toMatch(/^import\s/m);
});
