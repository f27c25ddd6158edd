/**
 * Does a file end where it says it does? Containers tell their length at their beginning, so a download or a recording that
 * stopped early is found without decoding. Decoders themselves often end in silence there.
 */
import { isWholePng } from './apng-layout.js';
import type { ByteSource } from './byte-source.js';
import type { ClipContainer } from './clip-kind.js';
import { isWholeGif } from './gif-layout.js';
import { countJpegs } from './jpeg-stream.js';

/** True where bytes are missing at the end; false where the file is whole or its container does not tell. */
export function isCutOff(bytes: ByteSource, container: ClipContainer): boolean {
  switch (container) {
    case 'mp4':
    case 'mov':
      return endOfBoxes(bytes) > bytes.size;
    case 'webm':
    case 'mkv':
      return endOfSegment(bytes) > bytes.size;
    case 'avi':
    case 'webp':
      return endOfRiff(bytes) > bytes.size;
    case 'mjpeg':
      return !countJpegs(bytes).whole;
    case 'ts':
    case 'mpg':
    case 'wmv':
    case 'flv':
    case 'ogg':
      return false;
    case 'apng':
      return !isWholePng(bytes.read(0, bytes.size));
    case 'gif':
      return !isWholeGif(bytes.read(0, bytes.size));
    default:
      return container satisfies never;
  }
}

/** ISO base media (ISO/IEC 14496-12, 4.2): boxes one behind the other, each with its size. */
function endOfBoxes(bytes: ByteSource): number {
  let at = 0;
  while (at + 8 <= bytes.size) {
    const head = Buffer.from(bytes.read(at, 16));
    const short = head.readUInt32BE(0);
    if (short === 0) return bytes.size;
    const size = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    // No box: whatever it is, players leave it alone.
    if (size < 8) return bytes.size;
    at += size;
  }
  return at;
}

/** Matroska (RFC 8794): the header element, then the segment, which may leave its size open. */
function endOfSegment(bytes: ByteSource): number {
  const header = element(bytes, 0);
  if (!header || header.size === undefined) return 0;
  const segment = element(bytes, header.body + header.size);
  return segment?.size === undefined ? 0 : segment.body + segment.size;
}

function element(bytes: ByteSource, at: number): { readonly body: number; readonly size: number | undefined } | undefined {
  const head = bytes.read(at, 12);
  const idLength = Math.clz32(head[0] ?? 0) - 23;
  const first = head[idLength] ?? 0;
  const length = Math.clz32(first) - 23;
  if (idLength > 4 || length > 8 || head.length < idLength + length) return undefined;
  let size = first & ((1 << (8 - length)) - 1);
  let open = size === (1 << (8 - length)) - 1;
  for (let i = 1; i < length; i++) {
    const byte = head[idLength + i]!;
    if (byte !== 0xff) open = false;
    size = size * 256 + byte;
  }
  return { body: at + idLength + length, size: open ? undefined : size };
}

/** RIFF: one chunk that holds all others; long AVI files (OpenDML) have several in a row. */
function endOfRiff(bytes: ByteSource): number {
  let end = 0;
  for (let at = 0; at + 8 <= bytes.size; at = end + (end & 1)) {
    const head = Buffer.from(bytes.read(at, 8));
    if (head.toString('latin1', 0, 4) !== 'RIFF') break;
    const size = head.readUInt32LE(4);
    // Left open by a recorder that could not seek.
    if (size === 0 || size === 0xffffffff) return 0;
    end = at + 8 + size;
  }
  return end;
}
