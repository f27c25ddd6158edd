/** Where results go: below their folder whatever inputs are called, each input in a place of its own. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputName, outputPlace, sourceName } from '#dist/apps/analyze/output-names.js';
import { openRunRecord } from '#dist/apps/analyze/run-record.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-names-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Parts of paths that people and attackers come up with. */
const part = fc.oneof(
  fc.constantFrom('.', '..', '...', '..jpg', '...jpg', '~', 'a.jpg', 'a.png', 'CON', '-', 'stdin', ' ', '\n', '\u202e', 'ü', 'ü'),
  fc.constantFrom('\x1b[2J.jpg', 'a'.repeat(255), `${'ä'.repeat(127)}x`, `${'😀'.repeat(63)}.jp`),
  fc.string({ minLength: 1, maxLength: 12 }).map((text) => text.replaceAll(/[/\0]/g, '_')),
);
const path = fc
  .tuple(fc.constantFrom('', './', '../', '../../', '/', '//'), fc.array(part, { minLength: 1, maxLength: 5 }))
  .map(([start, parts]) => start + parts.join('/'))
  .filter((text) => text !== '-');
const HOME = '/home/me/work';

describe.skipIf(sep !== '/')('outputName', () => {
  it('never leaves the folder of the results, and fits file systems', () => {
    fc.assert(
      fc.property(path, (input) => {
        const name = outputName(input, HOME);
        expect(isAbsolute(name)).toBe(false);
        expect(normalize(name)).toBe(name);
        for (const one of name.split('/')) expect(['..', '']).not.toContain(one);
        expect(resolve('/out', `${name}.json`).startsWith('/out/')).toBe(true);
        expect(Buffer.byteLength(basename(name))).toBeLessThanOrEqual(200);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('is the same for the same file however it is called, and another for another', () => {
    fc.assert(
      fc.property(path, path, (one, other) => {
        expect(outputName(resolve(HOME, one), HOME)).toBe(outputName(one, HOME));
        // What lies in the working folder under the path of something outside of it is the one exception; the record tells them apart.
        const inside = (text: string) => resolve(HOME, text).startsWith(`${HOME}/`);
        fc.pre(inside(one) === inside(other));
        expect(outputName(one, HOME) === outputName(other, HOME)).toBe(resolve(HOME, one) === resolve(HOME, other));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('mirrors folders, keeps endings, and tells nothing of where the working folder lies', () => {
    expect(outputName('holiday/a.heic', HOME)).toBe('holiday/a.heic');
    expect(outputName('../x/b.jpg', HOME)).toBe('home/me/x/b.jpg');
    expect(outputName('-', HOME)).toBe('stdin');
    expect(sourceName('/home/me/work/holiday/a.heic', HOME)).toBe('holiday/a.heic');
    expect(sourceName('/home/me/b.jpg', HOME)).toBe('../b.jpg');
    const long = `${'ä'.repeat(120)}.jpg`;
    expect(outputName(long, HOME)).toMatch(/^ä+~[0-9a-f]{12}$/);
  });
});

describe.skipIf(process.platform === 'win32')('outputPlace', () => {
  it('follows no link out of the folder', async () => {
    const out = join(folder, 'linked');
    await mkdir(join(out, 'within'), { recursive: true });
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(out, 'away'));
    await symlink('within', join(out, 'near'));
    await symlink(join(folder, 'victim'), join(out, 'b.jpg.json'));
    const refused = { code: 'unwritable-file', message: expect.stringMatching(/is a link that leads out of/) };
    await expect(outputPlace(out, 'away/a.jpg')).rejects.toMatchObject(refused);
    await expect(outputPlace(out, 'away/deeper/a.jpg')).rejects.toMatchObject(refused);
    await expect(outputPlace(out, 'b.jpg', ['json'])).rejects.toMatchObject(refused);
    expect(await outputPlace(out, 'near/a.jpg', ['json'])).toEqual({ folder: join(out, 'near'), name: 'a.jpg' });
  });
});

describe('the record of runs', () => {
  const input = (path: string, name = 'a.jpg') => ({ path, source: path, name });

  it('knows what was done, with what, and whether it has changed; also after half a line', async () => {
    const out = join(folder, 'record');
    await mkdir(out);
    const photo = join(folder, 'a.jpg');
    await writeFile(photo, 'one');
    {
      await using record = await openRunRecord(out);
      await record.begin(input(photo));
      await writeFile(join(out, 'a.jpg.json'), '{}');
      expect(await record.isDone(input(photo), 's')).toBe(false);
      await record.done(input(photo), 's', { path: join(folder, 't.csv'), bytes: 7 });
    }
    await writeFile(join(out, 'phiz-runs.ndjson'), '{"state":"done","name":"b', { flag: 'a' });
    await using record = await openRunRecord(out);
    expect(await record.isDone(input(photo), 's')).toBe(true);
    expect(await record.isDone(input(photo), 'other')).toBe(false);
    expect(record.tableEnd(join(folder, 't.csv'))).toBe(7);
    expect(record.hasRows(input(photo), join(folder, 't.csv'))).toBe(true);
    await writeFile(photo, 'another');
    expect(await record.isDone(input(photo), 's')).toBe(false);
    await record.done(input(photo), 's');
    await using again = await openRunRecord(out);
    expect(await again.isDone(input(photo), 's')).toBe(true);
    await rm(join(out, 'a.jpg.json'));
    expect(await again.isDone(input(photo), 's')).toBe(false);
  });

  it('keeps one input’s files from another, and from what is not phiz’s', async () => {
    const out = join(folder, 'owned');
    await mkdir(out);
    await writeFile(join(out, 'c.jpg.json'), '{"title":"takeout"}');
    await writeFile(join(out, 'd.jpg.json'), '{"schemaVersion":1,"source":"d.jpg"}');
    await using record = await openRunRecord(out);
    await expect(record.begin(input('c.jpg', 'c.jpg'))).rejects.toThrow(/c\.jpg\.json is there and is not from phiz/);
    expect(await readFile(join(out, 'c.jpg.json'), 'utf8')).toContain('takeout');
    await record.begin(input('d.jpg', 'd.jpg'));
    await record.begin(input('first/a.jpg'));
    await expect(record.begin(input('second/A.jpg', 'A.jpg'))).rejects.toMatchObject({ code: 'unwritable-file' });
    await writeFile(join(out, 'a.jpg.json'), '{}');
    await using later = await openRunRecord(out);
    await expect(later.begin(input('second/a.jpg'))).rejects.toThrow(/holds the results of .*first\/a\.jpg; give another --out/);
    await rm(join(out, 'a.jpg.json'));
    await later.begin(input('second/a.jpg'));
    expect(existsSync(join(out, 'phiz-runs.ndjson'))).toBe(true);
  });
});
