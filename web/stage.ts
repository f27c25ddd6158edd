/**
 * Draws an image and what was found in it on a canvas: mirrored or not, faces hidden or not, boxes and labels at the size at which
 * they are shown, so that text is crisp and legible on every screen. Labels keep their places from frame to frame.
 */
import type { Attribute } from '#dist/attributes/attribute.js';
import type { BoundingBox, Image } from '#dist/browser/index.js';
import { drawMarks } from '#dist/media/annotate.js';
import { blurInto } from '#dist/media/blur.js';
import { type LabelChoice, layoutMarks, type MarkedFace } from '#dist/media/label-layout.js';

/** A face with the number it is shown by. */
export type ShownFace = MarkedFace & { readonly person: number };

export interface Scene {
  /** Pixels (RGBA), or what a canvas draws. */
  readonly bitmap: CanvasImageSource | Image;
  /** The image's own size in pixels. */
  readonly width: number;
  readonly height: number;
  readonly faces: readonly ShownFace[];
  /** What is written of them. */
  readonly attributes: readonly Attribute[];
  /** Where faces are to be hidden; empty to hide none. */
  readonly hide: readonly BoundingBox[];
  readonly mirror: boolean;
  /** The person whose box is emphasised. */
  readonly chosen: number | undefined;
}

export const FONT = 'system-ui, sans-serif';

/** Sizes of text in CSS pixels: of the largest face's label, what can be read well, and the least that label-layout.ts gives. */
const LARGEST_TEXT = 20;
const LEGIBLE_TEXT = 11;
const SMALLEST_TEXT = 9;

/** How far beyond a box blur.ts reaches at most, in sides of the box. */
const BLUR_REACH = 0.36;

export class Stage {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #fixed: boolean;
  readonly #choices = new Map<number, LabelChoice>();
  #scratch: OffscreenCanvasRenderingContext2D | undefined;
  #scale = 1;
  #zoom = 1;
  #shown: Pick<Scene, 'faces' | 'width' | 'mirror'> | undefined;

  /** `fixed`: at the image's own size, for a file; else at the size at which the canvas is shown. */
  constructor(canvas: HTMLCanvasElement, { fixed = false }: { readonly fixed?: boolean } = {}) {
    this.#canvas = canvas;
    this.#fixed = fixed;
    this.#context = canvas.getContext('2d')!;
  }

  /** The shape of the images to come: width by height. */
  setRatio(ratio: number): void {
    this.#canvas.parentElement?.style.setProperty('--ratio', ratio.toFixed(4));
  }

  /** Draws the scene; gives what it drew the image from, faces hidden where they were to be, valid until the next call. */
  draw({ bitmap, width, height, faces, attributes, hide, mirror, chosen }: Scene): CanvasImageSource {
    this.setRatio(width / height);
    const shownWidth = this.#fixed ? width : this.#canvas.clientWidth || width;
    const shownHeight = (shownWidth * height) / width;
    const density = this.#fixed ? 1 : window.devicePixelRatio || 1;
    const size = [Math.round(shownWidth * density), Math.round(shownHeight * density)] as const;
    if (this.#canvas.width !== size[0] || this.#canvas.height !== size[1]) [this.#canvas.width, this.#canvas.height] = size;
    const scale = shownWidth / width;
    const context = this.#context;
    context.setTransform(density, 0, 0, density, 0, 0);
    if (mirror) context.transform(-1, 0, 0, 1, shownWidth, 0);
    const source = this.prepare({ bitmap, width, height, hide });
    context.drawImage(source, 0, 0, shownWidth, shownHeight);
    context.setTransform(density, 0, 0, density, 0, 0);
    const placed = faces
      .map((face) => ({ ...face, box: placeBox(face.box, { scale, mirror, width }) }))
      .sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
    this.#mark(placed, attributes, { width: shownWidth, height: shownHeight, chosen });
    this.#scale = scale;
    this.#shown = { faces, width, mirror };
    return source;
  }

  /** The person at a place of the canvas, in CSS pixels from its top left. */
  personAt(x: number, y: number): number | undefined {
    const { faces = [], width = 0, mirror = false } = this.#shown ?? {};
    return faces.find(({ box }) => {
      const at = placeBox(box, { scale: this.#scale, mirror, width });
      return x >= at.x && x <= at.x + at.width && y >= at.y && y <= at.y + at.height;
    })?.person;
  }

  clear(): void {
    this.#shown = undefined;
    this.#choices.clear();
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #mark(
    faces: readonly ShownFace[],
    attributes: readonly Attribute[],
    { width, height, chosen }: { readonly width: number; readonly height: number; readonly chosen: number | undefined },
  ): void {
    const context = this.#context;
    const own = faces.length > 1 ? faces.find(({ person }) => person === chosen)?.box : undefined;
    if (own) {
      context.lineWidth = 2;
      context.strokeStyle = '#ffffff';
      context.setLineDash([6, 4]);
      context.strokeRect(own.x - 4, own.y - 4, own.width + 8, own.height + 8);
      context.setLineDash([]);
    }
    const zoom = this.#zoomFor(faces);
    const size = { width: width * zoom, height: height * zoom };
    const zoomed = faces.map((face) => ({ ...face, box: placeBox(face.box, { scale: zoom, mirror: false, width }) }));
    context.scale(1 / zoom, 1 / zoom);
    context.font = `700 100px ${FONT}`;
    const marks = layoutMarks(zoomed, {
      ...size,
      attributes,
      // Digits change all the time: as wide as the widest, so that labels do not tremble.
      measure: (text) => context.measureText(text.replaceAll(/\d/g, '0')).width / 100,
      held: ({ person }) => this.#choices.get(person!),
    });
    drawMarks(context, zoomed, marks, { ...size, fontFamily: FONT, attributes });
    this.#choices.clear();
    marks.forEach(({ label }, i) => {
      if (label) this.#choices.set(faces[i]!.person, label.choice);
    });
  }

  /**
   * Marks are laid out on a plane so many times larger than the screen: text that grows with a face that fills the image would
   * shout. Changes only for good reason, so that text does not tremble.
   */
  #zoomFor(faces: readonly ShownFace[]): number {
    const fonts = faces.map(({ box }) => Math.max(Math.sqrt(box.width * box.height) * 0.13, SMALLEST_TEXT));
    const wanted = Math.max(Math.min(Math.max(...fonts) / LARGEST_TEXT, Math.min(...fonts) / LEGIBLE_TEXT, 2), 1);
    if (faces.length > 0 && Math.abs(wanted / this.#zoom - 1) > 0.25) this.#zoom = wanted;
    return this.#zoom;
  }

  /** What the image is drawn from: itself, or a canvas of its own size, faces hidden, valid until the next call. */
  prepare({ bitmap, width, height, hide }: Pick<Scene, 'bitmap' | 'width' | 'height' | 'hide'>): CanvasImageSource {
    if (!('channels' in bitmap) && hide.length === 0) return bitmap;
    const scratch =
      this.#scratch?.canvas.width === width && this.#scratch.canvas.height === height
        ? this.#scratch
        : new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    this.#scratch = scratch;
    if ('channels' in bitmap)
      scratch.putImageData(new ImageData(bitmap.data as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
    else scratch.drawImage(bitmap, 0, 0, width, height);
    hideFaces(scratch, width, height, hide);
    return scratch.canvas;
  }
}
/** Makes faces on a canvas unrecognisable, on its pixels. */
export function hideFaces(
  context: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D,
  width: number,
  height: number,
  boxes: readonly BoundingBox[],
): void {
  for (const box of boxes) {
    const x0 = Math.max(Math.floor(box.x - BLUR_REACH * box.width) - 1, 0);
    const y0 = Math.max(Math.floor(box.y - BLUR_REACH * box.height) - 1, 0);
    const x1 = Math.min(Math.ceil(box.x + box.width * (1 + BLUR_REACH)) + 1, width);
    const y1 = Math.min(Math.ceil(box.y + box.height * (1 + BLUR_REACH)) + 1, height);
    if (!(x1 > x0 && y1 > y0)) continue;
    const part = context.getImageData(x0, y0, x1 - x0, y1 - y0);
    const image = { width: part.width, height: part.height, channels: 4, data: part.data } as const;
    const copy = new Uint8Array(part.data);
    blurInto(image, [{ ...box, x: box.x - x0, y: box.y - y0 }], copy);
    part.data.set(copy);
    context.putImageData(part, x0, y0);
  }
}

function placeBox(
  { x, y, width: w, height: h }: BoundingBox,
  { scale, mirror, width }: { readonly scale: number; readonly mirror: boolean; readonly width: number },
): BoundingBox {
  return { x: (mirror ? width - x - w : x) * scale, y: y * scale, width: w * scale, height: h * scale };
}
