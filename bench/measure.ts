/** What the benchmarks share: checked flags, medians, and a Node process of its own with what it says of itself. */
import { spawn } from 'node:child_process';

/** A flag's value as a whole number of 1 or more. Throws Error naming the flag. */
export function countOf(flag: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${flag} must be a whole number of 1 or more, not ${value}`);
  return number;
}

/** The middle value, the upper one of two; NaN where there is none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

export interface Ran {
  /** What it wrote to standard output, and to descriptor 3. */
  readonly out: string;
  readonly extra: string;
}

/**
 * Runs Node with these arguments. `script` runs first in its process, and may write to descriptor 3; `under`: a command
 * that starts it, such as taskset. Throws Error with what it wrote to
 * standard error where it ends with another code than 0.
 */
export async function runNode(args: readonly string[], script?: string, under: readonly string[] = []): Promise<Ran> {
  const before = script === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(script)}`];
  const [command, ...rest] = [...under, process.execPath, ...before, ...args];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const texts = ['', '', ''];
  for (const [i, stream] of [child.stdout, child.stderr, child.stdio[3]].entries())
    stream?.on('data', (chunk) => {
      texts[i] += String(chunk);
    });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}: ${texts[1]}`);
  return { out: texts[0]!, extra: texts[2]! };
}
