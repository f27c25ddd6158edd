/**
 * What a folder of results knows of the runs that wrote it: a line for each input, in `phiz-runs.ndjson` there. A line is written
 * before an input's files and another when they are whole, so that a run that was killed can go on, and no input's files are
 * overwritten by those of another.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, lstat, open, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { PhizError } from '../../core/error.js';
import { pathForFiles, readablePath } from '../../node/files/byte-names.js';
import { pathProblem } from '../../node/files/path-problem.js';
import { readLines } from '../../node/files/read-files.js';
import { sweepOrphans } from '../../node/files/temporary.js';
import { isRemote, remoteName } from '../../node/remote/remote-files.js';

const FILE = 'phiz-runs.ndjson';

const lineSchema = z.object({
  /** `table`: nothing of an input, but where a table begins. */
  state: z.enum(['begun', 'done', 'failed', 'table']),
  /** What the files' names begin with, below the folder. */
  name: z.string(),
  /** The input: its path from the folder of the results, or `-`. */
  input: z.string(),
  /** Size and time of the input, and a hash of what it was done with; of what is done. */
  bytes: z.number().optional(),
  modified: z.number().optional(),
  settings: z.string().optional(),
  /** Why it failed. */
  message: z.string().optional(),
  /** The table of the run, from the folder of the results, and how long it was with the rows of this input. */
  table: z.object({ path: z.string(), bytes: z.number() }).optional(),
});
type Line = z.output<typeof lineSchema>;

/** An input and where its files go. */
export interface RunInput {
  /** The file to read, or `-`. */
  readonly path: string;
  /** What results call it. */
  readonly source: string;
  /** What the names of its files begin with, below the folder of the results. */
  readonly name: string;
  /** Of what lies elsewhere, where they are known. */
  readonly facts?: { readonly bytes: number; readonly modified: number } | undefined;
}

export interface RunRecord extends AsyncDisposable {
  /** Whether the input was done with these settings and has not changed since; its files are whole. */
  isDone(input: RunInput, settings: string): Promise<boolean>;
  /**
   * Before the files of an input are written; what dead processes left half written beside them goes. Throws PhizError `unwritable-file`
   * where the files of that name belong to another input, or are nothing that phiz wrote.
   */
  begin(input: RunInput): Promise<void>;
  /** When they are whole, and the rows of the input in the table. */
  done(input: RunInput, settings: string, table?: TableEnd): Promise<void>;
  /** When nothing came of it, and its row is in the table. */
  failed(input: RunInput, message: string, table?: TableEnd): Promise<void>;
  /** A table that has its header. */
  tableBegun(table: TableEnd): Promise<void>;
  /** Up to where a table holds the rows of inputs that were finished; undefined for a table that no run here wrote. */
  tableEnd(path: string): number | undefined;
  /** Whether the rows of an input that was done, or failed in these words, are in a table. */
  hasRows(input: RunInput, path: string, message?: string): boolean;
}

/** A table as far as it is written: its path and its bytes. */
export interface TableEnd {
  readonly path: string;
  readonly bytes: number;
}

/** A short name of options and models: equal where results are. */
export function settingsHash(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}

/** Opens the record of a folder, which must exist. Throws PhizError `unwritable-file`, `unreadable-file`. */
export async function openRunRecord(out: string): Promise<RunRecord> {
  const path = join(out, FILE);
  const home = await realpath(out);
  const last = new Map<string, Line>();
  const ended = new Map<string, Line>();
  const ends = new Map<string, number>();
  const claimed = new Map<string, string>();
  const swept = new Set<string>();
  const note = (line: Line): void => {
    if (line.table) ends.set(line.table.path, line.table.bytes);
    if (line.state !== 'table') last.set(keyOf(line.name), line);
    if (line.state === 'done' || line.state === 'failed') ended.set(keyOf(line.name), line);
  };
  let torn = false;
  let handle: FileHandle;
  try {
    const there = await lstat(path).catch(() => undefined);
    if (there && !there.isFile())
      throw new PhizError('unwritable-file', `${path} is not a plain file; move it away, or give another --out`);
    handle = await open(path, 'a+', 0o600);
    const { size } = await handle.stat();
    if (size > 0) torn = (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] !== 10;
  } catch (cause) {
    if (cause instanceof PhizError) throw cause;
    throw new PhizError('unwritable-file', `${path} cannot be written: ${pathProblem(cause)}`, { cause });
  }
  // A killed run may leave half a line; what is not a line of ours says nothing.
  for await (const text of readLines(path)) {
    const line = lineSchema.safeParse(parsed(text));
    if (line.success) note(line.data);
  }
  const idOf = ({ path: input }: RunInput): string => {
    if (isRemote(input)) return remoteName(input);
    return input === '-' ? '-' : relative(home, resolve(input));
  };
  const called = (id: string): string => {
    if (isRemote(id)) return id;
    return id === '-' ? 'standard input' : readablePath(resolve(home, id));
  };
  const write = async (line: Line): Promise<void> => {
    try {
      await handle.appendFile(`${torn ? '\n' : ''}${JSON.stringify(line)}\n`);
    } catch (cause) {
      throw new PhizError('unwritable-file', `${path} cannot be written: ${pathProblem(cause)}`, { cause });
    }
    torn = false;
    note(line);
  };
  const tableOf = (table: TableEnd | undefined) =>
    table ? { table: { ...table, path: relative(home, resolve(table.path)) } } : {};
  const factsOf = async ({ path: input, facts: known }: RunInput) => {
    if (isRemote(input)) return known && { bytes: known.bytes, modified: known.modified };
    const facts = input === '-' ? undefined : await stat(pathForFiles(input)).catch(() => undefined);
    return facts?.isFile() ? { bytes: facts.size, modified: facts.mtimeMs } : undefined;
  };
  return {
    async isDone(input, settings) {
      const line = last.get(keyOf(input.name));
      if (line?.state !== 'done' || line.input !== idOf(input) || line.settings !== settings) return false;
      const facts = await factsOf(input);
      if (!facts || facts.bytes !== line.bytes || facts.modified !== line.modified) return false;
      // A power cut may have left it empty.
      return parsed(await readFile(join(out, `${input.name}.json`), 'utf8').catch(() => '')) !== undefined;
    },
    async begin(input) {
      const json = join(out, `${input.name}.json`);
      const line = last.get(keyOf(input.name));
      const other = line && line.input !== idOf(input) ? called(line.input) : undefined;
      // What was deleted may be written again.
      const mine = claimed.get(keyOf(input.name)) ?? idOf(input);
      if (mine !== idOf(input))
        throw new PhizError(
          'unwritable-file',
          `${json} is for ${readablePath(mine)}, whose name differs in case alone; give another --out`,
        );
      claimed.set(keyOf(input.name), mine);
      if (other !== undefined && (await stat(json).catch(() => undefined)))
        throw new PhizError('unwritable-file', `${json} holds the results of ${other}; give another --out, or delete it`);
      if (!line && !(await mayReplace(json, input.source)))
        throw new PhizError('unwritable-file', `${json} is there and is not from phiz; give another --out, or move it`);
      if (!swept.has(dirname(json))) await sweepOrphans(dirname(json));
      swept.add(dirname(json));
      await write({ state: 'begun', name: input.name, input: idOf(input) });
    },
    async done(input, settings, table) {
      const facts = await factsOf(input);
      await write({ state: 'done', name: input.name, input: idOf(input), settings, ...facts, ...tableOf(table) });
    },
    failed: (input, message, table) =>
      write({ state: 'failed', name: input.name, input: idOf(input), message, ...tableOf(table) }),
    tableBegun: (table) => write({ state: 'table', name: '', input: '', ...tableOf(table) }),
    tableEnd: (table) => ends.get(relative(home, resolve(table))),
    hasRows(input, table, message) {
      const line = ended.get(keyOf(input.name));
      return line?.table?.path === relative(home, resolve(table)) && line.input === idOf(input) && line.message === message;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** File systems that ignore case must not see one file overwrite another. */
function keyOf(name: string): string {
  return name.toLowerCase();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True where nothing is there, or a result of the same source, from before there was a record. */
async function mayReplace(json: string, source: string): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(json, 'utf8');
  } catch {
    return true;
  }
  const there = parsed(text) as { readonly schemaVersion?: unknown; readonly source?: unknown } | undefined | null;
  return typeof there === 'object' && there !== null && 'schemaVersion' in there && there.source === source;
}
