/** Videos and images that phiz does not read, as FFmpeg writes them: each is called what it is, never "not an image" where it is a video. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readImage } from '#dist/node/images/read-image.js';
import { isClip } from '#dist/node/video/clip-kind.js';
import { openClip } from '#dist/node/video/open-clip.js';
import { needs } from './needs.js';

const folder = mkdtempSync(join(tmpdir(), 'phiz-foreign-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const message = async (doing: Promise<unknown>): Promise<string> => {
  const error = await doing.then(
    () => undefined,
    (cause: Error) => cause,
  );
  expect(error?.name).toBe('PhizError');
  expect(error!.message).not.toContain('\n');
  return error!.message;
};

const ffmpeg = needs.ffmpeg();
describe.skipIf(!ffmpeg)('as FFmpeg writes them', () => {
  const make = (format: string, ...args: string[]): string => {
    // Without an ending: what is in it has to tell.
    const path = join(folder, format);
    execFileSync(ffmpeg!, ['-v', 'error', '-y', ...args, '-f', format, path]);
    return path;
  };
  const clip = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=0.2'];
  const large = ['-f', 'lavfi', '-i', 'testsrc2=s=720x576:r=25:d=0.2'];
  it.each([
    ['nut', 'a NUT video', [...clip, '-c:v', 'mpeg4']],
    ['gxf', 'a GXF video', [...large, '-c:v', 'mpeg2video']],
    ['swf', 'a Flash program', [...clip, '-c:v', 'flv1']],
    ['mpjpeg', 'a multipart stream of JPEGs', [...clip, '-c:v', 'mjpeg']],
    ['obu', 'a bare AV1 video stream', [...clip, '-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime']],
    ['m4v', 'a bare MPEG-4 video stream', [...clip, '-c:v', 'mpeg4']],
    ['mpeg2video', 'a bare MPEG video stream', [...clip, '-c:v', 'mpeg2video']],
    ['h264', 'a bare H.264 video stream', [...clip, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']],
    ['hevc', 'a bare HEVC video stream', [...clip, '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none']],
    ['dv', 'a DV video', [...large, '-c:v', 'dvvideo', '-pix_fmt', 'yuv420p']],
    ['mxf', 'an MXF video', [...clip, '-c:v', 'mpeg2video']],
    ['rm', 'a RealMedia video', [...clip, '-c:v', 'rv10']],
    ['wtv', 'a WTV video', [...clip, '-c:v', 'mpeg2video']],
    ['ivf', 'an IVF video', [...clip, '-c:v', 'libvpx']],
    ['yuv4mpegpipe', 'a YUV4MPEG2 video', [...clip, '-pix_fmt', 'yuv420p']],
  ])('%s is %s', async (format, what, args) => {
    const path = make(format, ...args);
    expect(await isClip(path)).toBe(true);
    expect(await message(openClip(path))).toContain(`${path} is ${what}, which phiz does not read; convert it`);
  });

  it('a Windows Media stream stored as it was sent is called so, from wherever it was stored on', async () => {
    const path = make('asf_stream', ...clip, '-c:v', 'wmv2');
    const bytes = readFileSync(path);
    expect(bytes.toString('latin1', 0, 2)).toBe('$H');
    const later = join(folder, 'later.wmv');
    writeFileSync(later, bytes.subarray(4 + bytes.readUInt16LE(2)));
    for (const stored of [path, later]) {
      expect(await isClip(stored)).toBe(true);
      expect(await message(openClip(stored))).toContain(
        `${stored} is a Windows Media stream, stored as it was sent, which phiz does not read; record it anew`,
      );
    }
    // A length that is not said twice: text, say.
    const text = join(folder, 'prices.txt');
    writeFileSync(text, '$Hello, and $Dear all: these are prices'.repeat(9));
    expect(await isClip(text)).toBe(false);
  });

  it.each([
    ['dpx', 'a DPX image'],
    ['sgi', 'an SGI image'],
    ['sunrast', 'a Sun raster image'],
    ['pcx', 'a PCX image'],
    ['targa', 'a Targa image'],
    ['xwd', 'an X window dump image'],
    ['jpegls', 'a JPEG-LS image'],
    ['exr', 'an OpenEXR image'],
    ['fits', 'a FITS image'],
  ])('%s is %s', async (codec, what) => {
    const path = join(folder, `${codec}.jpg`);
    const pixels = codec === 'exr' ? 'gbrpf32le' : codec === 'fits' ? 'gray' : codec === 'dpx' ? 'rgb24' : undefined;
    const shown = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=1:d=1', ...(pixels ? ['-pix_fmt', pixels] : [])];
    execFileSync(ffmpeg!, ['-v', 'error', '-y', ...shown, '-frames:v', '1', '-c:v', codec, '-f', 'image2', path]);
    expect(await isClip(path)).toBe(false);
    expect(await message(readImage(path))).toContain(`${path} is ${what}, which phiz does not read; convert it to PNG or JPEG`);
  });
});

it.each(['a.dvr-ms', 'b.AMV', 'c.rmvb', 'd.vc1'])('%s, which nobody knows, goes by its name', async (name) => {
  const path = join(folder, name);
  writeFileSync(path, Buffer.alloc(500, 7));
  expect(await isClip(path)).toBe(true);
  expect(await message(openClip(path))).toContain(`${path} is not a video (phiz reads MP4`);
});

it.each([
  ['text', 'Dear diary,\nFWS is no Flash'],
  ['mail', '--me\r\nContent-Type: text/plain\r\n\r\nimage/jpeg'],
  ['zeros', '\0'.repeat(300)],
  ['empty', ''],
])('%s is no video', async (name, text) => {
  const path = join(folder, `${name}.bin`);
  writeFileSync(path, text, 'latin1');
  expect(await isClip(path)).toBe(false);
});

it.each([
  ['an MP4', 'a video', '\0\0\0\x20ftypisom\0\0\x02\0'],
  ['a WebM', 'a video', '\x1a\x45\xdf\xa3\x01\0\0\0'],
  ['an M4A', 'a sound recording', '\0\0\0\x1cftypM4A \0\0\x02\0'],
  ['an MP3', 'a sound recording', 'ID3\x04\0\0\0\0\0'],
  ['a WAV', 'a sound recording', 'RIFF\x24\x08\0\0WAVEfmt '],
])('%s is called %s where an image is read', async (_, what, head) => {
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(500, 7)]);
  expect(await message(readImage(bytes, { name: 'x.jpg' }))).toContain(`x.jpg is ${what}, not an image (phiz reads JPEG`);
});
