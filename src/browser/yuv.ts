/**
 * From the luma and chroma planes that cameras and decoders give to RGBA pixels. Browsers convert too, on a canvas, but where there is
 * no GPU that takes many times as long. Only what is common: 8 bits, chroma halved both ways, the matrices of ITU-R BT.601 and BT.709.
 */

/** Planes in one buffer, as VideoFrame.copyTo lays them out. */
export interface YuvPlanes {
  /** I420: Y, U, V; NV12: Y, then U and V in turn. */
  readonly format: 'I420' | 'NV12';
  readonly data: Uint8Array;
  readonly layout: readonly { readonly offset: number; readonly stride: number }[];
  /** In pixels; odd ones have a chroma sample for the last column or row as well. */
  readonly width: number;
  readonly height: number;
  readonly matrix: 'bt601' | 'bt709';
  /** Luma from 0 to 255; else from 16 to 235. */
  readonly fullRange: boolean;
}

/** Weights of red and blue in luma. */
const WEIGHTS = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] } as const;

/** Fixed point: 16 bits behind the point. */
const ONE = 65_536;

/** What the sums can reach below 0, and how many values a table needs for all they can reach. */
const BELOW = 384;
const REACH = 1024;

/** What a sample adds to a colour, in fixed point, for each of its 256 values. */
interface Tables {
  readonly light: Int32Array;
  readonly redV: Int32Array;
  readonly greenU: Int32Array;
  readonly greenV: Int32Array;
  readonly blueU: Int32Array;
}

/** Sums cut to 0–255; a sum of 0 stands at BELOW. */
const CLAMPED = Uint8Array.from({ length: REACH }, (_, i) => Math.min(Math.max(i - BELOW, 0), 255));

/** RGBA pixels, row by row, opaque; written to `memory` where it is of the right length, for fresh memory costs more than the pixels. */
export function yuvToRgba(
  { format, data, layout, width, height, matrix, fullRange }: YuvPlanes,
  memory?: ArrayBuffer,
): Uint8ClampedArray<ArrayBuffer> {
  const tables = tablesOf(matrix, fullRange);
  const [luma, second, third] = layout;
  const step = format === 'NV12' ? 2 : 1;
  const vPlane = format === 'NV12' ? { offset: second!.offset + 1, stride: second!.stride } : third!;
  // A pixel at a time, as one number: red in its lowest byte on every machine that runs a browser.
  const out = memory?.byteLength === 4 * width * height ? new Uint32Array(memory) : new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const u = second!.offset + (y >> 1) * second!.stride;
    const v = vPlane.offset + (y >> 1) * vPlane.stride;
    convertRow(data, { luma: luma!.offset + y * luma!.stride, u, v, step }, tables, out, y * width, width);
  }
  return new Uint8ClampedArray(out.buffer);
}

function tablesOf(matrix: YuvPlanes['matrix'], fullRange: boolean): Tables {
  const [kr, kb] = WEIGHTS[matrix];
  const kg = 1 - kr - kb;
  const chroma = fullRange ? 1 : 255 / 224;
  const table = (factor: number, zero: number, added = 0): Int32Array =>
    Int32Array.from({ length: 256 }, (_, sample) => Math.round((sample - zero) * factor * ONE + added));
  return {
    // Half a step, so that cutting off rounds, and what keeps the sums above 0.
    light: table(fullRange ? 1 : 255 / 219, fullRange ? 0 : 16, ONE / 2 + BELOW * ONE),
    redV: table(2 * (1 - kr) * chroma, 128),
    greenU: table((-2 * (1 - kb) * kb * chroma) / kg, 128),
    greenV: table((-2 * (1 - kr) * kr * chroma) / kg, 128),
    blueU: table(2 * (1 - kb) * chroma, 128),
  };
}

/** A function of its own: engines optimise one that is called often better than a long loop. */
function convertRow(
  data: Uint8Array,
  from: { readonly luma: number; readonly u: number; readonly v: number; readonly step: number },
  { light, redV, greenU, greenV, blueU }: Tables,
  out: Uint32Array,
  to: number,
  width: number,
): void {
  const { step } = from;
  let { luma, u, v } = from;
  const end = to + width;
  for (let o = to; o < end; u += step, v += step) {
    const red = redV[data[v]!]!;
    const green = greenU[data[u]!]! + greenV[data[v]!]!;
    const blue = blueU[data[u]!]!;
    const one = light[data[luma++]!]!;
    out[o++] = pixel(one + red, one + green, one + blue);
    if (o === end) break;
    const other = light[data[luma++]!]!;
    out[o++] = pixel(other + red, other + green, other + blue);
  }
}

function pixel(red: number, green: number, blue: number): number {
  return CLAMPED[red >> 16]! | (CLAMPED[green >> 16]! << 8) | (CLAMPED[blue >> 16]! << 16) | 0xff000000;
}
