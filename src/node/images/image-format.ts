/** Which format an image is in, by its first bytes, never by its name: those that phiz reads, and others that it only knows by name. */

/** The format that the first bytes claim, or undefined for what is no image that phiz reads. */
export function imageFormat(bytes: Uint8Array): string | undefined {
  const head = headOf(bytes);
  if (head.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'GIF';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'WebP';
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return 'TIFF';
  // The size of what follows its header: of few values, by the version.
  if (head.startsWith('BM') && BITMAP_HEADERS.has(head.charCodeAt(14)) && head[15] === '\0') return 'BMP';
  const netpbm = /^P([1-7])[\s#]/.exec(head)?.[1];
  if (netpbm) return NETPBM[netpbm];
  const boxed = SIGNED.find(([, at, magic]) => head.startsWith(magic, at))?.[0];
  if (boxed) return boxed;
  if (head.slice(4, 8) === 'ftyp') {
    const brand = head.slice(8, 12);
    if (/^avi[fs]/.test(brand)) return 'AVIF';
    if (/^(hei[cxms]|hev[cxms]|mif[12]|msf1)/.test(brand)) return 'HEIC';
  }
  return undefined;
}

type Signature = readonly [name: string, at: number, magic: string];

const BITMAP_HEADERS: ReadonlySet<number> = new Set([12, 40, 52, 56, 64, 108, 124]);
const NETPBM: Readonly<Record<string, string>> = { 1: 'PBM', 2: 'PGM', 3: 'PPM', 4: 'PBM', 5: 'PGM', 6: 'PPM', 7: 'PAM' };
/** First bytes, from where on, of formats that FFmpeg decodes (av-image.ts). */
const SIGNED: readonly Signature[] = [
  ['JPEG XL', 0, '\xff\x0a'],
  ['JPEG XL', 4, 'JXL \r\n\x87\n'],
  ['JPEG 2000', 4, 'jP  \r\n\x87\n'],
  ['JPEG 2000', 0, '\xff\x4f\xff\x51'],
];

/** The same of formats that nothing here decodes. */
const FOREIGN: readonly Signature[] = [
  ['QOI', 0, 'qoif'],
  ['PFM', 0, 'PF\n'],
  ['Photoshop', 0, '8BPS'],
  ['OpenEXR', 0, 'v/1\x01'],
  ['Radiance HDR', 0, '#?RADIANCE'],
  ['Windows icon', 0, '\0\0\x01\0'],
];

/** The name of a format that phiz does not read; undefined where the first bytes are of none that it knows. */
export function foreignImage(bytes: Uint8Array): string | undefined {
  const head = headOf(bytes);
  return FOREIGN.find(([, at, magic]) => head.startsWith(magic, at))?.[0];
}

function headOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString('latin1');
}
