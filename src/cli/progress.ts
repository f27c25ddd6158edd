/** A progress bar of one line on a terminal. Where the stream is not a terminal it stays silent. */

import { plainText } from './plain-text.js';

/** The part of a terminal's stream that a bar needs. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Progress {
  /** `done` of `total` so far; `text` stands at the end of the line. */
  update(done: number, text?: string): void;
  /** Runs `print` with the bar out of the way, so that lines written to the same terminal stay whole. */
  around(print: () => void): void;
  /** Clears the bar. */
  end(): void;
}

/** Shows no bar. */
export const SILENT: ProgressStream = { write: () => {} };

/** Milliseconds between two drawings. */
const INTERVAL = 80;

/** A bar over `total` steps that begins with `label`; where `total` is unknown, a count. */
export function createProgress({
  total,
  label,
  stream = process.stderr,
}: {
  readonly total: number | undefined;
  readonly label: string;
  readonly stream?: ProgressStream;
}): Progress {
  let line = '';
  let drawn = 0;
  let shown = false;
  const clear = (): void => {
    if (shown) stream.write('\r\x1b[K');
    shown = false;
  };
  const draw = (): void => {
    stream.write(`\r${line}\x1b[K`);
    shown = true;
    drawn = Date.now();
  };
  return {
    update(done, text = '') {
      if (!stream.isTTY) return;
      // A terminal that does not know its width says 0.
      line = formatBar({ done, total, label, text, columns: stream.columns || 80 });
      if (done === total || Date.now() - drawn >= INTERVAL) draw();
    },
    around(print) {
      const again = shown;
      clear();
      print();
      if (again) draw();
    },
    end: clear,
  };
}

/** One line of at most `columns` − 1 characters: label, bar, share, count, text. */
export function formatBar({
  done,
  total,
  label,
  text,
  columns,
}: {
  readonly done: number;
  readonly total: number | undefined;
  readonly label: string;
  readonly text: string;
  readonly columns: number;
}): string {
  if (total === undefined) return fit(`${label} ${done}${text ? `  ${text}` : ''}`, columns);
  const share = total > 0 ? Math.min(Math.max(done / total, 0), 1) : 1;
  const width = 20;
  const full = Math.round(share * width);
  const bar = '█'.repeat(full) + '░'.repeat(width - full);
  const line = `${label} ${bar} ${`${Math.floor(share * 100)}`.padStart(3)} % ${done}/${total}${text ? `  ${text}` : ''}`;
  return fit(line, columns);
}

function fit(line: string, columns: number): string {
  return [...plainText(line)].slice(0, Math.max(columns - 1, 1)).join('');
}
