/** Clips whose own clock does not start at 0, or runs over: times, counts and lengths are those of the same clip that starts there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyzeClip } from '#dist/apps/analyze/analyze-clip.js';
import { openAudio } from '#dist/node/video/copy-audio.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { type ClipMaker, clipMaker, moving, readAll } from './fixtures/clips.js';
import { needs } from './needs.js';

const ffmpeg = needs.ffmpeg();
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', 'yuv420p'];
const MPEG = ['-c:v', 'mpeg2video', '-q:v', '3'];
/** MPEG's clock runs over after 95,443.7 s. */
const LATE = 95_441.4;

describe.skipIf(!ffmpeg)('a clip that does not start at 0', () => {
  let folder: string;
  let clips: ClipMaker;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phiz-starts-'));
    clips = clipMaker(ffmpeg!, folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const source = ['-f', 'lavfi', '-i', moving(64, 48, { rate: 25, seconds: 3 })];
  const make = (name: string, offset: number, ...coded: string[]) =>
    clips.make(name, ...source, ...coded, '-output_ts_offset', String(offset));

  // MPEG-TS and -PS, as FFmpeg writes them, add some time of their own.
  it.each([
    ['mp4', 3600, H264],
    ['mov', 100_000, H264],
    ['mkv', 1, H264],
    ['ts', 3600, H264],
    ['ts', LATE, H264],
    ['m2ts', 90_000, H264],
    ['mpg', 3600, MPEG],
    ['mpg', LATE, MPEG],
    ['flv', 100_000, H264],
    ['wmv', 3600, ['-c:v', 'wmv2']],
    ['webm', 3600, ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']],
  ] as const)('%s at %d s', async (ending, offset, coded) => {
    const path = make(`${ending}-${offset}.${ending}`, offset, ...coded);
    await using clip = await openClip(path, { maxDuration: 10 });
    expect(Math.abs(clip.facts.start! - offset)).toBeLessThan(3);
    expect(Math.abs(clip.facts.duration - 3)).toBeLessThan(0.15);
    const { frames, error } = await readAll(clip);
    expect(error).toBeUndefined();
    expect(frames).toHaveLength(75);
    for (const [i, { timestamp }] of frames.entries()) expect(timestamp).toBeCloseTo(i / 25, 2);
    expect(clip.account).toMatchObject({ read: 75, given: 75, dropped: [] });
  });

  it('ogv at 3600 s, some of whose packets are empty: the frame before stays', async () => {
    const path = make('theora.ogv', 3600, '-c:v', 'libtheora');
    await using clip = await openClip(path, { maxDuration: 10 });
    expect(clip.facts).toMatchObject({ start: 3600, duration: 3 });
    const { frames, error } = await readAll(clip);
    expect(error).toBeUndefined();
    expect(frames).toHaveLength(clips.times(path).length);
    expect(clip.account).toMatchObject({ read: 75, given: frames.length, repeated: 75 - frames.length, dropped: [] });
    expect(clip.account!.repeated).toBeGreaterThan(5);
  });

  it('because its sound begins earlier', async () => {
    for (const ending of ['mp4', 'mkv', 'ts']) {
      const tone = ['-f', 'lavfi', '-i', 'sine=440:d=8', '-itsoffset', '5'];
      const mapped = ['-map', '0:a', '-map', '1:v', '-fps_mode', 'passthrough', ...H264, '-c:a', 'aac'];
      const path = clips.make(`sound.${ending}`, ...tone, ...source, ...mapped);
      await using clip = await openClip(path);
      expect(clip.facts.start, ending).toBeGreaterThan(4.9);
      expect(clip.facts.duration, ending).toBeCloseTo(3, 1);
      expect((await readAll(clip)).frames.map(({ timestamp }) => timestamp).at(-1), ending).toBeCloseTo(2.96, 2);
    }
  });

  it.each(['ts', 'mpg'])('whose clock runs over (%s): sound keeps to the frames', async (ending) => {
    const bunny = await import('mediabunny');
    const { registerMediabunnyServer } = await import('@mediabunny/server');
    registerMediabunnyServer();
    const tone = ['-f', 'lavfi', '-i', 'sine=440:d=3'];
    const coded = [...(ending === 'ts' ? H264 : MPEG), '-c:a', ending === 'ts' ? 'aac' : 'mp2'];
    /** When each piece of sound begins. */
    const soundOf = async (offset: number): Promise<readonly number[]> => {
      const path = clips.make(`tone-${offset}.${ending}`, ...source, ...tone, ...coded, '-output_ts_offset', String(offset));
      await using clip = await openClip(path);
      const audio = await openAudio(bunny, path, clip.facts.start);
      const times: number[] = [];
      const add = async (piece: { readonly timestamp: number }) => void times.push(piece.timestamp);
      Object.assign(audio!.source, { add });
      await audio!.feed();
      await audio!.close();
      return times;
    };
    const [plain, late] = [await soundOf(10), await soundOf(LATE)];
    expect(late.length).toBeGreaterThan(100);
    expect(late).toHaveLength(plain.length);
    for (const [i, time] of late.entries()) expect(time).toBeCloseTo(plain[i]!, 2);
  });

  it('is as long as its frames, however few are analysed and whatever the file promises', { timeout: 60_000 }, async () => {
    // The last pictures of MPEG-PS have no times in the file.
    const path = make('short.mpg', 0, '-c:v', 'mpeg1video');
    const { summary } = await analyzeClip(path, { stream: { fps: 1 } });
    expect(summary.clip.duration).toBeCloseTo(3, 6);
    const part = await analyzeClip(path, { stream: { fps: 1, to: 1 } });
    expect(part.summary.clip.duration).toBeGreaterThan(2.8);
  });
});
