/** How failures are told: one line on standard error, the stack only where PHIZ_DEBUG is set. */
import { PhizError } from '../core/error.js';

/** One line for an error, naming what it happened to (`subject`: a file, a folder) unless its message does. */
function failureLine(error: unknown, subject?: string): string {
  const foreseen = error instanceof PhizError;
  const message = error instanceof Error ? error.message : String(error);
  const hint = foreseen || process.env.PHIZ_DEBUG ? '' : ' (unexpected; PHIZ_DEBUG=1 shows where)';
  const named = subject === undefined || message.includes(subject) ? message : `${subject}: ${message}`;
  return `phiz: ${named.replaceAll(/\s*[\r\n]+\s*/g, ' ')}${hint}`;
}

/** Prints the line, and under PHIZ_DEBUG the stack with its causes. */
export function printFailure(error: unknown, subject?: string): void {
  process.stderr.write(`${failureLine(error, subject)}\n`);
  if (!process.env.PHIZ_DEBUG) return;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) process.stderr.write(`${cause.stack ?? cause}\n`);
}

/** The exit code of a failed run: 2 where the user asked wrongly, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof PhizError && error.code === 'invalid-option' ? 2 : 1;
}
