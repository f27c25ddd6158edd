/** `phiz study` on recordings whose truth is known (scripts/study-clips.ts), and on designs with faults. */
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import readExcel from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runStudy } from '#dist/node/index.js';
import type { FrameResult } from '#dist/results/video-result.js';
import type { Design } from '#dist/study/design.js';
import { parseDesign } from '#dist/study/design-csv.js';
import { parseDesignJson } from '#dist/study/design-json.js';
import type { StudyResult } from '#dist/study/study-result.js';
import { AWAY, CROWDED, CUT, makeStudyClips, SMILE, SURPRISE } from '../../scripts/study-clips.js';
import { runPhiz } from './fixtures/phiz.js';

const samples = fileURLToPath(new URL('../../samples', import.meta.url));
const SECONDS = 3;
// Whole studies, several in a test: minutes each where the machine is busy with others.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-study-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('phiz study', () => {
  it('finds what was put in, and not what was not', async () => {
    await makeStudyClips({ samples, out: folder, participants: 8, seconds: SECONDS, rate: 8 });
    const args = ['study', 'study.csv', '--outcomes', 'happy', '--out', 'out'];
    const { code, out } = await runPhiz(args, { cwd: folder });
    expect(code).toBe(0);
    expect(out).toMatch(/^Faces showed more “happy” with “funny” than with “plain”/);
    const text = await readFile(join(folder, 'out/study.json'), 'utf8');
    const { stimuli, comparisons, differences, quality } = JSON.parse(text) as StudyResult;

    const [plain, funny] = stimuli;
    const peak = (of: typeof plain, label: string) => of!.curves.find((curve) => curve.label === label)!.peak!;
    const within = (seconds: number, { from, to }: { from: number; to: number }) => {
      expect(seconds).toBeGreaterThan(from * SECONDS - 0.3);
      expect(seconds).toBeLessThan(to * SECONDS + 0.3);
    };
    for (const stimulus of [plain, funny]) within(peak(stimulus, 'surprise').seconds, SURPRISE);
    within(peak(funny, 'happy').seconds, SMILE);
    expect(peak(funny, 'happy').mean).toBeGreaterThan(0.5);
    expect(peak(plain, 'happy').mean).toBeLessThan(0.2);

    const shown = comparisons.filter(({ corrected }) => corrected! < 0.05);
    expect(shown.map(({ between, window }) => [between, window])).toContainEqual(['stimuli', 'whole']);
    // Both stimuli begin alike, and the groups differ in nothing.
    expect(shown.filter(({ between, window }) => between === 'groups' || window === 'bang')).toEqual([]);
    const late = differences.find(({ p }) => p < 0.05)!;
    expect(late.higher).toBe('funny');
    expect(Math.abs(late.from - SMILE.from * SECONDS)).toBeLessThan(0.3);

    // The cut recording is missing where it is cut, and so are the seconds without a face.
    const of = (file: string) => quality.find((row) => row.file === file)!;
    expect(of(CUT).covered).toBeCloseTo(0.6, 1);
    expect(of(AWAY).face).toBeCloseTo(0.85, 1);
    expect(of(CROWDED).severalFaces).toBeGreaterThan(1);
    const { points } = plain!.curves[0]!;
    expect([points[2]!.n, points.at(-5)!.n]).toEqual([8, 7]);
    expect(of('p1-plain.mp4').lookingAway).toBe(0);
    expect(of('p1-plain.mp4').lost).toBe(0);
    expect(of('p1-plain.mp4').baseline).toBe('none');
    expect(of('p5-plain.mp4').baseline).toBe('used');

    const report = await readFile(join(folder, 'out/study.report.html'), 'utf8');
    expect(report).toContain('Maris and Oostenveld');
    const long = (await readFile(join(folder, 'out/long.csv'), 'utf8')).trimEnd().split('\n');
    expect(long[0]).toBe('participant,stimulus,file,seconds,label,score,change');
    expect(long.length).toBeGreaterThan(15 * (SECONDS / 0.1) * 7);

    const bytes = await readFile(join(folder, 'out/study.xlsx'));
    const sheets = await readExcel(bytes);
    expect(sheets.map(({ sheet }) => sheet)).toEqual(['participants', 'windows', 'comparisons', 'codebook', 'long']);
    expect(sheets.at(-1)!.data.length).toBe(long.length);
    expect(sheets[0]!.data.find((row) => row[2] === CUT)![4]).toBe(of(CUT).covered);

    // Run again: nothing is analysed, and the bytes are the same.
    const again = await runPhiz(args, { cwd: folder });
    expect(again.err).toContain('16 of 16 recordings were analysed before');
    expect(await readFile(join(folder, 'out/study.json'), 'utf8')).toBe(text);
    expect((await readFile(join(folder, 'out/study.xlsx'))).equals(bytes)).toBe(true);
  });

  it('takes frames that were analysed before as they are', async () => {
    const csv = await readFile(join(folder, 'study.csv'), 'utf8');
    await writeFile(join(folder, 'frames.csv'), csv.replaceAll(/^(\S+?)\.mp4/gm, 'out/recordings/$1.frames.ndjson'));
    const never = () => Promise.reject(new Error('nothing is to be analysed'));
    const { result, reused } = await runStudy(join(folder, 'frames.csv'), {
      out: join(folder, 'framed'),
      outcomes: ['happy'],
      analyzer: never,
    });
    const before = JSON.parse(await readFile(join(folder, 'out/study.json'), 'utf8')) as StudyResult;
    expect(result.windows).toEqual(before.windows);
    expect(result.comparisons).toEqual(before.comparisons);
    expect(result.models).toEqual(before.models);
    expect(reused).toBe(0);
    expect(await readdir(join(folder, 'framed/recordings'))).toContain('p1-plain.TextGrid');
    await rm(join(folder, 'out/recordings/p1-plain.json'));
    const { result: without } = await runStudy(join(folder, 'frames.csv'), { out: join(folder, 'framed'), analyzer: never });
    expect(without.failures[0]!.reason).toContain('there is no p1-plain.json beside');
  });

  it('draws the curves of one participant, refuses tests, and says where nobody is seen', async () => {
    const nobody: FrameResult = { schemaVersion: 1, frame: 0, timestamp: 0, duration: 1, cut: false, faces: [] };
    const summary = JSON.parse(await readFile(join(folder, 'out/recordings/p1-funny.json'), 'utf8')) as object;
    await writeFile(join(folder, 'nobody.json'), JSON.stringify({ ...summary, people: [] }));
    await writeFile(join(folder, 'nobody.frames.ndjson'), `${JSON.stringify(nobody)}\n`);
    const study = async (...files: readonly string[]) => {
      const recordings = files.map((file, i) => ({ file: join(folder, file), participant: 'a', stimulus: `s${i}` }));
      const { result } = await runStudy({ recordings }, { out: join(folder, 'few') });
      return { result, report: await readFile(join(folder, 'few/study.report.html'), 'utf8') };
    };
    const one = await study('out/recordings/p2-funny.frames.ndjson', 'out/recordings/p1-funny.frames.ndjson');
    expect(one.result.stimuli[1]!.curves.find(({ label }) => label === 'happy')!.peak!.mean).toBeGreaterThan(0.5);
    expect(one.result.comparisons.map(({ p }) => p)).not.toContainEqual(expect.any(Number));
    expect(one.report).toContain('a test needs two participants or more on each side; there are 1 and 1');
    expect(one.report).toContain('No comparison was possible');
    expect(one.report).toContain('This rests on one participant (');

    const lost = await study('nobody.frames.ndjson');
    expect(lost.result.quality).toMatchObject([{ kept: false, note: 'no reliable face at all' }]);
    expect(lost.report).toContain('No recording shows a reliable face for long enough, so nothing can be said.');
  });

  it('goes on where it was killed, and gives what an undisturbed run gives', async () => {
    const rows = (await readFile(join(folder, 'study.csv'), 'utf8')).split('\n');
    await writeFile(join(folder, 'part.csv'), rows.slice(0, 5).join('\n'));
    const run = (out: string, onStart?: (child: ChildProcess) => void) =>
      runPhiz(['study', 'part.csv', '--fps', '2', '--thumbnails', '--out', out], { cwd: folder, onStart });
    const done = async () => {
      const names = await readdir(join(folder, 'killed/recordings')).catch(() => []);
      return names.filter((name) => name.endsWith('.made-from.json')).length;
    };
    let timer: NodeJS.Timeout | undefined;
    const killed = await run('killed', (child) => {
      timer = setInterval(() => void done().then((n) => n > 0 && child.kill('SIGKILL')), 10);
    });
    clearInterval(timer);
    expect(killed.code).toBe(null);
    const before = await done();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(4);
    expect(await readdir(join(folder, 'killed'))).not.toContain('study.json');

    const resumed = await run('killed');
    expect(resumed.err).toContain(`${before} of 4 recordings were analysed before`);
    expect((await run('whole')).code).toBe(0);
    for (const name of ['study.json', 'long.csv', 'windows.csv', 'comparisons.csv', 'participants.csv', 'study.report.html'])
      expect(await readFile(join(folder, 'killed', name), 'utf8')).toBe(await readFile(join(folder, 'whole', name), 'utf8'));
    // Faces are in the report only where they were asked for.
    const faces = async (out: string) =>
      (await readFile(join(folder, out, 'study.report.html'), 'utf8')).match(/<img src="data:image/g)?.length;
    expect([await faces('whole'), await faces('out')]).toEqual([4, undefined]);
  });

  it('begins from a folder of clips, and replaces nothing', async () => {
    const clips = join(folder, 'clips');
    await mkdir(clips);
    for (const name of ['anna-logo, long.mp4', 'ben.webm', 'notes.txt']) await writeFile(join(clips, name), '');
    expect((await runPhiz(['study', '--init', 'clips'], { cwd: folder })).code).toBe(0);
    const text = await readFile(join(clips, 'study.csv'), 'utf8');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'file,participant,stimulus,offset,person,baseline',
      '"anna-logo, long.mp4",anna,"logo, long",,,',
      'ben.webm,ben,,,,',
    ]);
    for (const column of ['file', 'participant', 'stimulus', 'offset', 'person', 'baseline'])
      expect(text).toContain(`# ${column}: `);
    // What it wrote is a design; what it could not know is asked for.
    const { err } = await runPhiz(['study', 'study.csv'], { cwd: clips });
    expect(err).toMatch(/study\.csv, line 10, column stimulus: is empty\n/);
    const again = await runPhiz(['study', '--init', 'clips'], { cwd: folder });
    expect(again.err).toContain('study.csv is there already');
    expect((await runPhiz(['study'], { cwd: folder })).err).toContain('--init <dir> makes one from a folder of clips');
  });

  it('names a file that is not there before anything runs', async () => {
    await mkdir(join(folder, 'lost'));
    await writeFile(join(folder, 'lost/lost.csv'), 'file,participant,stimulus\nnobody.mp4,a,film\n');
    const { code, err } = await runPhiz(['study', 'lost.csv'], { cwd: join(folder, 'lost') });
    expect(code).toBe(1);
    expect(err).toContain("lost.csv, line 2, column file: there is no file 'nobody.mp4'");
  });

  it('names every time beyond the end of a recording before anything runs', async () => {
    await writeFile(
      join(folder, 'late.csv'),
      'file,participant,stimulus,offset,baseline\np1-plain.mp4,a,film,99,\np2-plain.mp4,b,film,,50-60\np1-funny.mp4,a,other,,0-1\n',
    );
    await writeFile(join(folder, 'late-moments.csv'), 'stimulus,from,to,label\nother,1,2,early\nother,90,95,never\n');
    const { code, err } = await runPhiz(['study', 'late.csv', '--moments', 'late-moments.csv', '--out', 'late'], { cwd: folder });
    expect(code).toBe(1);
    expect(err).toMatch(/late\.csv, line 2, column offset: 99 s lies beyond the end of 'p1-plain\.mp4', which is \d+\.\d s long/);
    expect(err).toContain("late.csv, line 3, column baseline: 60 s lies beyond the end of 'p2-plain.mp4'");
    expect(err).toContain("moment 'never' of 'other' ends at 95 s, but its longest recording shows");
    expect(err).not.toContain('early');
    expect(await readdir(folder)).not.toContain('late');
  });
});

describe('a design as JSON', () => {
  const recording = { file: 'a', participant: 'p', stimulus: 'f' };
  const read = (input: unknown) => parseDesignJson({ name: 'd.json', text: JSON.stringify(input) });

  it('holds what the tables hold', () => {
    const csv = parseDesign(
      { name: 'd', text: 'file,participant,stimulus,offset,person,baseline,group\na,p,f,1,2,0-2,x\n' },
      { name: 'm', text: 'stimulus,from,to,label,file\nf,1,2,logo,\n,3,4,,a\n' },
    );
    const json = read({
      recordings: [
        {
          ...recording,
          offset: 1,
          person: 2,
          baseline: { from: 0, to: 2 },
          excluded: [{ from: 3, to: 4 }],
          conditions: { group: 'x' },
        },
      ],
      moments: [{ stimulus: 'f', from: 1, to: 2, label: 'logo' }],
    });
    const places = ({ recordings, ...rest }: Design) => ({
      ...rest,
      recordings: recordings.map((one) => ({ ...one, place: '' })),
    });
    expect(places(json)).toEqual(places(csv));
  });

  it.each([
    [{}, 'd.json, recordings: '],
    [{ recordings: [] }, 'd.json names no recording'],
    [{ recordings: [{ ...recording, offset: 'soon' }] }, 'd.json, recordings[0].offset: '],
    [{ recordings: [{ ...recording, ofset: 1 }] }, 'ofset'],
    [{ recordings: [recording, recording] }, "d.json, recordings[1].file: 'a' is there twice"],
    [
      { recordings: [{ ...recording, baseline: { from: 2, to: 1 } }] },
      'd.json, recordings[0].baseline: must end after it begins',
    ],
    [{ recordings: [recording], moments: [{ stimulus: 'f', from: 0, to: 1, label: 'whole' }] }, 'd.json, moments[0].label: '],
  ])('is refused: %j', (input, says) => {
    expect(() => read(input)).toThrow(says);
  });

  it('is refused where it is no JSON', () => {
    expect(() => parseDesignJson({ name: 'd.json', text: '{' })).toThrow('d.json is not JSON');
  });

  it('is taken by the library as it is', async () => {
    await expect(runStudy({ recordings: [{ ...recording, file: 'nobody.mp4' }] })).rejects.toThrow(
      "the design, recordings[0].file: there is no file 'nobody.mp4'",
    );
    await expect(runStudy({ recordings: [] }, { colour: 1 } as object)).rejects.toThrow("there is no option 'colour'");
  });
});

describe('a design', () => {
  const read = (text: string, moments?: string) =>
    parseDesign({ name: 'd.csv', text }, moments === undefined ? undefined : { name: 'm.csv', text: moments });

  it('is read as spreadsheets write it', () => {
    const text =
      '\ufeff# a comment\nfile;participant;stimulus;offset;person;baseline;group\n"a;1.mp4";anna;film;1,5;all;0 to 2;x\n';
    const { recordings, moments, conditions } = read(text, 'stimulus,from,to,label,file\nfilm,1,2,logo,\n,3,4,,a;1.mp4\n');
    expect(conditions).toEqual(['group']);
    expect(moments).toEqual([{ stimulus: 'film', from: 1, to: 2, label: 'logo' }]);
    expect(recordings).toEqual([
      {
        file: 'a;1.mp4',
        place: 'd.csv, line 3, column ',
        participant: 'anna',
        stimulus: 'film',
        conditions: { group: 'x' },
        offset: 1.5,
        person: 'all',
        baseline: { from: 0, to: 2 },
        excluded: [{ from: 3, to: 4 }],
      },
    ]);
  });

  it.each([
    ['', 'd.csv is empty'],
    ['file,participant\na,b\n', "the column 'stimulus' is missing"],
    ['file,file,participant,stimulus\n', "the column 'file' is there twice"],
    ['file,participant,stimulus\n', 'd.csv names no recording'],
    ['file,participant,stimulus\na,,f\n', 'd.csv, line 2, column participant: is empty'],
    ['file,participant,stimulus\na,p,f,x\n', "line 2: 'x' stands beyond the last column"],
    ['file,participant,stimulus\na,p,f\na,q,f\n', "d.csv, line 3, column file: 'a' is there twice"],
    ['file,participant,stimulus\na,p,f\nb,p,f\n', "d.csv, line 3, column stimulus: participant 'p' has 'f' twice"],
    ['file,participant,stimulus,offset\na,p,f,soon\n', "column offset: needs seconds; got 'soon'"],
    [
      'file,participant,stimulus,baseline\na,p,f,3-1\n',
      "column baseline: needs seconds as from-to, such as 0-3 (0 to 3 where a spreadsheet makes a date of it); got '3-1'",
    ],
    ['file,participant,stimulus,ofset\na,p,f,1\n', "the column 'ofset' is not known; write 'offset' if that is meant"],
    ['file,participant,stimulus\n"a,p,f\n', 'a quote is not closed'],
  ])('is refused: %j', (text, says) => {
    expect(() => read(text)).toThrow(says);
  });

  it('is refused with moments that overlap, or are of no stimulus, all at once', () => {
    const moments = 'stimulus,from,to,label\nf,1,3,one\nf,2,4,two\ng,5,4,three\n';
    expect(() => read('file,participant,stimulus\na,p,f\n', moments)).toThrow(
      "m.csv, line 3, column from: 'two' overlaps 'one'; m.csv, line 4, column to: needs seconds after from; got '4'; m.csv, line 4, column stimulus: the design has no stimulus 'g'",
    );
  });
});
