/**
 * A training run's checkpoint: everything a run needs to go on as if it had never stopped, in one file. Not a model: what is
 * served is the .onnx with its card.
 *
 * The file: 8 bytes `PHIZCKPT`; the header's length (uint32); the header (JSON, UTF-8, padded with spaces to a multiple of 4):
 * the run's plain data and, for each array, its group, name, dims and offset in floats; then all arrays as raw float32; then the
 * SHA-256 of everything before it. Numbers are little-endian. Written beside the old one and renamed over it (write-atomic.ts),
 * so the old one stays until the new one is complete.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';
import { PhizError } from '../../core/error.js';
import { placedFault } from '../../core/schema-fault.js';
import { sizeOf, type Tensor } from '../../core/tensor.js';
import type { Arrays, OptimiserState } from '../../train/optimiser.js';
import type { ScheduleState } from '../../train/schedule.js';
import { readIfAny } from '../files/read-files.js';
import { sweepOrphans } from '../files/temporary.js';
import { writeAtomic } from '../files/write-atomic.js';

/** Where a run stands. */
export interface Checkpoint {
  /** Epochs completed. */
  readonly epoch: number;
  /** Steps done in the epoch under way; 0 at an epoch's end. */
  readonly step: number;
  readonly seed: number;
  /** The run's settings, to be compared on resuming; any JSON. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly schedule: ScheduleState;
  /** The best validation so far, where there was one; its weights, where the run keeps them. */
  readonly best: { readonly epoch: number; readonly value: number; readonly parameters?: Arrays | undefined } | null;
  /** Whatever else the run carries along (learning curve, sums of an unfinished epoch); any JSON. */
  readonly notes: Readonly<Record<string, unknown>>;
  /** All weights, with the batch-norm running statistics. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly optimiser: OptimiserState;
  /** The running average of the weights, where the run keeps one. */
  readonly average: Arrays | null;
}

const whole = z.number().int().nonnegative();
const anything = z.record(z.string(), z.unknown());
const entrySchema = z
  .object({
    group: z.string(),
    name: z.string(),
    dims: z.array(whole).readonly(),
    /** In floats from the start of the data. */
    offset: whole,
  })
  .readonly();
type Entry = z.output<typeof entrySchema>;

/** A header whose checksum fits may still come from another program. */
const headerSchema = z.object({
  epoch: whole,
  step: whole,
  seed: z.number(),
  config: anything,
  schedule: z.record(z.string(), z.number().nullable()),
  notes: anything,
  best: z.object({ epoch: whole, value: z.number(), parameters: z.boolean() }).nullable(),
  optimiser: z.object({ step: whole, slots: z.array(z.string()) }),
  average: z.boolean(),
  arrays: z.array(entrySchema),
});

const MAGIC = 'PHIZCKPT';
const VERSION = 1;
const DIGEST = 32;
const SLOT = 'slot ';

/**
 * Writes a checkpoint and waits until the disk holds it; an older one at `path` stays until then. Throws PhizError `unwritable-file`.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await sweepOrphans(dirname(path));
  await writeAtomic(path, encodeCheckpoint(checkpoint), { durable: true });
}

/**
 * Reads a checkpoint. Throws PhizError `file-not-found`, `unreadable-file`, or `invalid-data` where the file is not a checkpoint,
 * is cut off or was changed.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readIfAny(path);
  if (!bytes) throw new PhizError('file-not-found', `there is no checkpoint ${path}; start the run without resuming`);
  return decodeCheckpoint(bytes, path);
}

/** The bytes of a checkpoint file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { parameters, optimiser, average, best, ...plain } = checkpoint;
  const entries: Entry[] = [];
  const arrays: Float32Array[] = [];
  let offset = 0;
  const add = (group: string, name: string, data: Float32Array, dims: readonly number[] = [data.length]): void => {
    if (sizeOf(dims) !== data.length)
      throw new PhizError('invalid-data', `'${name}' holds ${data.length} numbers, but its dims are ${dims.join('×')}`);
    entries.push({ group, name, dims, offset });
    arrays.push(data);
    offset += data.length;
  };
  for (const [name, { data, dims }] of Object.entries(parameters)) add('parameters', name, data, dims);
  for (const [slot, group] of Object.entries(optimiser.slots))
    for (const [name, data] of Object.entries(group)) add(SLOT + slot, name, data);
  for (const [name, data] of Object.entries(average ?? {})) add('average', name, data);
  for (const [name, data] of Object.entries(best?.parameters ?? {})) add('best', name, data);

  const header = {
    version: VERSION,
    ...plain,
    best: best && { epoch: best.epoch, value: best.value, parameters: best.parameters !== undefined },
    optimiser: { step: optimiser.step, slots: Object.keys(optimiser.slots) },
    average: average !== null,
    arrays: entries,
  };
  let json = Buffer.from(JSON.stringify(header));
  json = Buffer.concat([json, Buffer.alloc((4 - (json.length % 4)) % 4, ' ')]);
  const start = MAGIC.length + 4 + json.length;
  const bytes = Buffer.allocUnsafe(start + offset * 4 + DIGEST);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(json.length, MAGIC.length);
  json.copy(bytes, MAGIC.length + 4);
  let at = start;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  createHash('sha256').update(bytes.subarray(0, at)).digest().copy(bytes, at);
  return bytes;
}

/** Reads the bytes of a checkpoint file; `where` names it in errors. Throws PhizError `invalid-data`. */
function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = (why: string, cause?: unknown) =>
    new PhizError('invalid-data', `${where} ${why}; delete it and start the run anew`, { cause });
  if (file.length < MAGIC.length + 4 + DIGEST || file.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw bad('is not a checkpoint of phiz, or only the start of one');
  const end = file.length - DIGEST;
  if (!createHash('sha256').update(file.subarray(0, end)).digest().equals(file.subarray(end)))
    throw bad('is damaged: it is cut off or its checksum is wrong');
  const start = MAGIC.length + 4 + file.readUInt32LE(MAGIC.length);
  let json: { readonly version?: unknown };
  try {
    json = Object(JSON.parse(file.toString('utf8', MAGIC.length + 4, start)));
  } catch (cause) {
    throw bad('has a header that is not JSON', cause);
  }
  if (json.version !== VERSION) throw bad(`is a checkpoint of version ${json.version}, and this phiz reads version ${VERSION}`);
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) {
    throw bad(`has a header that is none: ${placedFault(parsed.error, 'header')}`, parsed.error);
  }
  const header = parsed.data;

  const groups: Record<string, Record<string, Tensor>> = {};
  for (const { group, name, dims, offset } of header.arrays) {
    const from = start + offset * 4;
    const to = from + sizeOf(dims) * 4;
    if (to > end) throw bad(`ends before its array '${name}'`);
    const data = new Float32Array(sizeOf(dims));
    new Uint8Array(data.buffer).set(file.subarray(from, to));
    groups[group] ??= {};
    groups[group][name] = { dims, data };
  }
  const { arrays: _arrays, ...plain } = header;
  return {
    ...plain,
    best: header.best && {
      epoch: header.best.epoch,
      value: header.best.value,
      parameters: header.best.parameters ? dataOf(groups.best) : undefined,
    },
    parameters: groups.parameters ?? {},
    optimiser: {
      step: header.optimiser.step,
      slots: Object.fromEntries(header.optimiser.slots.map((slot) => [slot, dataOf(groups[SLOT + slot])])),
    },
    average: header.average ? dataOf(groups.average) : null,
  };
}

function dataOf(group: Readonly<Record<string, Tensor>> = {}): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(group).map(([name, { data }]) => [name, data]));
}
