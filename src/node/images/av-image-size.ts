/**
 * How large an image of av-image.ts is, by its header, so that nothing is decoded that is larger than allowed. Formats: BMP (Windows
 * bitmap headers), Netpbm (its own pages), JPEG 2000 (ITU-T T.800, annexes A and I), JPEG XL (ISO/IEC 18181-1, annex D, and -2 for its boxes).
 */

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Far enough for all headers with the comments and boxes that stand before them. */
const HEADER = 1 << 16;

/** Undefined where the header is damaged. */
export function avImageSize(file: Uint8Array, format: string): ImageSize | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, HEADER));
  try {
    const size = READERS[format]?.(bytes);
    return size && size.width >= 1 && size.height >= 1 ? size : undefined;
  } catch (error) {
    // Behind the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const READERS: Readonly<Record<string, (bytes: Buffer) => ImageSize | undefined>> = {
  BMP: (bytes) =>
    bytes.readUInt32LE(14) === 12
      ? { width: bytes.readUInt16LE(18), height: bytes.readUInt16LE(20) }
      : // Negative where the first row is the uppermost.
        { width: bytes.readInt32LE(18), height: Math.abs(bytes.readInt32LE(22)) },
  PBM: netpbm,
  PGM: netpbm,
  PPM: netpbm,
  PAM(bytes) {
    const text = bytes.toString('latin1');
    return { width: Number(/\nWIDTH\s+(\d+)/.exec(text)?.[1]), height: Number(/\nHEIGHT\s+(\d+)/.exec(text)?.[1]) };
  },
  'JPEG 2000'(bytes) {
    const box = bytes.indexOf('ihdr', 0, 'latin1');
    if (bytes[0] !== 0xff && box > 0) return { height: bytes.readUInt32BE(box + 4), width: bytes.readUInt32BE(box + 8) };
    // The SIZ segment: the grid, and where in it the image begins.
    if (bytes.readUInt32BE(0) !== 0xff4fff51) return undefined;
    return { width: bytes.readUInt32BE(8) - bytes.readUInt32BE(16), height: bytes.readUInt32BE(12) - bytes.readUInt32BE(20) };
  },
  'JPEG XL'(bytes) {
    if (bytes.readUInt16BE(0) === 0xff0a) return jxl(bytes.subarray(2));
    for (let at = 0; ; at += bytes.readUInt32BE(at)) {
      const kind = bytes.toString('latin1', at + 4, at + 8);
      // A part of the codestream has its number before it.
      const stream = kind === 'jxlc' ? at + 8 : kind === 'jxlp' ? at + 12 : undefined;
      if (stream !== undefined) return bytes.readUInt16BE(stream) === 0xff0a ? jxl(bytes.subarray(stream + 2)) : undefined;
      if (bytes.readUInt32BE(at) < 8) return undefined;
    }
  },
};

/** Two numbers behind the two letters, with blanks and comments between. */
function netpbm(bytes: Buffer): ImageSize {
  const [, width, height] = /^P[1-6](?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)/.exec(bytes.toString('latin1')) ?? [];
  return { width: Number(width), height: Number(height) };
}

/** Width by height, by the three bits that name it. */
const RATIOS = [1, 1, 12 / 10, 4 / 3, 3 / 2, 16 / 9, 5 / 4, 2];
const LENGTHS = [9, 13, 18, 30];

function jxl(bytes: Buffer): ImageSize {
  let at = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value += ((bytes.readUInt8(at >> 3) >> (at & 7)) & 1) * 2 ** i;
    return value;
  };
  const small = bits(1) === 1;
  const side = (): number => (small ? 8 * (bits(5) + 1) : bits(LENGTHS[bits(2)]!) + 1);
  const height = side();
  const ratio = bits(3);
  return { height, width: ratio === 0 ? side() : Math.floor(height * RATIOS[ratio]!) };
}
