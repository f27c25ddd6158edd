/**
 * A folder run, a study and a training, each with a fault at a moment drawn by a seed: killed, stopped for a while, on a disk that fills, in a
 * folder that cannot be written, on a disk that does not flush, by a clock that is set again and again. Each ends as it should or names
 * what it could not do; the same command once more then gives what an undisturbed run gives. PHIZ_ROUNDS tries that many seeds.
 */
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Random, random } from '#dist/core/random.js';
import { encodeCheckpoint, loadCheckpoint } from '#dist/node/train/checkpoint.js';
import { writeClassFolders } from './fixtures/class-folders.js';
import { faultsEnvironment } from './fixtures/faults-process.js';
import { type Run, type RunOptions, runPhiz } from './fixtures/phiz.js';
import { readOnly } from './fixtures/read-only.js';
import { smallDisk } from './fixtures/small-disk.js';
import { cellsImage, WHITE, writeTinyModels } from './fixtures/tiny-models.js';

const ROUNDS = Number(process.env.PHIZ_ROUNDS ?? 1);
const SIZE = 64 << 20;
const disk = smallDisk(SIZE);
let folder: string;
let chosen: string[];

/** Something that runs for a while and can go on. */
interface Subject {
  /** Command line, for results in a folder. */
  readonly args: (out: string) => readonly string[];
  /** What makes it go on; a study does so by itself. */
  readonly resume: readonly string[];
  /** What must be the same however often it was disturbed. */
  readonly results: (out: string) => Promise<Readonly<Record<string, string>>>;
  /** Whether it flushes what it writes. */
  readonly flushes: boolean;
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hashesOf = async (out: string, names: readonly string[]): Promise<Record<string, string>> =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, hashOf(await readFile(join(out, name)))])));

const SUBJECTS: Readonly<Record<string, Subject>> = {
  'a folder run': {
    args: (out) => ['analyze', 'photos', '--out', out, '--csv', join(out, 'table.csv'), ...chosen],
    resume: ['--resume'],
    async results(out) {
      const names = await readdir(out, { recursive: true, withFileTypes: true });
      // The record says when; an MP4 says when it was made.
      const files = names.filter((entry) => entry.isFile() && !/^phiz-runs.ndjson$|\.mp4$/.test(entry.name));
      return hashesOf(out, files.map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1)).sort());
    },
    flushes: false,
  },
  'a study': {
    args: (out) => ['study', 'study.csv', '--out', out, ...chosen],
    resume: [],
    results: (out) => hashesOf(out, ['study.json', 'long.csv', 'windows.csv', 'study.report.html']),
    flushes: true,
  },
  'a training': {
    args: (out) => [
      'train',
      'mini-xception',
      '--data',
      'data',
      '--out',
      out,
      '--epochs',
      '2',
      '--batch',
      '8',
      '--seed',
      '4',
      '--threads',
      '2',
    ],
    resume: ['--resume'],
    async results(out) {
      const { parameters, optimiser, average, ...rest } = await loadCheckpoint(join(out, 'checkpoint.bin'));
      // What it says of times is its own.
      const bytes = encodeCheckpoint({ ...rest, notes: {}, best: null, parameters, optimiser, average });
      return { ...(await hashesOf(out, ['mini-xception.onnx'])), weights: hashOf(bytes) };
    },
    flushes: true,
  },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-faults-'));
  const { detector, emotion, age } = await writeTinyModels(join(folder, 'models'));
  chosen = ['--detector', detector, '--emotion-model', emotion, '--age-model', age];
  await mkdir(join(folder, 'photos'));
  const pixels = (i: number) => cellsImage(320, 192, [[1 + (i % 5), 1 + (i % 3), WHITE]]);
  for (let i = 0; i < 6; i++)
    await sharp(pixels(i), { raw: { width: 320, height: 192, channels: 3 } }).toFile(join(folder, `photos/${i}.png`));
  for (const name of ['photos/clip', 'one', 'two']) {
    const frames = Array.from({ length: 6 }, (_, i) => pixels(name === 'one' ? 0 : i));
    const raw = { width: 320, height: 192 * frames.length, channels: 3, pageHeight: 192 } as const;
    await sharp(Buffer.concat(frames), { raw })
      .gif({ delay: Array(frames.length).fill(200) })
      .toFile(join(folder, `${name}.gif`));
  }
  await writeFile(join(folder, 'study.csv'), 'file,participant,stimulus\none.gif,a,film\ntwo.gif,b,film\n');
  await writeClassFolders(join(folder, 'data'));
});
afterAll(async () => {
  disk?.[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!disk)('with a fault', () => {
  describe.each(Object.entries(SUBJECTS))('%s', (name, { args, resume, results, flushes }) => {
    let whole: Readonly<Record<string, string>>;
    /** Milliseconds that it takes. */
    let time: number;
    /** Bytes of what it writes. */
    let size: number;
    let outs = 0;
    const home = (): string => join(disk!.folder, `${name.replaceAll(' ', '-')}-${outs++}`);
    const run = (out: string, more: readonly string[] = [], options: Omit<RunOptions, 'cwd'> = {}): Promise<Run> =>
      runPhiz([...args(out), ...more], { cwd: folder, ...options });

    beforeAll(async () => {
      await disk!.leave(SIZE);
      const begun = performance.now();
      const { code, err } = await run(home());
      expect(code, err).toBe(0);
      time = performance.now() - begun;
      const out = join(disk!.folder, `${name.replaceAll(' ', '-')}-0`);
      whole = await results(out);
      const names = await readdir(out, { recursive: true });
      size = (await Promise.all(names.map((path) => stat(join(out, path))))).reduce((sum, file) => sum + file.size, 0);
    });

    /** Runs it once more, and compares. */
    const goesOn = async (out: string): Promise<void> => {
      const { code, err } = await run(out, resume);
      expect(code, err).toBe(0);
      expect(await results(out)).toEqual(whole);
      const left = await readdir(out, { recursive: true });
      expect(left.filter((path) => path.endsWith('.tmp'))).toEqual([]);
      await rm(out, { recursive: true });
    };
    /** It said in words what it could not write, and ended with 1. */
    const saidSo = ({ code, err }: Run, words: string): void => {
      expect(code, err).toBe(1);
      expect(err).toContain(words);
      expect(err).not.toMatch(/^\s+at /m);
    };
    /** A moment within its time. */
    const moment = (chance: Random): number => chance.uniform(0.1, 0.95) * time;

    const rounds = Array.from({ length: ROUNDS }, (_, seed) => seed + 1);
    it.each(rounds)('is killed, and goes on (seed %i)', async (seed) => {
      const out = home();
      const after = moment(random(seed, 1));
      const { code } = await run(out, [], {
        onStart: (child: ChildProcess) => void setTimeout(() => child.kill('SIGKILL'), after),
      });
      // It may have been quicker.
      expect([null, 0]).toContain(code);
      await goesOn(out);
    });

    it.each(rounds)('stands still for a while, and ends as if it had not (seed %i)', async (seed) => {
      const out = home();
      const after = moment(random(seed, 2));
      const { code, err } = await run(out, [], {
        onStart(child) {
          setTimeout(() => child.kill('SIGSTOP'), after);
          setTimeout(() => child.kill('SIGCONT'), after + 1000);
        },
      });
      expect(code, err).toBe(0);
      expect(await results(out)).toEqual(whole);
      await rm(out, { recursive: true });
    });

    it.each(rounds)('finds the disk full, says so, and goes on when there is room (seed %i)', async (seed) => {
      const out = home();
      await disk!.leave(random(seed, 3).uniform(0, 0.9) * size);
      saidSo(await run(out), 'the disk is full');
      await disk!.leave(SIZE);
      await goesOn(out);
    });

    it('cannot write into its folder, says so, and does so when it can', async () => {
      const out = home();
      await mkdir(out);
      {
        using _ = readOnly(out);
        saidSo(await run(out), 'the file system is read-only');
      }
      await goesOn(out);
    });

    it('has a disk that does not flush: nothing is taken for safe that is not', async () => {
      const out = home();
      const env = await faultsEnvironment(join(folder, 'flush.json'), { flush: false });
      const disturbed = await run(out, [], { env });
      if (flushes) saidSo(disturbed, 'the disk failed');
      else expect(disturbed.code, disturbed.err).toBe(0);
      await goesOn(out);
    });

    it.each(rounds)('has a clock that is set again and again, which changes nothing (seed %i)', async (seed) => {
      const out = home();
      const env = await faultsEnvironment(join(folder, 'clock.json'), { clock: 400 * 86_400_000, seed });
      const { code, err } = await run(out, [], { env });
      expect(code, err).toBe(0);
      expect(await results(out)).toEqual(whole);
      await goesOn(out);
    });
  });
});
