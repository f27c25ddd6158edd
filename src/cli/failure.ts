/** How failures are told: one line on standard error, the stack only where PHIZ_DEBUG is set. */
import { PhizError } from '../core/error.js';
import { plainText } from './plain-text.js';

/** One line for an error, naming what it happened to (`subject`: a file, a folder) unless its message does. */
function failureLine(error: unknown, subject?: string): string {
  const foreseen = error instanceof PhizError;
  const message = error instanceof Error ? error.message : String(error);
  const hint = foreseen || process.env.PHIZ_DEBUG ? '' : ' (unexpected; PHIZ_DEBUG=1 shows where)';
  const named = subject === undefined || message.includes(subject) ? message : `${subject}: ${message}`;
  return `${named.replaceAll(/\s*[\r\n]+\s*/g, ' ')}${hint}`;
}

/** Longest line in characters: messages repeat what stands in files, which may be anything. */
const LONGEST = 10_000;

/** One line on standard error; names in it may hold what a terminal would obey. */
export function say(line: string): void {
  process.stderr.write(`phiz: ${plainText(line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line)}\n`);
}

/** Prints the line, and under PHIZ_DEBUG the stack with its causes. */
export function printFailure(error: unknown, subject?: string): void {
  say(failureLine(error, subject));
  if (!process.env.PHIZ_DEBUG) return;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    process.stderr.write(`${plainText(`${cause.stack ?? cause}`)}\n`);
}

/** The exit code of a failed run: 2 where the user asked wrongly, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof PhizError && error.code === 'invalid-option' ? 2 : 1;
}
