import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AudioCodec } from 'mediabunny';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input, VideoSampleSink } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '#dist/core/image.js';
import { createClipWriter } from '#dist/node/video/write-clip.js';
import { toneFile, toneIn } from './fixtures/tone.js';
import { needs } from './needs.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phiz-write-clip-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function picture(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly number[],
  channels: 3 | 4 | 1 = 3,
): Image {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(colour(x, y).slice(0, channels), (y * width + x) * channels);
  return { width, height, channels, data };
}
const grey = (value: number) => () => [value, value, value, 255];

/** Writes images at the given timestamps; the last lasts `tail` seconds. */
async function write(
  name: string,
  images: (i: number) => Image,
  timestamps: readonly number[],
  { tail = 0.1, audioFrom, partial = false }: { tail?: number; audioFrom?: string | Uint8Array; partial?: boolean } = {},
) {
  const path = join(folder, name);
  const { width, height } = images(0);
  const writer = await createClipWriter({ path, facts: { width, height, frameRate: 25 }, audioFrom });
  for (const [i, timestamp] of timestamps.entries())
    await writer.add(images(i), timestamp, (timestamps[i + 1] ?? timestamp + tail) - timestamp);
  await writer.finish({ partial });
  return { bytes: new Uint8Array(await readFile(path)), warning: writer.warning };
}

/** TypeScript's own types do not know the format yet. */
const RGBA: VideoFrameCopyToOptions & { format: string } = { format: 'RGBA' };

/** What a file's images are: times from the container, pixels decoded. */
async function read(bytes: Uint8Array) {
  using input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const track = (await input.getPrimaryVideoTrack())!;
  const packets: { timestamp: number; duration: number }[] = [];
  for await (const { timestamp, duration } of new EncodedPacketSink(track).packets()) packets.push({ timestamp, duration });
  const frames: { timestamp: number; rgb: (x: number, y: number) => readonly number[] }[] = [];
  for await (const sample of new VideoSampleSink(track).samples()) {
    const data = new Uint8Array(sample.allocationSize(RGBA));
    await sample.copyTo(data, RGBA);
    const width = sample.codedWidth;
    frames.push({ timestamp: sample.timestamp, rgb: (x, y) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)] });
    sample.close();
  }
  const codec = await track.getCodec();
  return { codec, width: await track.getDisplayWidth(), height: await track.getDisplayHeight(), packets, frames };
}

describe('a written clip', () => {
  const steady = Array.from({ length: 70 }, (_, i) => (i * 1001) / 30000);
  const varying = [0, 0.04, 0.1, 0.2, 0.203, 0.5, 1, 1 + 1 / 30, 1 + 1 / 15, 2];
  it.each([
    ['a steady frame rate', steady],
    ['a variable frame rate', varying],
    ['a start after zero', [1.5, 1.54, 1.6]],
    ['one frame', [0]],
  ])('has the timestamps and durations of its frames: %s', async (name, timestamps) => {
    const { bytes } = await write(`${name}.mp4`, (i) => picture(64, 48, grey(40 + 2 * i)), timestamps, { tail: 0.75 });
    const { codec, packets, frames } = await read(bytes);
    expect(codec).toBe('avc');
    expect(packets).toHaveLength(timestamps.length);
    for (const [i, { timestamp, duration }] of packets.entries()) {
      expect(timestamp).toBeCloseTo(timestamps[i]!, 4);
      expect(duration).toBeCloseTo((timestamps[i + 1] ?? timestamps[i]! + 0.75) - timestamps[i]!, 4);
    }
    // Each image is at its own place: none lost, none doubled.
    expect(frames).toHaveLength(timestamps.length);
    for (const [i, { rgb }] of frames.entries()) expect(Math.abs(rgb(30, 20)[0]! - (40 + 2 * i))).toBeLessThan(4);
  });

  it.each([1, 3, 4] as const)('keeps the colours of pictures with %i channels', async (channels) => {
    const colours = [
      [200, 60, 40, 255],
      [30, 160, 80, 255],
      [40, 70, 210, 255],
      [245, 245, 245, 255],
    ];
    const image = picture(128, 64, (x) => colours[x >> 5]!, channels);
    const { frames } = await read((await write(`${channels}.mp4`, () => image, [0, 0.04])).bytes);
    for (const [i, colour] of colours.entries()) {
      const want = channels === 1 ? [colour[0]!, colour[0]!, colour[0]!] : colour;
      const got = frames[1]!.rgb(i * 32 + 16, 32);
      for (let c = 0; c < 3; c++) expect(Math.abs(got[c]! - want[c]!)).toBeLessThan(10);
    }
  });

  it('has even sizes: an odd picture gains a copy of its last column and row', async () => {
    const image = picture(65, 49, (x, y) => (x === 64 ? [220, 220, 220] : y === 48 ? [20, 20, 20] : [120, 120, 120]));
    const { width, height, frames } = await read((await write('odd.mp4', () => image, [0])).bytes);
    expect([width, height]).toEqual([66, 50]);
    const { rgb } = frames[0]!;
    const near = (x: number, y: number, value: number) => expect(Math.abs(rgb(x, y)[1]! - value)).toBeLessThan(16);
    near(30, 20, 120);
    near(65, 20, 220);
    near(30, 49, 20);
    near(65, 49, 220);
  });

  it('takes a picture again as soon as add has resolved', async () => {
    const image = picture(64, 48, grey(0));
    const { frames } = await read(
      (
        await write(
          'reused.mp4',
          (i) => ({ ...image, data: (image.data as Uint8Array).fill(i * 40) }),
          [0, 0.1, 0.2, 0.3, 0.4, 0.5],
        )
      ).bytes,
    );
    for (const [i, { rgb }] of frames.entries()) expect(Math.abs(rgb(30, 20)[0]! - i * 40)).toBeLessThan(4);
  });
});

describe('sound', () => {
  const second = Array.from({ length: 10 }, (_, i) => i / 10);
  it.each([
    ['aac', 'aac', true],
    ['mp3', 'mp3', true],
    ['opus', 'opus', true],
    ['flac', 'flac', true],
    ['vorbis', 'aac', false],
    ['pcm-s16', 'aac', false],
  ] as const)('%s comes along as %s', async (from, to, copied) => {
    const audioFrom = await toneFile(from as AudioCodec);
    const { bytes, warning } = await write(`${from}.mp4`, () => picture(32, 32, grey(90)), second, { audioFrom });
    expect(warning).toBeUndefined();
    const heard = (await toneIn(bytes))!;
    expect(heard.codec).toBe(to);
    expect(heard.amplitude).toBeGreaterThan(0.4);
    expect(heard.seconds).toBeGreaterThan(0.95);
    expect(heard.seconds).toBeLessThan(1.15);
    if (copied) expect(await packetsOf(bytes)).toEqual(await packetsOf(audioFrom));
  });

  it('of a rate and a number of channels that AAC lacks is converted', async () => {
    const audioFrom = await toneFile('pcm-s16', { rate: 37000, channels: 3 });
    const { bytes, warning } = await write('converted.mp4', () => picture(32, 32, grey(90)), second, { audioFrom });
    expect(warning).toBeUndefined();
    expect((await toneIn(bytes))!.amplitude).toBeGreaterThan(0.2);
  });

  it('that is longer than the pictures is kept, or ends with them where the clip is only a part', async () => {
    const audioFrom = await toneFile('aac', { seconds: 3 });
    const seconds = async (partial: boolean) => {
      const { bytes } = await write('longer.mp4', () => picture(32, 32, grey(90)), second, { audioFrom, partial });
      return (await toneIn(bytes))!.seconds;
    };
    expect(await seconds(false)).toBeGreaterThan(2.9);
    expect(await seconds(true)).toBeLessThan(1.1);
  });

  it('that cannot be read is told, and the clip is written without', async () => {
    const audioFrom = new TextEncoder().encode('no sound');
    const { bytes, warning } = await write('silent.mp4', () => picture(32, 32, grey(90)), second, { audioFrom });
    expect(warning).toMatch(/silent/);
    expect(await toneIn(bytes)).toBeUndefined();
    expect((await read(bytes)).packets).toHaveLength(10);
  });

  it('is not expected of a clip without any', async () => {
    const { bytes: mute } = await write('mute.mp4', () => picture(32, 32, grey(90)), second);
    const { warning } = await write('mute2.mp4', () => picture(32, 32, grey(90)), second, { audioFrom: mute });
    expect(warning).toBeUndefined();
  });
});

const ffmpeg = needs.ffmpeg();
describe.skipIf(!ffmpeg)('sound of a clip that does not start at 0', () => {
  it.each([
    ['mkv', 'aac', 'aac'],
    ['mkv', 'pcm_s16le', 'aac'],
    ['webm', 'libopus', 'opus'],
  ])('%s with %s stays with its pictures', async (ending, from, to) => {
    const late = join(folder, `late-${from}.${ending}`);
    // Two seconds of silence, then a tone with the pictures.
    const tone = ['-f', 'lavfi', '-i', 'aevalsrc=if(gt(t\\,2)\\,0.4*sin(880*2*PI*t)\\,0):d=3:s=48000'];
    const pictures = ['-f', 'lavfi', '-itsoffset', '2', '-i', 'testsrc=duration=1:size=32x32:rate=10'];
    const codecs = ['-c:a', from, '-c:v', ending === 'webm' ? 'libvpx' : 'mjpeg'];
    execFileSync(ffmpeg!, ['-v', 'error', ...tone, ...pictures, ...codecs, '-output_ts_offset', '500', late]);
    const facts = { width: 32, height: 32, frameRate: 10, start: 502 };
    const path = join(folder, `late-${from}.mp4`);
    const writer = await createClipWriter({ path, facts, audioFrom: late });
    for (let i = 0; i < 10; i++) await writer.add(picture(32, 32, grey(90)), i / 10, 0.1);
    await writer.finish();
    await writer.dispose();
    expect(writer.warning).toBeUndefined();
    const heard = (await toneIn(await readFile(path)))!;
    expect(heard.codec).toBe(to);
    expect(heard.seconds).toBeGreaterThan(0.9);
    expect(heard.seconds).toBeLessThan(1.15);
    expect(heard.amplitude).toBeGreaterThan(0.2);
  });
});

describe.skipIf(!ffmpeg)('sound of AVI files', () => {
  it.each([
    ['pcm_s16le', 'aac'],
    ['libmp3lame', 'mp3'],
  ])('in %s comes along as %s', async (from, to) => {
    const avi = join(folder, `${from}.avi`);
    const tone = ['-f', 'lavfi', '-i', 'sine=880:duration=1:sample_rate=48000'];
    const pictures = ['-f', 'lavfi', '-i', 'testsrc=duration=1:size=32x32:rate=10'];
    execFileSync(ffmpeg!, ['-v', 'error', ...tone, ...pictures, '-c:a', from, '-c:v', 'mjpeg', avi]);
    const { bytes, warning } = await write(`${from}.mp4`, () => picture(32, 32, grey(90)), [0, 0.5], {
      tail: 0.5,
      audioFrom: avi,
    });
    expect(warning).toBeUndefined();
    const heard = (await toneIn(bytes))!;
    expect(heard.codec).toBe(to);
    expect(heard.amplitude).toBeGreaterThan(0.08);
    expect(heard.seconds).toBeGreaterThan(0.95);
  });
});

async function packetsOf(bytes: Uint8Array): Promise<Buffer[]> {
  using input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const packets: Buffer[] = [];
  for await (const { data } of new EncodedPacketSink((await input.getPrimaryAudioTrack())!).packets())
    packets.push(Buffer.from(data));
  return packets;
}

/** Paths below a folder that this process holds open, removed ones among them. Linux alone tells. */
async function filesOpenBelow(below: string): Promise<readonly string[]> {
  const open = await readdir('/proc/self/fd').catch(() => []);
  const paths = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(below));
}

describe('a clip that is not finished', () => {
  const image = picture(64, 48, grey(100));
  const facts = { width: 64, height: 48, frameRate: 25 };

  it('leaves what was there, and nothing beside it', async () => {
    const path = join(folder, 'kept/clip.mp4');
    const first = await createClipWriter({ path, facts });
    await first.add(image, 0, 0.1);
    await first.finish();
    const before = await readFile(path);
    const second = await createClipWriter({ path, facts });
    for (let i = 0; i < 5; i++) await second.add(image, i / 10, 0.1);
    expect(await readFile(path)).toEqual(before);
    await second.dispose();
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(join(folder, 'kept'))).toEqual(['clip.mp4']);
  });

  it('is not a file where no picture came', async () => {
    const path = join(folder, 'none/clip.mp4');
    const writer = await createClipWriter({ path, facts });
    await writer.finish();
    expect(await readdir(join(folder, 'none'))).toEqual([]);
  });

  it('lets go of its file and removes it, however early it ends', async () => {
    const path = join(folder, 'early/clip.mp4');
    for (const frames of [0, 0, 0, 0, 1, 8]) {
      const writer = await createClipWriter({ path, facts });
      for (let i = 0; i < frames; i++) await writer.add(image, i / 10, 0.1);
      await writer.dispose();
      expect(await filesOpenBelow(join(folder, 'early'))).toEqual([]);
    }
    await expect(createClipWriter({ path, facts: { ...facts, width: 100_000 } })).rejects.toThrow();
    expect(await readdir(join(folder, 'early'))).toEqual([]);
  });

  it('says what is wrong', async () => {
    const writer = await createClipWriter({ path: join(folder, 'wrong/clip.mp4'), facts });
    await writer.add(image, 1, 0.1);
    await expect(writer.add(image, 1, 0.1)).rejects.toMatchObject({ code: 'invalid-data', message: /order/ });
    await expect(writer.add(image, Number.NaN, 0.1)).rejects.toMatchObject({ code: 'invalid-data' });
    await expect(writer.add(image, 2, -1)).rejects.toMatchObject({ code: 'invalid-data' });
    await expect(writer.add(picture(32, 48, grey(1)), 2, 0.1)).rejects.toMatchObject({
      code: 'invalid-data',
      message: /64×48.*32×48/,
    });
    await writer.finish();
    await expect(writer.add(image, 3, 0.1)).rejects.toMatchObject({ code: 'disposed' });
    await expect(writer.finish()).rejects.toMatchObject({ code: 'disposed' });
  });

  it('says where it cannot be written', async () => {
    await writeFile(join(folder, 'file'), 'x');
    await expect(createClipWriter({ path: join(folder, 'file/clip.mp4'), facts })).rejects.toMatchObject({
      code: 'unwritable-file',
    });
  });
});
