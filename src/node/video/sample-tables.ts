/**
 * The tables of an MP4 or QuickTime file (ISO/IEC 14496-12, 8.6 to 8.8) that say where its samples lie and when they show, checked before
 * a demuxer walks them: a few bytes can promise thousands of millions of samples. Reads the file's boxes once, decodes nothing.
 */
import { PhizError } from '../../core/error.js';
import type { ByteSource } from './byte-source.js';

/** Boxes that hold those of interest. */
const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf']);
/** Bytes of an entry of the tables that are checked alone by their length. */
const ENTRY: Readonly<Record<string, number>> = { stts: 8, ctts: 8, stsc: 12, stco: 4, co64: 8, stss: 4, elst: 12 };
/** Most samples that a fragment may announce without a byte for each. */
const MOST_BARE = 100_000;
/** Some writers count a little wrong, which harms nobody. */
const SLACK = 1000;
/** Containers within each other. */
const DEEPEST = 8;
const BLOCK = 1 << 14;

interface Box {
  readonly type: string;
  /** Where its content begins and ends. */
  readonly from: number;
  readonly to: number;
}

/** Throws PhizError `invalid-data` where a table promises more than can be. */
export function checkSampleTables(bytes: ByteSource, called: string): void {
  const at = reader(bytes);
  const damaged = (type: string, what: string): never => {
    throw new PhizError('invalid-data', `${called} is damaged: its table '${type}' ${what}`);
  };
  const visit = (from: number, to: number, depth = 0): void => {
    const tables = new Map<string, Box>();
    for (const box of boxes(at, from, to)) {
      if (CONTAINERS.has(box.type) && depth < DEEPEST) visit(box.from, box.to, depth + 1);
      if (box.type in ENTRY) {
        const entries = at.uint32(box.from + 4);
        const room = Math.floor((box.to - box.from - 8) / ENTRY[box.type]!);
        if (entries > room) damaged(box.type, `has ${entries} entries and room for ${Math.max(room, 0)}`);
      }
      if (box.type === 'trun') checkRun(at, box, damaged);
      tables.set(box.type, box);
    }
    const samples = countSamples(at, tables, bytes.size, damaged);
    if (samples !== undefined) checkCounts(at, tables, samples, damaged);
  };
  visit(0, bytes.size);
}

type Damaged = (type: string, what: string) => never;

/** How many samples the sizes are given of; undefined where there is no such table. */
function countSamples(at: Reader, tables: ReadonlyMap<string, Box>, size: number, damaged: Damaged): number | undefined {
  const box = tables.get('stsz') ?? tables.get('stz2');
  if (!box) return undefined;
  const samples = at.uint32(box.from + 8);
  const bits = box.type === 'stz2' ? at.uint32(box.from + 4) & 0xff : at.uint32(box.from + 4) === 0 ? 32 : 0;
  const room = Math.floor(((box.to - box.from - 12) * 8) / Math.max(bits, 1));
  if (bits > 0 && samples > room) damaged(box.type, `has ${samples} entries and room for ${Math.max(room, 0)}`);
  // All of one size: no file has more of them than bytes.
  if (bits === 0 && samples > size) damaged(box.type, `tells of ${samples} samples in ${size} bytes`);
  return samples;
}

/** Runs of samples and chunks must not sum up to far more than there are. */
function checkCounts(at: Reader, tables: ReadonlyMap<string, Box>, samples: number, damaged: Damaged): void {
  const most = 2 * samples + SLACK;
  for (const type of ['stts', 'ctts']) {
    const box = tables.get(type);
    let sum = 0;
    for (let i = 0, n = box ? at.uint32(box.from + 4) : 0; i < n; i++) {
      sum += at.uint32(box!.from + 8 + 8 * i);
      if (sum > most) damaged(type, `tells of ${sum} samples where there are ${samples}`);
    }
  }
  const box = tables.get('stsc');
  if (!box) return;
  const place = tables.get('stco') ?? tables.get('co64');
  const chunks = place ? at.uint32(place.from + 4) : 0;
  let sum = 0;
  for (let i = 0, n = at.uint32(box.from + 4); i < n; i++) {
    const first = at.uint32(box.from + 8 + 12 * i);
    const next = i + 1 < n ? at.uint32(box.from + 20 + 12 * i) : first + 1;
    if (first < 1 || first > chunks + SLACK) damaged('stsc', `names chunk ${first} of ${chunks}`);
    if (next <= first) damaged('stsc', `names chunk ${next} after chunk ${first}`);
    sum += (next - first) * at.uint32(box.from + 12 + 12 * i);
    if (sum > most) damaged('stsc', `tells of ${sum} samples where there are ${samples}`);
  }
}

/** A run of a fragment has some bytes for each sample, or says that all are alike. */
function checkRun(at: Reader, { from, to }: Box, damaged: Damaged): void {
  const flags = at.uint32(from) & 0xffffff;
  const samples = at.uint32(from + 4);
  const each = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length;
  const room = each === 0 ? MOST_BARE : Math.floor((to - from - 8) / each);
  if (samples > room) damaged('trun', `has ${samples} entries and room for ${Math.max(room, 0)}`);
}

/** The boxes of a stretch, one behind the other, until something is none; their ends lie within it. */
function* boxes(at: Reader, from: number, to: number): Generator<Box, void, undefined> {
  for (let start = from; start + 8 <= to; ) {
    const short = at.uint32(start);
    const long = short === 1;
    const size = short === 0 ? to - start : long ? at.uint32(start + 8) * 2 ** 32 + at.uint32(start + 12) : short;
    const head = long ? 16 : 8;
    if (size < head) return;
    yield { type: at.text(start + 4), from: start + head, to: Math.min(start + size, to) };
    start += size;
  }
}

interface Reader {
  /** Big endian; 0 behind the end. */
  uint32(position: number): number;
  /** Four characters. */
  text(position: number): string;
}

/** Reads in blocks, which costs little for whoever goes forward. */
function reader(bytes: ByteSource): Reader {
  let start = 0;
  let block: Buffer = Buffer.alloc(0);
  const four = (position: number): number => {
    if (position < start || position + 4 > start + block.length) {
      start = position;
      const read = bytes.read(position, BLOCK);
      block = Buffer.from(read.buffer, read.byteOffset, read.length);
    }
    return position - start;
  };
  return {
    uint32(position) {
      const at = four(position);
      return at + 4 <= block.length ? block.readUInt32BE(at) : 0;
    },
    text(position) {
      const at = four(position);
      return block.toString('latin1', at, at + 4);
    },
  };
}
