/**
 * Properties of any stream: whatever becomes of a clip's times and pictures, as many frames come out as ffprobe counts, or the difference
 * is named in the clip's account; times count from the first frame and rise. FFmpeg encodes a few streams once, and files are made of
 * them by taking pictures away and moving times.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrameSource } from '#dist/analyze/frame.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { LOSSES } from '#dist/results/video-result.js';
import { type ClipMaker, clipMaker, moving, readAll } from './fixtures/clips.js';
import { needs } from './needs.js';

/** Fixed, so that whoever repeats a run sees the same. */
const RUNS = { numRuns: 60, seed: 14 };

const RATE = 10;
const PICTURES = 30;

const X264 = ['-c:v', 'libx264', '-preset', 'fast', '-pix_fmt', 'yuv420p'];
const x265 = (open: 0 | 1) => [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  ...['-x265-params', `log-level=none:keyint=8:min-keyint=8:open-gop=${open}:bframes=3:scenecut=0`],
];
/** How a stream is coded, and the containers that hold it. */
const STREAMS: Readonly<Record<string, readonly [containers: readonly string[], coded: readonly string[]]>> = {
  'h264 without B-frames': [
    ['mp4', 'mov', 'mkv', 'ts', 'flv', 'avi'],
    [...X264, '-bf', '0', '-g', '8'],
  ],
  'h264 with B-frames': [
    ['mp4', 'mov', 'mkv', 'ts', 'flv', 'avi'],
    [...X264, '-bf', '3', '-g', '12'],
  ],
  'h264 in open groups': [
    ['mp4', 'mkv', 'ts', 'flv'],
    [...X264, '-bf', '2', '-g', '6', '-flags', '-cgop', '-x264-params', 'open-gop=1'],
  ],
  'hevc in open groups': [['mp4', 'mkv', 'ts'], x265(1)],
  'hevc in closed groups': [['mp4', 'mov', 'mkv'], x265(0)],
  'mpeg4 with B-frames': [
    ['mp4', 'avi', 'mkv'],
    ['-c:v', 'mpeg4', '-bf', '2', '-g', '9'],
  ],
  'mpeg2 with B-frames': [
    ['ts', 'mpg', 'mkv'],
    ['-c:v', 'mpeg2video', '-bf', '2', '-g', '9', '-r', '25'],
  ],
  'vp8 with hidden pictures': [
    ['webm', 'mkv'],
    ['-c:v', 'libvpx', '-auto-alt-ref', '1', '-lag-in-frames', '12', '-g', '10'],
  ],
  vp9: [
    ['webm', 'mp4', 'mkv'],
    ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10'],
  ],
};

/** What is done to one file: times in ticks of the file, pictures by their number in the order of decoding. */
const damageOf = fc.record({
  /** Added to all times. */
  offset: fc.oneof(fc.constant(0), fc.integer({ min: -400, max: 400 }), fc.constant(2_000_000)),
  /** From this picture on all times are later, or earlier. */
  jump: fc.option(fc.record({ at: fc.integer({ min: 1, max: PICTURES }), by: fc.integer({ min: -3000, max: 9000 }) })),
  /** Pictures with the time of the one before. */
  repeated: fc.uniqueArray(fc.integer({ min: 1, max: PICTURES }), { maxLength: 4 }),
  /** Pictures without a time. */
  timeless: fc.uniqueArray(fc.integer({ min: 1, max: PICTURES }), { maxLength: 4 }),
  /** Pictures whose time is a little off. */
  moved: fc.array(fc.tuple(fc.integer({ min: 1, max: PICTURES }), fc.integer({ min: -350, max: 350 })), { maxLength: 3 }),
  /** Pictures that are not there. */
  gone: fc.oneof(
    fc.constant<number[]>([]),
    fc.constant<number[]>([0]),
    fc.uniqueArray(fc.integer({ min: 0, max: PICTURES }), { maxLength: 5 }),
  ),
});
const streamOf = fc
  .constantFrom(...Object.keys(STREAMS))
  .chain((stream) =>
    fc.record({ stream: fc.constant(stream), container: fc.constantFrom(...STREAMS[stream]![0]), damage: damageOf }),
  );

type Damage = typeof damageOf extends fc.Arbitrary<infer T> ? T : never;

/** The same for FFmpeg, as filters of packets. */
function filtersOf({ offset, jump, repeated, timeless, moved, gone }: Damage): readonly string[] {
  const at = (numbers: readonly number[]) => numbers.map((number) => `eq(N,${number})`).join('+') || '0';
  const later = jump ? `+if(gte(N,${jump.at}),${jump.by},0)` : '';
  const own = ['PTS', ...moved.map(([number, by]) => `if(eq(N,${number}),${by},0)`), offset].join('+') + later;
  const pts = `if(${at(timeless)},NOPTS,if(${at(repeated)},PREV_OUTPTS,${own}))`;
  const filters = [`setts=pts='${pts}':dts='DTS+${offset}${later}'`];
  return gone.length ? [...filters, `noise=drop='${gone.map((number) => `eq(n,${number})`).join('+')}'`] : filters;
}

const ffmpeg = needs.ffmpeg();
describe.skipIf(!ffmpeg)('any stream', () => {
  let folder: string;
  let clips: ClipMaker;
  const encoded = new Map<string, string>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-streams-'));
    clips = clipMaker(ffmpeg!, folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const encode = (stream: string): string => {
    const known = encoded.get(stream);
    if (known) return known;
    const source = ['-f', 'lavfi', '-i', moving(64, 48, { rate: RATE, seconds: PICTURES / RATE })];
    const path = clips.make(`whole-${encoded.size}.mkv`, ...source, ...STREAMS[stream]![1]);
    encoded.set(stream, path);
    return path;
  };

  /** Frames and packets that ffprobe counts. */
  const probe = (path: string): { readonly frames: number; readonly packets: number } => {
    const entries = ['-count_frames', '-count_packets', '-show_entries', 'stream=nb_read_frames,nb_read_packets'];
    const args = ['-v', 'quiet', '-select_streams', 'v:0', ...entries, '-of', 'default=nw=1:nk=1', path];
    const [frames, packets] = execFileSync(ffmpeg!.replace(/ffmpeg$/, 'ffprobe'), args)
      .toString()
      .split('\n')
      .map(Number);
    return { frames: frames || 0, packets: packets || 0 };
  };

  it('gives as many frames as ffprobe counts, or names the difference', { timeout: 300_000 }, async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(streamOf, async ({ stream, container, damage }) => {
        const filter = filtersOf(damage).join(',');
        const file = `${number++}.${container}`;
        let path: string;
        try {
          path = clips.make(file, '-copyts', '-i', encode(stream), '-c', 'copy', '-bsf:v', filter);
        } catch {
          // Some containers take no such times.
          fc.pre(false);
          return;
        }
        const counted = probe(path);
        fc.pre(counted.packets > 0);
        let clip: FrameSource;
        try {
          clip = await openClip(path);
        } catch (error) {
          // Refused: only what FFmpeg sees nothing in, either.
          expect(error).toMatchObject({ code: 'invalid-data' });
          expect(counted.frames, (error as Error).message).toBe(0);
          return;
        }
        const { frames, error } = await readAll(clip);
        const account = clip.account!;
        const dropped = account.dropped.reduce((sum, one) => sum + one.frames, 0);
        expect(account.given).toBe(frames.length);
        expect(account.read).toBe(account.given + account.repeated + dropped);
        expect(account.read).toBeGreaterThanOrEqual(counted.packets);
        const fewer = counted.frames - frames.length;
        expect(dropped + account.repeated).toBeGreaterThanOrEqual(fewer);
        // More are given only where an edit list cuts a frame in two, which ffprobe leaves out.
        if (fewer < 0) expect(['mp4', 'mov']).toContain(container);
        const lost = account.dropped.some(({ why }) => LOSSES.includes(why));
        if (lost)
          expect(error).toMatchObject({ code: 'invalid-data', message: expect.stringContaining('frames cannot be decoded') });
        // What cannot be decoded at the beginning belongs to the clip's time, and one time that is wrong may be the earliest.
        if (!dropped && !account.retimed && frames[0]) expect(frames[0].timestamp).toBe(0);
        for (const [i, { timestamp, duration }] of frames.entries()) {
          if (i > 0) expect(timestamp).toBeGreaterThan(frames[i - 1]!.timestamp);
          expect(timestamp).toBeGreaterThanOrEqual(0);
          expect(duration).toBeGreaterThanOrEqual(0);
        }
      }),
      RUNS,
    );
  });
});
