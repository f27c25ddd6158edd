/** Real files of every kind that phiz reads frames from, held against what ffmpeg and ffprobe see in them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClip } from '#dist/node/video/clip-kind.js';
import { openClip } from '#dist/node/video/open-clip.js';
import {
  type ClipMaker,
  CORNERS,
  clipMaker,
  cornersOf,
  difference,
  moving,
  quarters,
  readAll,
  withMatrix,
} from './fixtures/clips.js';
import { packedAvi } from './fixtures/packed-avi.js';
import { needs } from './needs.js';

const ffmpeg = needs.ffmpeg();
let folder: string;
let clips: ClipMaker;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-clips-'));
  clips = clipMaker(ffmpeg ?? '', folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const LAVFI = ['-f', 'lavfi', '-i'];
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
/** With images that refer to later ones, so that decoding order is not display order. */
const X264_B = ['-c:v', 'libx264', '-preset', 'fast', '-bf', '2', '-g', '6', '-pix_fmt', 'yuv420p'];

function expectColours(found: readonly (readonly number[])[], expected: readonly (keyof typeof CORNERS)[], within: number): void {
  for (const [i, name] of expected.entries())
    for (const [c, level] of CORNERS[name].entries())
      expect(Math.abs(found[i]![c]! - level), `corner ${i} is ${found[i]}, not ${name}`).toBeLessThanOrEqual(within);
}

describe.skipIf(!ffmpeg)('clips', () => {
  const CODECS = [
    ['h264.mp4', 'mp4', 'h264', X264_B],
    ['h264.mkv', 'mkv', 'h264', X264_B],
    ['deep.mp4', 'mp4', 'h264', ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le']],
    ['hevc.mp4', 'mp4', 'hevc', ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p', '-tag:v', 'hvc1']],
    [
      'deep.mov',
      'mov',
      'hevc',
      ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p10le', '-tag:v', 'hvc1'],
    ],
    ['vp9.webm', 'webm', 'vp9', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-pix_fmt', 'yuv420p']],
    ['vp8.webm', 'webm', 'vp8', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-pix_fmt', 'yuv420p']],
    ['av1.mkv', 'mkv', 'av1', ['-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', '-pix_fmt', 'yuv420p']],
    ['mjpeg.avi', 'avi', 'mjpeg', ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p']],
    ['mpeg4.avi', 'avi', 'mpeg4', ['-c:v', 'mpeg4', '-q:v', '2', '-bf', '2']],
    ['h264.avi', 'avi', 'h264', X264],
    ['reordered.avi', 'avi', 'h264', X264_B],
    ['stream.mjpeg', 'mjpeg', 'mjpeg', ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj422p']],
    ['mjpeg.mov', 'mov', 'mjpeg', ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p']],
    ['ffv1.mkv', 'mkv', 'ffv1', ['-c:v', 'ffv1', '-pix_fmt', 'yuv422p']],
    ['h264.ts', 'ts', 'h264', X264_B],
    ['camera.m2ts', 'ts', 'h264', X264],
    ['wmv2.wmv', 'wmv', 'wmv2', ['-c:v', 'wmv2', '-q:v', '2']],
    ['h264.flv', 'flv', 'h264', X264_B],
    ['flash.flv', 'flv', 'flv', ['-c:v', 'flv', '-q:v', '2']],
    ['theora.ogv', 'ogg', 'theora', ['-c:v', 'libtheora', '-q:v', '9', '-pix_fmt', 'yuv420p']],
  ] as const;

  describe('every frame comes at its time, with the pixels that ffmpeg sees', () => {
    it.each(CODECS)('%s', async (name, container, codec, args) => {
      const path = clips.make(name, ...LAVFI, moving(160, 96), ...args);
      await using clip = await openClip(path);
      expect(clip.facts).toMatchObject({ width: 160, height: 96, container, codec, rotation: 0, audio: false });
      // An MJPEG stream knows no rate; players agree on 25.
      const rate = container === 'mjpeg' ? 25 : 10;
      expect(clip.facts.frameRate).toBeCloseTo(rate, 0);
      expect(clip.facts.duration).toBeCloseTo(10 / rate, 1);
      if (clip.facts.frameCount !== undefined) expect(clip.facts.frameCount).toBe(10);
      const { frames, error } = await readAll(clip);
      expect(error).toBeUndefined();
      expect(frames).toHaveLength(10);
      expect(frames[0]!.timestamp).toBe(0);
      // AVI tells the times of decoding alone, and ffprobe shows each frame when it comes out of the decoder.
      const delay = container === 'avi' ? clips.times(path)[0]! : clip.facts.start!;
      for (const [i, time] of clips.times(path).entries())
        if (time !== null) expect(Math.abs(frames[i]!.timestamp - (time - delay))).toBeLessThan(0.001);
      for (const [i, { timestamp, duration }] of frames.entries()) {
        expect(timestamp + duration).toBeCloseTo(frames[i + 1]?.timestamp ?? timestamp + 1 / rate, 2);
        expect(duration).toBeGreaterThan(0);
      }
      const seen = clips.pixels(path, 160, 96);
      for (const [i, { image }] of frames.entries()) {
        expect(image).toMatchObject({ width: 160, height: 96, channels: 3 });
        // Its own frame and not the one beside it: those differ by several levels.
        expect(difference(image.data, seen[Math.min(i, seen.length - 1)]!)).toBeLessThan(1.5);
      }
      expect(difference(frames[4]!.image.data, seen[5]!)).toBeGreaterThan(2);
      expect(await isClip(path)).toBe(true);
    });
  });

  it('an AVI whose chunks hold two images, as DivX packed them', async () => {
    const plain = clips.make('b.avi', ...LAVFI, moving(160, 96), '-c:v', 'mpeg4', '-q:v', '2', '-bf', '1', '-b_strategy', '0');
    await using clip = await openClip(packedAvi(readFileSync(plain)));
    const { frames, error } = await readAll(clip);
    expect(error).toBeUndefined();
    const seen = clips.pixels(plain, 160, 96);
    expect(frames).toHaveLength(seen.length);
    for (const [i, { timestamp, image }] of frames.entries()) {
      expect(timestamp).toBeCloseTo(i / 10, 5);
      expect(difference(image.data, seen[i]!)).toBeLessThan(1.5);
    }
    expect(clip.account).toMatchObject({ given: 10, dropped: [] });
  });

  describe('from memory, in the right colours', () => {
    const chosen = ['deep.mov', 'vp9.webm', 'av1.mkv', 'mjpeg.avi', 'stream.mjpeg', 'ffv1.mkv'];
    it.each(CODECS.filter(([name]) => chosen.includes(name)))('%s', async (name, _container, _codec, args) => {
      const path = clips.make(`quarters-${name}`, ...LAVFI, quarters(128, 96, { seconds: 0.3 }), ...args);
      await using clip = await openClip(readFileSync(path), { name });
      const { frames, error } = await readAll(clip);
      expect(error).toBeUndefined();
      expect(frames).toHaveLength(3);
      for (const frame of frames) expectColours(cornersOf(frame), ['red', 'green', 'blue', 'white'], 6);
    });
  });

  describe('as displayed', () => {
    it.each([
      [0, [1, 0, 0, 1], ['red', 'green', 'blue', 'white']],
      [90, [0, 1, -1, 0], ['blue', 'red', 'white', 'green']],
      [180, [-1, 0, 0, -1], ['white', 'blue', 'green', 'red']],
      [270, [0, -1, 1, 0], ['green', 'white', 'red', 'blue']],
    ] as const)('turned by %i°', async (rotation, matrix, corners) => {
      const path = clips.make('plain.mp4', ...LAVFI, quarters(160, 96, { seconds: 0.3 }), ...X264);
      await using clip = await openClip(withMatrix(readFileSync(path), matrix));
      const [width, height] = rotation % 180 ? [96, 160] : [160, 96];
      expect(clip.facts).toMatchObject({ width, height, rotation });
      const { frames } = await readAll(clip);
      expect(frames).toHaveLength(3);
      for (const frame of frames) {
        expect(frame.image).toMatchObject({ width, height });
        expectColours(cornersOf(frame), corners, 6);
      }
    });

    it('mirrored, and turned where only FFmpeg reads the codec', async () => {
      const plain = clips.make('plain.mp4', ...LAVFI, quarters(160, 96, { seconds: 0.2 }), ...X264);
      const jpeg = clips.make('turned.mov', ...LAVFI, quarters(160, 96, { seconds: 0.2 }), '-c:v', 'mjpeg', '-q:v', '2');
      for (const [bytes, matrix, rotation, corners] of [
        [readFileSync(plain), [-1, 0, 0, 1], 0, ['green', 'red', 'white', 'blue']],
        [readFileSync(jpeg), [0, 1, -1, 0], 90, ['blue', 'red', 'white', 'green']],
        [readFileSync(jpeg), [-1, 0, 0, 1], 0, ['green', 'red', 'white', 'blue']],
      ] as const) {
        await using clip = await openClip(withMatrix(bytes, matrix));
        expect(clip.facts).toMatchObject({ rotation, width: rotation ? 96 : 160 });
        const { frames } = await readAll(clip);
        expectColours(cornersOf(frames[1]!), corners, 8);
      }
    });

    it.each(['mp4', 'mkv'])('with square pixels (%s)', async (ending) => {
      for (const [aspect, width, height] of [
        ['2/1', 256, 96],
        ['1/2', 128, 192],
      ] as const) {
        const source = `${quarters(128, 96, { seconds: 0.3 })},setsar=${aspect}`;
        await using clip = await openClip(clips.make(`aspect.${ending}`, ...LAVFI, source, ...X264));
        expect(clip.facts).toMatchObject({ width, height });
        const { frames } = await readAll(clip);
        expect(frames).toHaveLength(3);
        expect(frames[0]!.image).toMatchObject({ width, height });
        expectColours(cornersOf(frames[0]!), ['red', 'green', 'blue', 'white'], 6);
      }
    });

    it.each([
      ['odd.mp4', ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p']],
      ['odd.webm', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-pix_fmt', 'yuv420p']],
      ['odd.avi', ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj420p']],
    ] as const)('with odd sizes (%s)', async (name, args) => {
      const path = clips.make(name, ...LAVFI, quarters(321, 241, { seconds: 0.2 }), ...args);
      await using clip = await openClip(path);
      expect(clip.facts).toMatchObject({ width: 321, height: 241 });
      const { frames, error } = await readAll(clip);
      expect(error).toBeUndefined();
      expect(frames).toHaveLength(2);
      expect(frames[0]!.image.data).toHaveLength(321 * 241 * 3);
      expectColours(cornersOf(frames[0]!), ['red', 'green', 'blue', 'white'], 6);
    });

    it('in the colours of the matrix that the stream names', async () => {
      const bt709 = ['-vf', 'scale=out_color_matrix=bt709', '-colorspace', 'bt709'];
      for (const [name, args] of [
        ['bt709.mp4', [...bt709, ...X264]],
        ['full.mp4', ['-vf', 'scale=out_range=full', '-color_range', 'pc', ...X264]],
      ] as const) {
        await using clip = await openClip(clips.make(name, ...LAVFI, quarters(128, 96, { seconds: 0.1 }), ...args));
        expectColours(cornersOf((await readAll(clip)).frames[0]!), ['red', 'green', 'blue', 'white'], 6);
      }
    });
  });

  describe('times', () => {
    it.each(['mp4', 'mkv', 'webm'])('of a variable frame rate (%s)', async (ending) => {
      const codec = ending === 'webm' ? ['-c:v', 'libvpx', '-deadline', 'realtime', '-pix_fmt', 'yuv420p'] : X264_B;
      const source = `${moving(96, 64, { rate: 25 })},select='lt(n,4)+eq(n,9)+eq(n,10)+gt(n,19)'`;
      const loose = clips.make(`loose.${ending === 'webm' ? 'webm' : 'mkv'}`, ...LAVFI, source, ...codec);
      const path = clips.make(`variable.${ending}`, '-i', loose, '-c', 'copy');
      const times = clips.times(path);
      await using clip = await openClip(path);
      const { frames } = await readAll(clip);
      expect(frames.map(({ timestamp }) => Math.round(timestamp * 1000))).toEqual(times.map((time) => Math.round(time! * 1000)));
      const gaps = new Set(frames.slice(0, -1).map(({ duration }) => Math.round(duration * 100)));
      expect([...gaps].sort((a, b) => a - b)).toEqual([4, 24, 40]);
      expect(clip.facts.frameRate).toBeCloseTo(frames.length / clip.facts.duration, -1);
    });

    it('begin where an edit list says', async () => {
      const whole = clips.make('whole.mp4', ...LAVFI, moving(96, 64, { rate: 20 }), ...X264_B, '-g', '30');
      const path = clips.make('cut.mp4', '-ss', '0.5', '-i', whole, '-c', 'copy');
      const shown = clips.pixels(path, 96, 64);
      await using clip = await openClip(path);
      const { frames, error } = await readAll(clip);
      expect(error).toBeUndefined();
      expect(frames[0]!.timestamp).toBeCloseTo(0, 2);
      expect(frames).toHaveLength(10);
      expect(difference(frames[0]!.image.data, shown[0]!)).toBeLessThan(1.5);
    });

    it.each([
      ['late.webm', ['-c:v', 'libvpx', '-deadline', 'realtime', '-pix_fmt', 'yuv420p'], 3600],
      ['late.mkv', X264_B, 100_000],
      ['late.mp4', X264_B, 12.5],
      ['late.mov', ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p'], 7],
      ['late-ffv1.mkv', ['-c:v', 'ffv1', '-pix_fmt', 'yuv422p'], 90_000],
    ] as const)('count from the first frame, wherever the clock of the file stands: %s', async (name, codec, offset) => {
      const path = clips.make(name, ...LAVFI, moving(96, 64, { seconds: 2 }), ...codec, '-output_ts_offset', String(offset));
      const { frames, error, facts } = await (async () => {
        await using clip = await openClip(path, { maxDuration: 5 });
        return { facts: clip.facts, ...(await readAll(clip)) };
      })();
      expect(error).toBeUndefined();
      expect(frames).toHaveLength(20);
      for (const [i, { timestamp }] of frames.entries()) expect(timestamp).toBeCloseTo(i / 10, 2);
      expect(frames[0]!.timestamp).toBe(0);
      expect(Math.abs(facts.start! - offset)).toBeLessThan(0.25);
      expect(facts.duration).toBeCloseTo(2, 1);
    });

    it.each(['mpeg1video', 'mpeg2video'])('of MPEG programme and transport streams (%s)', async (codec) => {
      for (const ending of ['mpg', 'vob', 'ts']) {
        const made = [...LAVFI, moving(160, 96, { rate: 25 }), '-c:v', codec, '-q:v', '2', '-bf', '2', '-g', '12'];
        await using clip = await openClip(clips.make(`${codec}.${ending}`, ...made));
        expect(clip.facts).toMatchObject({ width: 160, height: 96, codec, container: ending === 'ts' ? 'ts' : 'mpg' });
        expect(clip.facts.duration).toBeCloseTo(1, 1);
        const { frames, error } = await readAll(clip);
        expect(error).toBeUndefined();
        expect(frames).toHaveLength(25);
        for (const [i, { timestamp }] of frames.entries()) expect(timestamp).toBeCloseTo(i / 25, 2);
      }
    });

    it('of one frame only', async () => {
      for (const name of ['one.mp4', 'one.webm', 'one.mjpeg', 'one.avi']) {
        const codec = { mp4: X264, webm: ['-c:v', 'libvpx'], mjpeg: ['-c:v', 'mjpeg'], avi: ['-c:v', 'mjpeg'] }[name.slice(4)]!;
        const path = clips.make(name, ...LAVFI, quarters(64, 64), '-frames:v', '1', ...codec);
        await using clip = await openClip(path);
        const { frames, error } = await readAll(clip);
        expect(error, name).toBeUndefined();
        expect(frames, name).toHaveLength(1);
        expect(frames[0], name).toMatchObject({ timestamp: 0 });
        expect(frames[0]!.duration, name).toBeGreaterThan(0);
        expect(await isClip(path), name).toBe(true);
      }
    });
  });

  it('tells whether there is sound', async () => {
    for (const [name, video, audio] of [
      ['tone.mp4', X264, ['-c:a', 'aac']],
      ['tone.webm', ['-c:v', 'libvpx', '-deadline', 'realtime'], ['-c:a', 'libopus']],
      ['tone.avi', ['-c:v', 'mjpeg'], ['-c:a', 'libmp3lame']],
    ] as const) {
      const tone = [...LAVFI, 'sine=f=440:d=1'];
      await using clip = await openClip(clips.make(name, ...LAVFI, moving(96, 64), ...tone, ...video, ...audio, '-shortest'));
      expect(clip.facts.audio, name).toBe(true);
      const { frames, error } = await readAll(clip);
      expect(error, name).toBeUndefined();
      expect(frames.length, name).toBe(10);
    }
  });

  describe('reading', () => {
    let path: string;
    beforeAll(() => {
      path = clips.make('plain.mp4', ...LAVFI, moving(96, 64, { rate: 30 }), ...X264);
    });

    it('converts only the sample', async () => {
      await using clip = await openClip(pathToFileURL(path));
      const { frames } = await readAll(clip, { sample: { fps: 10 } });
      expect(frames).toHaveLength(30);
      const there = frames.map((frame) => {
        try {
          return frame.image.width === 96;
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-option' });
          return false;
        }
      });
      expect(there).toEqual(frames.map((_, i) => i % 3 === 0));
    });

    it('gives the same pixels whether frames are released or kept', async () => {
      await using kept = await openClip(path);
      const { frames } = await readAll(kept);
      await using lent = await openClip(path, { ahead: 1 });
      let i = 0;
      for await (const frame of lent.frames()) {
        expect(Buffer.compare(Buffer.from(frame.image.data), Buffer.from(frames[i++]!.image.data))).toBe(0);
        frame.release?.();
        expect(frame.image.data).toHaveLength(0);
        frame.release?.();
      }
      expect(i).toBe(30);
    });

    it('stops when the reader does, when the signal says so, and when the clip is disposed', async () => {
      await using left = await openClip(path);
      for await (const frame of left.frames()) if (frame.timestamp > 0.1) break;
      await expect(readAll(left)).resolves.toMatchObject({ error: { code: 'disposed' } });

      const stop = new AbortController();
      await using stopped = await openClip(path);
      const seen: number[] = [];
      await expect(async () => {
        for await (const frame of stopped.frames({ signal: stop.signal })) {
          seen.push(frame.timestamp);
          if (seen.length === 5) stop.abort();
        }
      }).rejects.toMatchObject({ code: 'aborted' });
      expect(seen).toHaveLength(5);
      await expect(openClip(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });

      const closed = await openClip(path);
      await closed[Symbol.asyncDispose]();
      await closed[Symbol.asyncDispose]();
      await expect(readAll(closed)).resolves.toMatchObject({ frames: [], error: { code: 'disposed' } });
    });

    it('is aborted also where all is decoded and waits to be read', async () => {
      const stop = new AbortController();
      await using clip = await openClip(path, { ahead: 40 });
      await expect(async () => {
        for await (const frame of clip.frames({ signal: stop.signal })) {
          frame.release?.();
          // Its thread has ended by then.
          await sleep(1000);
          stop.abort();
        }
      }).rejects.toMatchObject({ code: 'aborted' });
    });

    it('keeps to its limits', async () => {
      await expect(openClip(path, { maxPixels: 6143 })).rejects.toMatchObject({ code: 'image-too-large' });
      await expect(openClip(path, { maxDuration: 0.9 })).rejects.toMatchObject({ code: 'invalid-data' });
      for (const options of [{ ahead: 0 }, { ahead: 1.5 }, { maxPixels: 0 }, { maxDuration: Number.NaN }])
        await expect(openClip(path, options)).rejects.toMatchObject({ code: 'invalid-option' });
      await using clip = await openClip(path);
      await expect(readAll(clip, { sample: { every: 0 } })).resolves.toMatchObject({ error: { code: 'invalid-option' } });
    });
  });

  describe('damaged', () => {
    it.each([
      ['cut.mp4', [...X264, '-movflags', 'faststart']],
      ['cut.mkv', X264],
      ['cut.webm', ['-c:v', 'libvpx', '-deadline', 'realtime']],
      ['cut.avi', ['-c:v', 'mjpeg']],
      ['cut.mjpeg', ['-c:v', 'mjpeg']],
    ] as const)('%s gives what there is, then says how far it came', async (name, args) => {
      const path = clips.make(name, ...LAVFI, moving(160, 96, { rate: 20 }), ...args);
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.subarray(0, Math.round(bytes.length * 0.6)));
      await using clip = await openClip(path);
      const { frames, error } = await readAll(clip);
      expect(frames.length).toBeGreaterThanOrEqual(5);
      expect(frames.length).toBeLessThan(20);
      expect(error).toMatchObject({ name: 'PhizError', code: 'invalid-data' });
      const { message } = error as Error;
      expect(message).toContain(path);
      expect(message).toContain(`is cut off: its end is missing; the ${frames.length} frames up to`);
      expect(message).not.toContain('\n');
    });

    it('inside goes on behind the damage, and says so at the end', async () => {
      const path = clips.make('holes.mp4', ...LAVFI, moving(160, 96, { rate: 20 }), ...X264, '-g', '4');
      const bytes = readFileSync(path);
      bytes.fill(0xa5, Math.round(bytes.length * 0.4), Math.round(bytes.length * 0.45));
      writeFileSync(path, bytes);
      await using clip = await openClip(path);
      const { frames, error } = await readAll(clip);
      expect(error).toMatchObject({ code: 'invalid-data', message: expect.stringContaining('is damaged') });
      expect(frames.at(-1)!.timestamp).toBeCloseTo(0.95, 3);
      expect(frames.length).toBeGreaterThan(10);
    });

    it('by times that jump back says so and does not call itself whole', async () => {
      const cut = ['-g', '5', '-keyint_min', '5', '-sc_threshold', '0', '-bf', '0', '-cluster_time_limit', '400'];
      const path = clips.make('joined.mkv', ...LAVFI, moving(96, 64, { rate: 10, seconds: 4 }), ...X264, ...cut);
      const bytes = readFileSync(path);
      // A cluster begins with its time in milliseconds (element E7); behind the middle they begin anew.
      const starts: number[] = [];
      for (let at = bytes.indexOf('1f43b675', 0, 'hex'); at >= 0; at = bytes.indexOf('1f43b675', at + 4, 'hex'))
        starts.push(bytes.indexOf(0xe7, at + 4));
      expect(starts.length).toBeGreaterThan(5);
      for (const [i, at] of starts.entries()) {
        const size = bytes[at + 1]! & 0x7f;
        const time = bytes.readUIntBE(at + 2, size);
        if (i > 0 && time >= 2000) bytes.writeUIntBE(time - 2000, at + 2, size);
      }
      writeFileSync(path, bytes);
      await using clip = await openClip(path);
      const { frames, error } = await readAll(clip);
      expect(error).toMatchObject({ code: 'invalid-data', message: expect.stringContaining('its times jump back from 1.90 to') });
      // All are given, and their times go on.
      expect(frames.at(-1)!.timestamp).toBeCloseTo(3.9, 3);
      expect(frames).toHaveLength(40);
      expect(clip.account).toMatchObject({ read: 40, given: 40, retimed: 20, dropped: [] });
    });

    it('a photo with further images behind it is a photo where it is named like one', async () => {
      const stream = readFileSync(clips.make('burst.mjpeg', ...LAVFI, moving(64, 48), '-c:v', 'mjpeg'));
      for (const [name, moves] of [
        ['portrait.jpg', false],
        ['portrait.JPEG', false],
        ['portrait.jfif', false],
        ['burst.bin', true],
      ] as const) {
        writeFileSync(join(folder, name), stream);
        expect(await isClip(join(folder, name)), name).toBe(moves);
      }
      expect(await isClip(stream)).toBe(true);
    });

    it('a WebP with more in it than pixels is a photo, an animated one is not', async () => {
      const frame = (red: number) => ({
        create: { width: 16, height: 16, channels: 4 as const, background: { r: red, g: 0, b: 0, alpha: 0.5 } },
      });
      const frames = await Promise.all([0, 255].map((red) => sharp(frame(red)).png().toBuffer()));
      const still = await sharp(frames[0])
        .withExif({ IFD0: { Copyright: 'x' } })
        .webp()
        .toBuffer();
      const moving = await sharp(frames, { join: { animated: true } })
        .webp({ delay: 100 })
        .toBuffer();
      expect([still, moving].map((bytes) => bytes.subarray(12, 16).toString())).toEqual(['VP8X', 'VP8X']);
      expect([await isClip(still), await isClip(moving)]).toEqual([false, true]);
    });

    it('beyond reading is refused with a line that says why', async () => {
      const whole = readFileSync(clips.make('whole.mp4', ...LAVFI, moving(96, 64), ...X264));
      const sound = clips.make('sound.mp4', ...LAVFI, 'sine=f=440:d=0.2', '-c:a', 'aac');
      const soundOnly = clips.make('sound.mkv', ...LAVFI, 'sine=f=440:d=0.2', '-c:a', 'flac');
      const file = (name: string, bytes: Uint8Array | string) => {
        writeFileSync(join(folder, name), bytes);
        return join(folder, name);
      };
      for (const [path, code, reason] of [
        [file('headless.mp4', whole.subarray(0, Math.round(whole.length / 2))), 'invalid-data', 'its end is missing'],
        [
          file('stub.avi', Buffer.concat([Buffer.from('RIFF\x10\x27\0\0AVI LIST'), Buffer.alloc(50)])),
          'invalid-data',
          'its end is missing',
        ],
        [file('noise.mkv', Buffer.concat([Buffer.from('\x1a\x45\xdf\xa3', 'latin1'), Buffer.alloc(500, 7)])), 'invalid-data', ''],
        [file('noise.mp4', Buffer.concat([Buffer.from('\0\0\0\x10ftypisom'), Buffer.alloc(500, 7)])), 'invalid-data', ''],
        [file('text.mp4', 'not a film\n'.repeat(50)), 'invalid-data', 'is not a video'],
        [file('empty.mp4', ''), 'invalid-data', 'is empty'],
        [file('x.rm', Buffer.from('.RMF\0\0\0\x12 and so on')), 'invalid-data', 'a RealMedia video, which phiz does not read'],
        [file('x.mxf', Buffer.from('060e2b34020501010d0102', 'hex')), 'invalid-data', 'an MXF video'],
        [file('x.h264', Buffer.from('000000016742c01e', 'hex')), 'invalid-data', 'a bare H.264 video stream'],
        [file('x.y4m', 'YUV4MPEG2 W64 H48 F25:1'), 'invalid-data', 'a YUV4MPEG2 video'],
        [sound, 'invalid-data', 'has no video track'],
        [soundOnly, 'invalid-data', 'has no video track'],
        [join(folder, 'nowhere.mp4'), 'file-not-found', 'does not exist'],
        [folder, 'unreadable-file', 'is a folder'],
      ] as const) {
        const error = await openClip(path).then(
          () => undefined,
          (cause: unknown) => cause,
        );
        expect(error, path).toMatchObject({ name: 'PhizError', code });
        expect((error as Error).message).toContain(path);
        expect((error as Error).message).toContain(reason);
        expect((error as Error).message).not.toContain('\n');
      }
      await expect(openClip(new URL('https://example.org/clip.mp4'))).rejects.toMatchObject({ code: 'invalid-option' });
    });
  });
});
