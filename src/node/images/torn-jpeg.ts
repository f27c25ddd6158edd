/**
 * Images, JPEGs above all, that end too early: one that lacks only its end marker is whole, one that lacks a few rows still shows its faces,
 * and of one that lacks more it is said how much is there. Decoding is sharp's; here is only decided what comes of it.
 */
import { PhizError } from '../../core/error.js';

/** Decodes bytes, in the orientation in which they are stored or as displayed; `strict`: throws at the slightest fault. */
export type DecodeJpeg<Decoded> = (
  bytes: Uint8Array,
  options: { readonly strict: boolean; readonly upright: boolean },
) => Promise<Decoded>;

interface Pixels {
  readonly data: Uint8Array;
  readonly info: { readonly width: number; readonly height: number; readonly channels: number };
}

/** Share of the rows that has to be there. */
const ENOUGH = 0.97;

const END_MARKER = Uint8Array.of(0xff, 0xd9);

/** Whether an error of sharp's says that a JPEG ends too early. */
export function isTorn(cause: unknown): boolean {
  return cause instanceof Error && /premature end/i.test(cause.message);
}

/**
 * The image with what is to be said of it. A `progressive` one has all its rows from the beginning, coarse at first: without its end it is
 * no photo to measure on. Throws PhizError `not-an-image` where much is missing, and what decoding throws.
 */
export async function decodeTorn<Decoded extends Pixels>(
  bytes: Uint8Array,
  { called, progressive }: { readonly called: string; readonly progressive: boolean },
  decode: DecodeJpeg<Decoded>,
): Promise<{ readonly decoded: Decoded; readonly warning: string }> {
  const ended = Buffer.concat([bytes, END_MARKER]);
  const whole = await decode(ended, { strict: true, upright: true }).catch(() => undefined);
  if (whole) return { decoded: whole, warning: 'the JPEG lacks its end marker; every pixel is there' };
  if (progressive) throw new PhizError('not-an-image', `${called} is cut off: its finer details are missing; get the whole file`);
  const warning = shortfall(shareThere(await decode(ended, { strict: false, upright: false })), 'JPEG', called);
  return { decoded: await decode(ended, { strict: false, upright: true }), warning };
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
