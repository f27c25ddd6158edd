/** What is printed of an input on a terminal. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES } from '#dist/attributes/index.js';
import { resultWords } from '#dist/cli/result-words.js';
import type { PhotoResult } from '#dist/results/result.js';
import type { VideoSummary } from '#dist/results/video-result.js';

const golden = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(new URL(`fixtures/golden/${name}`, import.meta.url), 'utf8')) as T;

describe('an input in words', () => {
  it('is a line per face of a photo, with what it shows and where', async () => {
    const photo = await golden<PhotoResult>('faces.json');
    const [first, ...lines] = resultWords(photo, ATTRIBUTES)!.split('\n');
    expect(first).toBe(`${photo.source}: 7 faces, largest first`);
    expect(lines).toHaveLength(7);
    for (const [i, { emotion, age, box }] of photo.faces.entries()) {
      const sure = (reliable: boolean) => (reliable ? '' : '?');
      const { x, y } = { x: Math.round(box.x), y: Math.round(box.y) };
      const said = `${emotion.label}${sure(emotion.reliable)} ${Math.round(emotion.confidence * 100)}%`;
      expect(lines[i]).toBe(`  ${i + 1}  ${said}, age ${age.range.replace('-', '–')}${sure(age.reliable)}, at ${x}, ${y}`);
    }
  });

  it('says so where there is nobody, what is wrong with a photo, and of a crowd the first twenty', async () => {
    const photo = await golden<PhotoResult>('faces.json');
    expect(resultWords({ ...photo, faces: [], warnings: ['cut off'] }, ATTRIBUTES)).toBe(`${photo.source}: no faces\n  cut off`);
    expect(resultWords({ ...photo, faces: [photo.faces[0]!] }, ATTRIBUTES)).toMatch(/: 1 face\n {2}1 {2}/);
    const crowd = Array.from({ length: 23 }, () => photo.faces[0]!);
    const lines = resultWords({ ...photo, faces: crowd }, ATTRIBUTES)!.split('\n');
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe('  and 3 more');
  });

  it('names the attributes that an analyzer reads, and no others', async () => {
    const photo = await golden<PhotoResult>('faces.json');
    const { age: _, ...ageless } = photo.faces[0]!;
    expect(resultWords({ ...photo, faces: [ageless as never] }, ATTRIBUTES)).not.toContain('age');
  });

  it('is a line per person of a clip, and why it is not complete', async () => {
    const clip = await golden<VideoSummary>('expressions.json');
    const lines = resultWords({ ...clip, problem: 'the file is cut off' }, ATTRIBUTES)!.split('\n');
    expect(lines.slice(0, 2)).toEqual([`${clip.source}: 1 person in 14.0 s`, '  not complete: the file is cut off']);
    expect(lines[2]).toMatch(/^ {2}person 1, 0\.0 s to 1[34]\.\d s: Mostly \w+ \(\d+.*Looks about \d+ years old/);
    expect(resultWords({ ...clip, people: [] }, ATTRIBUTES)).toMatch(/: no people in 14\.0 s$/);
  });

  it('is nothing where nothing came of it: standard error has said why', () => {
    const failure = { schemaVersion: 1, source: 'a.png', error: { code: 'unreadable-file', message: 'cut off' } } as const;
    expect(resultWords(failure, ATTRIBUTES)).toBeUndefined();
  });
});
