/**
 * Decoded pixels as an uncompressed TIFF in memory, with the image's colour profile: what is not sharp's to decode goes so into the
 * one pipeline (read-image.ts) that turns every format to sRGB over white.
 */

/** A little-endian baseline TIFF 6.0 with one strip: header, one directory, its long values, the profile, the pixels. */
export function rgbaToTiff(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray, icc?: Uint8Array): Uint8Array {
  const short = 3;
  const long = 4;
  const undefinedType = 7;
  const entries: (readonly [tag: number, type: number, count: number, value: number])[] = [];
  const count = icc ? 11 : 10;
  const bitsAt = 8 + 2 + count * 12 + 4;
  const iccAt = bitsAt + 8;
  const pixelsAt = iccAt + (icc ? icc.length + (icc.length & 1) : 0);
  entries.push([256, long, 1, width], [257, long, 1, height], [258, short, 4, bitsAt], [259, short, 1, 1], [262, short, 1, 2]);
  entries.push([273, long, 1, pixelsAt], [277, short, 1, 4], [278, long, 1, height], [279, long, 1, rgba.length]);
  entries.push([338, short, 1, 2]);
  if (icc) entries.push([34675, undefinedType, icc.length, iccAt]);
  const tiff = Buffer.allocUnsafe(pixelsAt + rgba.length);
  tiff.fill(0, 0, pixelsAt);
  tiff.write('II*\0', 0, 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(count, 8);
  entries.forEach(([tag, type, n, value], i) => {
    const at = 10 + i * 12;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(n, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  });
  for (let i = 0; i < 4; i++) tiff.writeUInt16LE(8, bitsAt + 2 * i);
  if (icc) tiff.set(icc, iccAt);
  tiff.set(rgba, pixelsAt);
  return tiff;
}
