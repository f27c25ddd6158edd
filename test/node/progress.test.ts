import { expect, it } from 'vitest';
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
