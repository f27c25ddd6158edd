/**
 * Decoded images to the RGB of an Image as displayed: turned and mirrored as the container asks, square pixels, one size for
 * the whole clip, 8 bits: an image of another shape than the clip's stands letterboxed in it. FFmpeg's filters do it, which is several times faster than JavaScript. Brightness beyond the usual
 * range (HDR) is not mapped.
 */
import type { FilterContext, FilterGraph, Frame } from 'node-av/lib';
import { type Av, checkAv } from './av.js';

export interface RgbConverterOptions {
  /** As displayed. */
  readonly width: number;
  readonly height: number;
  /** Clockwise degrees, then mirrored left to right. */
  readonly rotation: 0 | 90 | 180 | 270;
  readonly flip: boolean;
}

export interface RgbConverter {
  /** width · height · 3 bytes, in `into` where that is as long. Throws PhizError `engine-failed`. */
  convert(frame: Frame, into?: ArrayBuffer): ArrayBuffer;
  close(): void;
}

/** Shapes (width over height) that differ by less are one: streams that only change their resolution. */
const SAME_SHAPE = 0.01;
const TURNS = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;
/** Images from this height on are BT.709 where nothing is said, as browsers have it. */
const HIGH_DEFINITION = 720;

export function createRgbConverter(av: Av, { width, height, rotation, flip }: RgbConverterOptions): RgbConverter {
  const turned = rotation === 90 || rotation === 270;
  /** What makes an image of `shape` (before it is turned) one of the clip's size. */
  const chainOf = (shape: number): string => {
    const shown = turned ? 1 / shape : shape;
    const [w, h] = [Math.min(width, Math.round(height * shown)), Math.min(height, Math.round(width / shown))];
    const fits = Math.abs(Math.log((shown * height) / width)) < SAME_SHAPE;
    const size = fits
      ? [`scale=${width}:${height}:flags=bilinear`, 'format=rgb24']
      : [`scale=${Math.max(w, 1)}:${Math.max(h, 1)}:flags=bilinear`, 'format=rgb24', `pad=${width}:${height}:-1:-1`];
    return [...TURNS[rotation], ...(flip ? ['hflip'] : []), ...size].join(',');
  };
  let first: { readonly width: number; readonly height: number } | undefined;
  /** Width over height as displayed: of the first size as the container says, of another by the image's own pixels. */
  const shapeOf = (frame: Frame): number => {
    first ??= { width: frame.width, height: frame.height };
    if (frame.width === first.width && frame.height === first.height) return turned ? height / width : width / height;
    const { num, den } = frame.sampleAspectRatio;
    return (frame.width / frame.height) * (num > 0 && den > 0 ? num / den : 1);
  };
  const result = new av.Frame();
  result.alloc();
  let made:
    | { readonly key: string; readonly graph: FilterGraph; readonly from: FilterContext; readonly to: FilterContext }
    | undefined;

  /** The graph for images of this size and format; most clips need one. */
  const graphFor = (frame: Frame): { readonly from: FilterContext; readonly to: FilterContext } => {
    const input =
      `video_size=${frame.width}x${frame.height}:pix_fmt=${frame.format}:time_base=1/1000000:pixel_aspect=1/1` +
      `:colorspace=${frame.colorSpace}:range=${frame.colorRange}`;
    const chain = chainOf(shapeOf(frame));
    const key = `${input} ${chain}`;
    if (made?.key === key) return made;
    made?.graph.free();
    made = undefined;
    const graph = new av.FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    const from = graph.createFilter(av.Filter.getByName('buffer')!, 'from', input);
    const to = graph.createFilter(av.Filter.getByName('buffersink')!, 'to');
    if (!from || !to) throw new Error(`FFmpeg takes no images of ${input}`);
    const outputs = av.FilterInOut.createList([{ name: 'in', filterCtx: from, padIdx: 0 }]);
    const inputs = av.FilterInOut.createList([{ name: 'out', filterCtx: to, padIdx: 0 }]);
    checkAv(av, graph.parsePtr(`[in]${chain}[out]`, inputs, outputs), 'an image was not converted');
    checkAv(av, graph.configSync(), 'an image was not converted');
    made = { key, graph, from, to };
    return made;
  };

  return {
    convert(frame, into) {
      if (frame.colorSpace === av.AVCOL_SPC_UNSPECIFIED)
        frame.colorSpace = frame.height >= HIGH_DEFINITION ? av.AVCOL_SPC_BT709 : av.AVCOL_SPC_SMPTE170M;
      const { from, to } = graphFor(frame);
      checkAv(av, from.buffersrcAddFrameSync(frame), 'an image was not converted');
      checkAv(av, to.buffersinkGetFrameSync(result), 'an image was not converted');
      const row = width * 3;
      const buffer = into?.byteLength === row * height ? into : new ArrayBuffer(row * height);
      const pixels = new Uint8Array(buffer);
      const [data] = result.data!;
      const [stride] = result.linesize;
      if (stride === row) pixels.set(data!.subarray(0, pixels.length));
      else for (let y = 0; y < height; y++) pixels.set(data!.subarray(y * stride!, y * stride! + row), y * row);
      result.unref();
      return buffer;
    },
    close() {
      made?.graph.free();
      made = undefined;
      result.free();
    },
  };
}
