/**
 * Shrinks a whole image into the float planes that a detector reads, each output pixel the mean of the area it covers. Every
 * source pixel is read about once, so a photo of any size costs little more than reading it. Does not enlarge or
 * rotate: that is resample.ts.
 */
import type { ModelInput } from './card.js';
import { PhizError } from './error.js';
import type { Image } from './image.js';

/** Where the image lies in the planes, and how their values are made. */
export interface ShrinkOptions {
  /** Size of the image in the planes, at most its own. */
  readonly width: number;
  readonly height: number;
  /** Size of the planes. Default: the image's size there. */
  readonly canvasWidth?: number | undefined;
  readonly canvasHeight?: number | undefined;
  /** Position of the image's top left corner in the planes. */
  readonly left?: number | undefined;
  readonly top?: number | undefined;
  /** Colour order (`grey`: one plane of BT.601 luma), mean and scale. */
  readonly input: Pick<ModelInput, 'order' | 'mean' | 'scale'>;
  /** Memory to write to, if it is of the right length: fresh memory of this size costs as much as the pixels. */
  readonly memory?: Float32Array | undefined;
}

/**
 * The planes (channel, row, column) of `image` shrunk to `width`×`height`, values (sample − mean) · scale; 0, the mean, around it.
 * Throws PhizError `invalid-option` where the image would be enlarged or not fit.
 */
export function shrink(image: Image, options: ShrinkOptions): Float32Array {
  const { width, height, canvasWidth = width, canvasHeight = height, left = 0, top = 0, input } = options;
  for (const side of [width, height, canvasWidth, canvasHeight, left, top])
    if (!Number.isInteger(side) || side < 0)
      throw new PhizError('invalid-option', `sizes to shrink to must be whole; got ${side}`);
  if (width < 1 || height < 1 || width > image.width || height > image.height)
    throw new PhizError('invalid-option', `cannot shrink ${image.width}×${image.height} pixels to ${width}×${height}`);
  if (left + width > canvasWidth || top + height > canvasHeight)
    throw new PhizError(
      'invalid-option',
      `${width}×${height} pixels at ${left}, ${top} leave planes of ${canvasWidth}×${canvasHeight}`,
    );
  const plane = canvasWidth * canvasHeight;
  const length = plane * (input.order === 'grey' ? 1 : 3);
  const reused = options.memory?.length === length ? options.memory : undefined;
  const out = reused ?? new Float32Array(length);
  if (reused && (width < canvasWidth || height < canvasHeight)) out.fill(0);
  if (width === image.width && height === image.height && input.order !== 'grey') {
    copyPixels(image, input, out, top * canvasWidth + left, canvasWidth);
    return out;
  }
  const source = image.channels === 1 ? 1 : 3;
  const columns = spans(image.width, width);
  const sums = new Float32Array(width * source);
  const line = new Float32Array(width * source);
  const step = image.height / height;
  let row = 0;
  let end = step;
  for (let y = 0; y < image.height; y++) {
    sumColumns(image, y, columns, line);
    // The share of this source row that belongs to the current output row; the rest starts the next one.
    const share = Math.min(1, end - y);
    for (let i = 0; i < sums.length; i++) sums[i]! += line[i]! * share;
    if (y + 1 < end - 1e-6 && y + 1 < image.height) continue;
    put(sums, 1 / (step * columns.step), source, input, out, (top + row) * canvasWidth + left, plane);
    if (++row === height) break;
    end = step * (row + 1);
    for (let i = 0; i < sums.length; i++) sums[i] = line[i]! * (1 - share);
  }
  return out;
}

/**
 * Planes of half the size, each value the mean of 2×2, at the top left of planes of `width`×`height`; 0, the mean, beyond. Sides are
 * even. Throws PhizError `invalid-option` where the half does not fit.
 */
export function halvePlanes(
  planes: Float32Array,
  fromWidth: number,
  fromHeight: number,
  { width, height, memory }: { readonly width: number; readonly height: number; readonly memory?: Float32Array | undefined },
): Float32Array {
  const columns = fromWidth / 2;
  const rows = fromHeight / 2;
  const count = planes.length / (fromWidth * fromHeight);
  if (!Number.isInteger(columns) || !Number.isInteger(rows) || !Number.isInteger(count) || columns > width || rows > height)
    throw new PhizError(
      'invalid-option',
      `half of planes of ${fromWidth}×${fromHeight} (${planes.length} values) does not fit into ${width}×${height}`,
    );
  const length = count * width * height;
  const reused = memory?.length === length ? memory : undefined;
  const out = reused ?? new Float32Array(length);
  if (reused && (columns < width || rows < height)) out.fill(0);
  for (let row = 0; row < count * rows; row++) {
    const plane = Math.floor(row / rows);
    let above = 2 * row * fromWidth;
    let below = above + fromWidth;
    let o = (plane * height + (row % rows)) * width;
    for (const end = o + columns; o < end; o++, above += 2, below += 2)
      out[o] = (planes[above]! + planes[above + 1]! + planes[below]! + planes[below + 1]!) / 4;
  }
  return out;
}

/** An image at its own size. */
function copyPixels(
  { width, height, channels, data }: Image,
  { order, mean, scale }: ShrinkOptions['input'],
  out: Float32Array,
  at: number,
  stride: number,
): void {
  const values = Float32Array.from({ length: 256 }, (_, sample) => (sample - mean) * scale);
  const plane = out.length / 3;
  const first = order === 'BGR' ? 2 * plane : 0;
  const last = 2 * plane - first;
  const step = channels === 1 ? 0 : 1;
  for (let y = 0, p = 0; y < height; y++)
    for (let o = at + y * stride, end = o + width; o < end; o++, p += channels) {
      out[o + first] = values[data[p]!]!;
      out[o + plane] = values[data[p + step]!]!;
      out[o + last] = values[data[p + 2 * step]!]!;
    }
}

/** Which source columns each output column covers: from `first` to before `last` wholly, and shares of the two beside them. */
interface Spans {
  readonly step: number;
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly before: Float32Array;
  readonly after: Float32Array;
}

function spans(from: number, to: number): Spans {
  const step = from / to;
  const first = new Int32Array(to);
  const last = new Int32Array(to);
  const before = new Float32Array(to);
  const after = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const start = i * step;
    const end = i === to - 1 ? from : (i + 1) * step;
    first[i] = Math.ceil(start - 1e-6);
    last[i] = Math.floor(end + 1e-6);
    before[i] = Math.max(0, first[i]! - start);
    after[i] = Math.max(0, end - last[i]!);
  }
  return { step, first, last, before, after };
}

/** Sums row `y` of the image over each output column, interleaved as the source is. */
function sumColumns({ width, channels, data }: Image, y: number, { first, last, before, after }: Spans, out: Float32Array): void {
  const start = y * width * channels;
  for (let i = 0, o = 0; i < first.length; i++) {
    const from = start + first[i]! * channels;
    const to = start + last[i]! * channels;
    const b = before[i]!;
    const a = after[i]!;
    if (channels === 1) {
      let grey = 0;
      for (let p = from; p < to; p++) grey += data[p]!;
      if (b > 1e-6) grey += b * data[from - 1]!;
      if (a > 1e-6) grey += a * data[to]!;
      out[o++] = grey;
      continue;
    }
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let p = from; p < to; p += channels) {
      red += data[p]!;
      green += data[p + 1]!;
      blue += data[p + 2]!;
    }
    if (b > 1e-6) {
      const p = from - channels;
      red += b * data[p]!;
      green += b * data[p + 1]!;
      blue += b * data[p + 2]!;
    }
    if (a > 1e-6) {
      red += a * data[to]!;
      green += a * data[to + 1]!;
      blue += a * data[to + 2]!;
    }
    out[o] = red;
    out[o + 1] = green;
    out[o + 2] = blue;
    o += 3;
  }
}

/** Writes one finished output row. */
function put(
  sums: Float32Array,
  weight: number,
  source: 1 | 3,
  { order, mean, scale }: ShrinkOptions['input'],
  out: Float32Array,
  at: number,
  plane: number,
): void {
  const factor = weight * scale;
  const shift = -mean * scale;
  const width = sums.length / source;
  if (order === 'grey') {
    for (let i = 0; i < width; i++) {
      const value = source === 1 ? sums[i]! : 0.299 * sums[3 * i]! + 0.587 * sums[3 * i + 1]! + 0.114 * sums[3 * i + 2]!;
      out[at + i] = value * factor + shift;
    }
    return;
  }
  const red = at + (order === 'BGR' ? 2 * plane : 0);
  const green = at + plane;
  const blue = at + (order === 'BGR' ? 0 : 2 * plane);
  for (let i = 0; i < width; i++) {
    const p = source * i;
    out[red + i] = sums[p]! * factor + shift;
    out[green + i] = sums[source === 1 ? p : p + 1]! * factor + shift;
    out[blue + i] = sums[source === 1 ? p : p + 2]! * factor + shift;
  }
}
