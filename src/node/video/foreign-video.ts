/** Videos that phiz does not read, told by their first bytes or their name, so that a message can call them what they are. */
import type { ByteSource } from './byte-source.js';

/** Whoever calls a file so means a video, whatever is in it. */
export const FOREIGN_EXTENSIONS: readonly string[] = [
  ...['.264', '.265', '.amv', '.bik', '.dv', '.dvr-ms', '.gxf', '.h264', '.h265', '.hevc', '.ivf', '.m1v', '.m2v', '.mj2'],
  ...['.mpv', '.mxf', '.nut', '.obu', '.rm', '.rmvb', '.swf', '.vc1', '.wtv', '.y4m'],
];

/** A video that phiz does not read. */
export interface ForeignVideo {
  /** In words, with the article. */
  readonly what: string;
  /** What to do instead, in the imperative. */
  readonly remedy: string;
}

type Kind = readonly [beginning: RegExp, what: string, remedy?: string];

const CONVERT = 'convert it (ffmpeg -i FILE out.mp4)';

/** How they begin, as text. */
const TEXTS: readonly Kind[] = [
  [/^\.RMF/, 'a RealMedia video'],
  [/^DKIF/, 'an IVF video'],
  [/^YUV4MPEG2/, 'a YUV4MPEG2 video'],
  [/^nut\/multimedia container/, 'a NUT video'],
  [/^(BIK[bfghik]|KB2[adfghijk])/, 'a Bink video'],
  // As web cameras send images one after the other (RFC 2046, 5.1).
  [/^(\r\n)?--[^\r\n]+\r\n([^\r\n]+\r\n)*content-type: image\/jpe?g\r\n/i, 'a multipart stream of JPEGs'],
];

/** How they begin, as bytes in hexadecimal. */
const BYTES: readonly Kind[] = [
  [/^060e2b34/, 'an MXF video'],
  [/^b7d800203749da11/, 'a WTV video'],
  [/^1f0700/, 'a DV video'],
  [/^0000000001bc/, 'a GXF video'],
  // FWS, CWS or ZWS, and a version.
  [/^(46|43|5a)5753[0-3]/, 'a Flash program'],
  // A temporal delimiter, then a sequence header (AV1, 5.3 and 5.5).
  [/^12000a/, 'a bare AV1 video stream'],
  // A start code, then a sequence, or what may stand before one (ISO/IEC 13818-2, 6.2; 14496-2, 6.2; SMPTE 421M, annex E).
  [/^000001b3/, 'a bare MPEG video stream'],
  [/^000001(b0|[01].0000012)/, 'a bare MPEG-4 video stream'],
  [/^0000010f/, 'a bare VC-1 video stream'],
  // A start code, then the header of a parameter set or a delimiter (ITU-T H.264 and H.265, annex B).
  [/^(00)?000001(09|27|47|67)/, 'a bare H.264 video stream'],
  [/^(00)?000001(40|42|44|46)01/, 'a bare HEVC video stream'],
  // Each piece of the ASF with a header of the protocol, which says its length twice (MS-WMSP, 2.2.3). FFmpeg does not read it, either.
  [
    /^24(44|48|4d)(.{4}).{12}\2/,
    'a Windows Media stream, stored as it was sent',
    'record it anew as a file (ffmpeg -i mmsh://ADDRESS -c copy out.wmv)',
  ],
];

/** What a video is that phiz does not read; undefined where the first bytes are of no such kind. */
export function foreignVideo(bytes: ByteSource): ForeignVideo | undefined {
  const head = Buffer.from(bytes.read(0, 256));
  const find = (kinds: readonly Kind[], text: string) => kinds.find(([beginning]) => beginning.test(text));
  const found = find(TEXTS, head.toString('latin1')) ?? find(BYTES, head.toString('hex'));
  if (!found) return undefined;
  const [, what, remedy = CONVERT] = found;
  return { what, remedy };
}
