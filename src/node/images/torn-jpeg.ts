/**
 * Images, JPEGs above all, that end too early: one that lacks only its end marker is whole, one that lacks a few rows still shows its faces,
 * and of one that lacks more it is said how much is there. Decoding is sharp's; here is only decided what comes of it.
 */
import { PhizError } from '../../core/error.js';
import { endOfJpeg } from '../video/jpeg-stream.js';

/** Decodes what is there of bytes: `upright` as displayed, else in the orientation in which they are stored. */
export type DecodeJpeg<Decoded> = (bytes: Uint8Array, upright: boolean) => Promise<Decoded>;

interface Pixels {
  readonly data: Uint8Array;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

/** Share of the rows that has to be there. */
const ENOUGH = 0.97;

const END_MARKER = Uint8Array.of(0xff, 0xd9);

/** Coded data that mean nothing: without markers, and longer than what a decoder reads ahead. */
const NOISE = Uint8Array.from({ length: 4096 }, (_, i) => (i * 73 + (i >> 3) * 151) % 255);

/**
 * An image that does not decode without a fault, with what is to be said of it; undefined where it is not its end that is missing. What the
 * decoder says of that cannot be relied on: libvips mixes up the words of images that are decoded at the same time. So it is tried:
 * more data before the end marker change an image whose own have run out, and no other. A `progressive` one has all its rows from the
 * beginning, coarse at first: without its end it is no photo to measure on. Throws PhizError `not-an-image` where much is missing.
 */
export async function decodeTorn<Decoded extends Pixels>(
  bytes: Uint8Array,
  { called, progressive }: { readonly called: string; readonly progressive: boolean },
  decode: DecodeJpeg<Decoded>,
): Promise<{ readonly decoded: Decoded; readonly warning: string } | undefined> {
  const end = endOfJpeg(bytes);
  const ended = end === undefined ? Buffer.concat([bytes, END_MARKER]) : bytes.subarray(0, end);
  const stored = (coded: Uint8Array) => decode(coded, false).catch(() => undefined);
  const there = await stored(ended);
  if (!there) return undefined;
  const more = await stored(Buffer.concat([ended.subarray(0, -END_MARKER.length), NOISE, END_MARKER]));
  if (more && Buffer.compare(there.data, more.data) === 0) {
    if (end !== undefined) return undefined;
    const decoded = await decode(ended, true);
    return { decoded, warning: 'the JPEG lacks its end marker; every pixel is there' };
  }
  if (progressive) throw new PhizError('not-an-image', `${called} is cut off: its finer details are missing; get the whole file`);
  const warning = shortfall(shareThere(there), 'JPEG', called);
  return { decoded: await decode(ended, true), warning };
}

/** What is to be said of an image of which a share (0–1) is there. Throws PhizError `not-an-image` where much is missing. */
export function shortfall(share: number, format: string, called: string): string {
  const percent = Math.floor(100 * share);
  if (share < ENOUGH)
    throw new PhizError('not-an-image', `${called} is cut off: about ${percent} % of the image is there; get the whole file`);
  return `the ${format} is cut off: up to ${Math.max(100 - percent, 1)} % of the image, at its end, is missing`;
}

/** Rows that are coded together, at most. */
const BAND = 16;

/**
 * What a decoder makes up behind the end has no structure: all its pixels are as the last one, from somewhere in a band of rows down to the
 * last row.
 */
function shareThere({ data, info: { width, height, channels } }: Pixels): number {
  const stride = width * channels;
  const last = data.subarray(data.length - channels);
  /** Columns of a row that hold something. */
  const filled = (row: number): number => {
    const start = row * stride;
    let i = stride - 1;
    while (i >= 0 && Math.abs(data[start + i]! - last[i % channels]!) <= 1) i--;
    return Math.floor(i / channels) + 1;
  };
  let bottom = height - 1;
  while (bottom >= 0 && filled(bottom) === 0) bottom--;
  if (bottom < 0) return 0;
  const top = bottom - (bottom % BAND);
  const rows = Math.min(BAND, height - top);
  let columns = 0;
  for (let row = top; row < top + rows; row++) columns = Math.max(columns, filled(row));
  return (top + (rows * columns) / width) / height;
}
