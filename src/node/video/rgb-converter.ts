/**
 * Decoded images to the RGB of an Image as displayed: turned and mirrored as the container asks, square pixels, one size for
 * the whole clip, 8 bits. FFmpeg's filters do it, which is several times faster than JavaScript. Brightness beyond the usual
 * range (HDR) is not mapped.
 */
import type { FilterContext, FilterGraph, Frame } from 'node-av';
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

const TURNS = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] } as const;
/** Images from this height on are BT.709 where nothing is said, as browsers have it. */
const HIGH_DEFINITION = 720;

export function createRgbConverter(av: Av, { width, height, rotation, flip }: RgbConverterOptions): RgbConverter {
  const chain = [...TURNS[rotation], ...(flip ? ['hflip'] : []), `scale=${width}:${height}:flags=bilinear`, 'format=rgb24'];
  const result = new av.Frame();
  result.alloc();
  let made:
    | { readonly key: string; readonly graph: FilterGraph; readonly from: FilterContext; readonly to: FilterContext }
    | undefined;

  /** The graph for images of this size and format; most clips need one. */
  const graphFor = (frame: Frame): { readonly from: FilterContext; readonly to: FilterContext } => {
    const key =
      `video_size=${frame.width}x${frame.height}:pix_fmt=${frame.format}:time_base=1/1000000:pixel_aspect=1/1` +
      `:colorspace=${frame.colorSpace}:range=${frame.colorRange}`;
    if (made?.key === key) return made;
    made?.graph.free();
    made = undefined;
    const graph = new av.FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    const from = graph.createFilter(av.Filter.getByName('buffer')!, 'from', key);
    const to = graph.createFilter(av.Filter.getByName('buffersink')!, 'to');
    if (!from || !to) throw new Error(`FFmpeg takes no images of ${key}`);
    const outputs = av.FilterInOut.createList([{ name: 'in', filterCtx: from, padIdx: 0 }]);
    const inputs = av.FilterInOut.createList([{ name: 'out', filterCtx: to, padIdx: 0 }]);
    checkAv(av, graph.parsePtr(`[in]${chain.join(',')}[out]`, inputs, outputs), 'an image was not converted');
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
