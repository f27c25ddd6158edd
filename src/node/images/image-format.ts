/** Which format an image is in, by its first bytes, never by its name: those that phiz reads, and others that it only knows by name. */

/** The format that the first bytes claim, or undefined for what is no image that phiz reads. */
export function imageFormat(bytes: Uint8Array): string | undefined {
  const head = headOf(bytes);
  if (head.startsWith(JPEG_LS) || head.startsWith(CANON_RAW, 8)) return undefined;
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

/** What begins as JPEG and TIFF do, and is neither. */
const JPEG_LS = '\xff\xd8\xff\xf7';
const CANON_RAW = 'CR\x02';

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

/** The same of formats that nothing here decodes, with their article. */
const FOREIGN: readonly Signature[] = [
  ['a QOI', 0, 'qoif'],
  ['a PFM', 0, 'PF\n'],
  ['a PFM', 0, 'Pf\n'],
  ['a Photoshop', 0, '8BPS'],
  ['an OpenEXR', 0, 'v/1\x01'],
  ['a Radiance HDR', 0, '#?RADIANCE'],
  ['a Windows icon', 0, '\0\0\x01\0'],
  ['a macOS icon', 0, 'icns'],
  ['a DPX', 0, 'SDPX'],
  ['a DPX', 0, 'XPDS'],
  ['a Cineon', 0, '\x80\x2a\x5f\xd7'],
  ['a FITS', 0, 'SIMPLE  ='],
  ['an SGI', 0, '\x01\xda\0\x01'],
  ['an SGI', 0, '\x01\xda\x01\x01'],
  ['a Sun raster', 0, '\x59\xa6\x6a\x95'],
  ['a PCX', 0, '\x0a\x05\x01\x08'],
  ['a DirectDraw', 0, 'DDS \x7c'],
  ['a JPEG XR', 0, 'II\xbc\x01'],
  ['a JBIG2', 0, '\x97JB2'],
  ['an XCF', 0, 'gimp xcf'],
  ['an XPM', 0, '/* XPM */'],
  ['a JPEG-LS', 0, JPEG_LS],
  ['a Canon raw', 8, CANON_RAW],
  ['a Canon raw', 4, 'ftypcrx '],
  ['a Panasonic raw', 0, 'IIU\0'],
  ['an Olympus raw', 0, 'IIRO'],
  ['an Olympus raw', 0, 'IIRS'],
  ['a Fujifilm raw', 0, 'FUJIFILMCCD-RAW'],
  ['a Sigma raw', 0, 'FOVb'],
  ['an X window dump', 4, '\0\0\0\x07\0\0\0\x02'],
];

/** Behind everything else in a Targa file; nothing is before (Truevision TGA 2.0, C.10). */
const TARGA = 'TRUEVISION-XFILE.\0';

/** The name of a format that phiz does not read, with its article; undefined where it is none that is known. */
export function foreignImage(bytes: Uint8Array): string | undefined {
  const head = headOf(bytes);
  const signed = FOREIGN.find(([, at, magic]) => head.startsWith(magic, at))?.[0];
  return signed ?? (Buffer.from(bytes.subarray(-TARGA.length)).toString('latin1') === TARGA ? 'a Targa' : undefined);
}

/** How what moves or sounds begins, which is taken for an image where a name says so or a clip is given to what reads images. */
const OTHERS: readonly (readonly [what: string, beginning: RegExp])[] = [
  ['a sound recording', /^(....ftypM4[AB] |ID3|RIFF....WAVE|fLaC)/s],
  ['a video', /^(....ftyp(isom|iso\d|mp4\d|avc1|qt {2}|M4V |3g[p2]|dash|f4v )|.E\xdf\xa3|RIFF....AVI |FLV)/s],
];

/** What it is instead of an image, with its article; undefined where that is not known. */
export function notAnImage(bytes: Uint8Array): string | undefined {
  const head = headOf(bytes);
  return OTHERS.find(([, beginning]) => beginning.test(head))?.[0];
}

function headOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString('latin1');
}
