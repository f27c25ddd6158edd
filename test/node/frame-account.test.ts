/** Every image of a clip is given or named: the ledger alone, streams with times of every kind, and what the summary says. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFrameLedger, lossText } from '#dist/node/video/frame-ledger.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { createSummary } from '#dist/report/sums/summary.js';
import { videoSummarySchema } from '#dist/results/video-result.js';
import { type ClipMaker, clipMaker, moving, readAll } from './fixtures/clips.js';
import { fault } from './fixtures/faults.js';
import { FACTS, faceOf, frameOf, MODELS } from './fixtures/frame-results.js';
import { needs } from './needs.js';

const image = (time: number | undefined, others = {}) => ({ time, key: true, empty: false, shown: true, ...others });
const decoded = (time: number | undefined, others = {}) => ({ time, guess: time, reorders: false, interlaced: false, ...others });

describe('the ledger', () => {
  it('leaves times alone that go on, also where images come out in another order than they go in', () => {
    const ledger = createFrameLedger(1);
    for (const time of [0, 3, 1, 2]) ledger.send(image(time, { key: time === 0 }));
    const times = [0, 1, 2, 3].map((time) => ledger.receive(decoded(time, { reorders: true })).time);
    expect(times).toEqual([0, 1, 2, 3]);
    for (const _ of times) ledger.give(true);
    expect(ledger.close(4)).toEqual({ read: 4, given: 4, retimed: 0, repeated: 0, dropped: [] });
  });

  it('gives times that stand in the order of decoding in rising order, from 0', () => {
    const ledger = createFrameLedger(1);
    const sent = [-2, -1, 0, 1, 2, 3];
    // Decoded as I0 P3 B1 B2, P5 B4.
    const out = [-2, 0, 1, -1, 3, 2];
    const times: number[] = [];
    for (const [i, time] of sent.entries()) {
      ledger.send(image(time, { key: i === 0 }));
      if (i >= 2) times.push(ledger.receive(decoded(out[i - 2], { reorders: true })).time);
    }
    for (const time of out.slice(4)) times.push(ledger.receive(decoded(time, { reorders: true })).time);
    expect(times).toEqual([-2, 1, 2, 3, 4, 5]);
  });

  it('mends times that repeat, go back a little or are missing, and goes on behind a jump', () => {
    const ledger = createFrameLedger(1);
    const own = [0, 1, 1, 2, undefined, 50, 3, 4];
    for (const time of own) ledger.send(image(time));
    const found = own.map((time) => ledger.receive(decoded(time)));
    expect(found.map(({ time }) => time)).toEqual([0, 1, 1.5, 2, 3, 50, 51, 52]);
    expect(found.filter(({ jump }) => jump)).toHaveLength(1);
    for (const _ of own) ledger.give(true);
    expect(ledger.close(undefined)).toMatchObject({ read: 8, given: 8, retimed: 4 });
  });

  it('names what never came out', () => {
    const ledger = createFrameLedger(1);
    const sent = [
      ...[0, 1, 2].map((time) => image(time, { key: false })),
      ...[3, 4].map((time) => image(time)),
      image(5, { empty: true }),
      image(6, { shown: false }),
      image(7),
      image(8),
    ];
    for (const one of sent) ledger.send(one);
    for (const time of [2, 3, 4, 7]) {
      ledger.receive(decoded(time));
      ledger.give(time !== 2);
    }
    const account = ledger.close(11);
    expect(account).toEqual({
      read: 11,
      given: 3,
      retimed: 0,
      repeated: 1,
      dropped: [
        { frames: 2, why: 'no-key-frame' },
        { frames: 1, why: 'undecodable' },
        { frames: 2, why: 'missing' },
        { frames: 1, why: 'before-start' },
        { frames: 1, why: 'not-shown' },
      ],
    });
    expect(lossText(account)).toContain('2 of its 11 frames cannot be decoded, since it begins without a key frame');
    expect(lossText({ ...account, dropped: [{ frames: 1, why: 'not-shown' }] })).toBeUndefined();
  });

  it('counts both fields of a frame, and two frames in one packet', () => {
    const fields = createFrameLedger(1);
    for (const time of [0, 0.5, 1, 1.5]) fields.send(image(time));
    for (const time of [0, 1]) {
      fields.receive(decoded(time, { interlaced: true }));
      fields.give(true);
    }
    expect(fields.close(undefined)).toMatchObject({ read: 4, given: 2, dropped: [{ frames: 2, why: 'not-shown' }] });
    const packed = createFrameLedger(1);
    packed.send(image(0));
    for (const time of [0, 1]) {
      packed.receive(decoded(time));
      packed.give(true);
    }
    expect(packed.close(undefined)).toMatchObject({ read: 2, given: 2, dropped: [] });
  });
});

it('the summary holds the account, and reads summaries from before there was one', () => {
  const settings = {};
  const account = { read: 3, given: 2, retimed: 1, repeated: 0, dropped: [{ frames: 1, why: 'undecodable' as const }] };
  const summary = createSummary({ source: 'a.mp4', facts: FACTS, settings, models: MODELS });
  summary.add(frameOf(0, 0, [faceOf(1, { happy: 1 })]));
  const written = summary.finish({ account });
  expect(videoSummarySchema.parse(written).clip.account).toEqual(account);
  const { account: _, ...older } = written.clip;
  expect(videoSummarySchema.parse({ ...written, clip: older }).clip.account).toBeUndefined();
});

const ffmpeg = needs.ffmpeg();
describe.skipIf(!ffmpeg)('streams', () => {
  let folder: string;
  let clips: ClipMaker;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-account-'));
    clips = clipMaker(ffmpeg!, folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const SMALL = ['-f', 'lavfi', '-i', moving(64, 48, { seconds: 4 })];
  const STREAMS = {
    'h264 with B-frames': ['mkv', '-c:v', 'libx264', '-preset', 'fast', '-bf', '3', '-g', '12', '-pix_fmt', 'yuv420p'],
    'h264 without': ['mp4', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '12', '-pix_fmt', 'yuv420p'],
    'hevc, open groups': [
      ...['mkv', '-c:v', 'libx265', '-pix_fmt', 'yuv420p'],
      ...['-x265-params', 'log-level=none:keyint=12:min-keyint=12:open-gop=1:scenecut=0'],
    ],
    'vp8 with hidden images': ['webm', '-c:v', 'libvpx', '-auto-alt-ref', '1', '-lag-in-frames', '16'],
    'mpeg4 in avi': ['avi', '-c:v', 'mpeg4', '-bf', '2', '-g', '12'],
  } as const;
  const TIMES = {
    'as they are': [],
    negative: ['setts=pts=PTS-350:dts=DTS-350'],
    repeated: ["setts=pts='if(eq(mod(N,5),4),PREV_INPTS,PTS)'"],
    'jumping ahead': ["setts=pts='PTS+if(gt(N,20),5000,0)':dts='DTS+if(gt(N,20),5000,0)'"],
    'jumping back': ["setts=pts='PTS-if(gt(N,25),2000,0)':dts='DTS'"],
    'without its first images': ["noise=drop='lt(n,5)'"],
    'without some images': ["noise=drop='eq(mod(n,9),8)'"],
  } as const;

  /** Frames and packets that ffprobe counts. */
  const probe = (path: string): readonly [frames: number, packets: number] => {
    const entries = ['-count_frames', '-count_packets', '-show_entries', 'stream=nb_read_frames,nb_read_packets'];
    const args = ['-v', 'quiet', '-select_streams', 'v:0', ...entries, '-of', 'csv=p=0', path];
    const [frames, packets] = execFileSync(ffmpeg!.replace(/ffmpeg$/, 'ffprobe'), args)
      .toString()
      .split(',')
      .map(Number);
    return [frames!, packets!];
  };

  describe.each(Object.entries(STREAMS))('%s', (name, [ending, ...codec]) => {
    it.each(Object.entries(TIMES))('times %s: as many frames as ffprobe counts, or named', async (kind, filter) => {
      const stem = `${name}-${kind}`.replaceAll(/\W+/g, '-');
      const base = clips.make(`${name.replaceAll(/\W+/g, '-')}.${ending}`, ...SMALL, ...codec);
      const path = clips.make(`${stem}.${ending}`, '-i', base, '-c', 'copy', ...filter.flatMap((one) => ['-bsf:v', one]));
      const [expected, packets] = probe(path);
      await using clip = await openClip(path);
      const { frames, error } = await readAll(clip);
      const account = clip.account!;
      const dropped = account.dropped.reduce((sum, one) => sum + one.frames, 0);
      expect(account.given).toBe(frames.length);
      expect(account.read).toBe(account.given + account.repeated + dropped);
      expect(account.read).toBeGreaterThanOrEqual(packets);
      // More than ffprobe counts is no loss: it leaves out a frame that the edit list cuts in two.
      if (frames.length < expected) expect(dropped, JSON.stringify(account)).toBeGreaterThan(0);
      expect(frames.length).toBeLessThanOrEqual(Math.max(expected || 0, packets));
      const lost = account.dropped.some(({ why }) => ['no-key-frame', 'undecodable', 'missing'].includes(why));
      if (lost) expect(error).toMatchObject({ code: 'invalid-data', message: expect.stringContaining('cannot be decoded') });
      for (const [i, { timestamp }] of frames.entries()) if (i > 0) expect(timestamp).toBeGreaterThan(frames[i - 1]!.timestamp);
    });
  });

  const scrambled = fault('world/pts-in-decode-order.mp4');
  it.skipIf(!scrambled)('with times in the order of decoding give every frame, at even times', async () => {
    await using clip = await openClip(scrambled!);
    const { frames, error } = await readAll(clip);
    expect(error).toBeUndefined();
    expect(frames).toHaveLength(75);
    for (const [i, { timestamp }] of frames.entries()) expect(timestamp).toBeCloseTo(i / 25, 3);
    expect(clip.account).toMatchObject({ read: 75, given: 75, dropped: [] });
  });

  it('that begin without a key frame say how many images cannot be decoded', async () => {
    const whole = clips.make('whole.mkv', ...SMALL, ...STREAMS['h264 without'].slice(1));
    const path = clips.make('headless.mkv', '-i', whole, '-c', 'copy', '-bsf:v', "noise=drop='lt(n,5)'");
    await using clip = await openClip(path);
    const { frames, error } = await readAll(clip);
    expect(frames).toHaveLength(28);
    expect(clip.account).toMatchObject({ read: 35, given: 28, dropped: [{ frames: 7, why: 'no-key-frame' }] });
    expect((error as Error).message).toContain('7 of its 35 frames cannot be decoded, since it begins without a key frame');
  });
});
