import { describe, expect, it } from 'vitest';
import { createPace } from '#dist/cli/pace.js';
import { createProgress, formatBar } from '#dist/cli/progress.js';

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, written, write: (text: string) => written.push(text) };
}

it('is silent where there is no terminal', () => {
  const quiet = stream(false);
  const progress = createProgress({ total: 2, label: 'x', stream: quiet });
  progress.update(1, 'a');
  let printed = false;
  progress.around(() => {
    printed = true;
  });
  progress.end();
  expect(printed).toBe(true);
  expect(quiet.written).toEqual([]);
});

it('takes a terminal that does not know its width for one of 80 columns', () => {
  const terminal = { ...stream(true), columns: 0 };
  createProgress({ total: 2, label: 'photos', stream: terminal }).update(1, 'a.jpg');
  expect(terminal.written[0]).toContain('photos ██████████░░░░░░░░░░  50 % 1/2  a.jpg');
});

it('draws, makes way for lines and clears itself', () => {
  const terminal = stream(true);
  const progress = createProgress({ total: 2, label: 'photos', stream: terminal });
  progress.update(1, 'a.jpg');
  expect(terminal.written.join('')).toContain('photos ██████████░░░░░░░░░░  50 % 1/2  a.jpg');
  terminal.written.length = 0;
  progress.around(() => terminal.write('line\n'));
  expect(terminal.written[0]).toBe('\r\x1b[K');
  expect(terminal.written[1]).toBe('line\n');
  expect(terminal.written[2]).toContain('1/2');
  progress.end();
  expect(terminal.written.at(-1)).toBe('\r\x1b[K');
});

it('fits the terminal', () => {
  const line = formatBar({ done: 7, total: 7, label: 'analyze', text: 'a/very/long/path/to/a/photo.jpg', columns: 40 });
  expect([...line]).toHaveLength(39);
  expect(formatBar({ done: 0, total: 0, label: 'x', text: '', columns: 80 })).toContain('100 %');
});

it('counts where the end is unknown', () => {
  expect(formatBar({ done: 7, total: undefined, label: 'x', text: '3 frames/s', columns: 80 })).toBe('x 7  3 frames/s');
});

describe('pace', () => {
  it('says how fast it goes and how long it will take, by the last seconds', () => {
    let time = 0;
    const pace = createPace({ total: 1000, unit: 'frames', now: () => time });
    expect(pace(0)).toBe('');
    time = 1000;
    expect(pace(4)).toBe('4.0 frames/s, 4:09 left');
    // Ten times as fast from here on: after a while nothing of the slow start is left.
    for (let done = 44; done <= 404; done += 40) {
      time += 1000;
      pace(done);
    }
    expect(pace(404)).toBe('40 frames/s, 0:15 left');
  });

  it('says hours as hours, and only the speed where the end is unknown', () => {
    let time = 0;
    const slow = createPace({ total: 5000, unit: 'frames', now: () => time });
    const endless = createPace({ total: undefined, unit: 'frames', now: () => time });
    for (const pace of [slow, endless]) pace(0);
    time = 1000;
    expect(slow(1)).toBe('1.0 frames/s, 1:23:19 left');
    expect(endless(1)).toBe('1.0 frames/s');
  });
});
