/**
 * Small pictures for the report: a few dozen, evenly over what was analysed however long it is, and one of each person's face. Where
 * faces are hidden they are hidden here too, and portraits are left out. The page's counterpart of src/node/video/thumbnails.ts.
 */
import type { BoundingBox, FrameResult } from '#dist/browser/index.js';
import type { ReportPictures } from '#dist/report/report-pictures.js';
import { hideFaces } from './stage.js';

export interface SmallPicture {
  readonly picture: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** Longest side of a thumbnail, and side of a portrait, in pixels. */
const SIDE = 160;
const PORTRAIT = 96;

/** When there are more than so many thumbnails, every other one is dropped and the next are taken half as often. */
const MOST = 48;
const MOST_PORTRAITS = 64;

/** A new portrait must be so many times better (pixels times confidence) than the one there is. */
const BETTER = 1.5;

/** Side of a portrait in sides of the face's box. */
const MARGIN = 1.5;

export class Thumbnails {
  #thumbnails: { readonly time: number; readonly uri: string }[] = [];
  #step = 0;
  #next = Number.NEGATIVE_INFINITY;
  readonly #portraits = new Map<number, { readonly worth: number; readonly uri: string }>();

  /** Takes what it needs of the picture at once. `hide`: where faces are to be hidden; undefined to hide none. */
  add({ timestamp, faces }: FrameResult, shown: SmallPicture, hide: readonly BoundingBox[] | undefined): void {
    if (timestamp >= this.#next) this.#addThumbnail(timestamp, shown, hide ?? []);
    if (hide) this.#portraits.clear();
    else
      for (const { person, box, measured, confidence } of faces) {
        const known = this.#portraits.get(person);
        const worth = box.width * box.height * confidence;
        if (!measured || (known ? worth < BETTER * known.worth : this.#portraits.size >= MOST_PORTRAITS)) continue;
        this.#portraits.set(person, { worth, uri: cutOut(shown, box) });
      }
  }

  read(): ReportPictures {
    return { thumbnails: this.#thumbnails, portraits: new Map([...this.#portraits].map(([person, { uri }]) => [person, uri])) };
  }

  #addThumbnail(time: number, { picture, width, height }: SmallPicture, hide: readonly BoundingBox[]): void {
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const [w, h] = [Math.max(Math.round(width * scale), 1), Math.max(Math.round(height * scale), 1)];
    const context = canvasOf(w, h);
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, 0, 0, w, h);
    const boxes = hide.map((box) => ({
      x: box.x * scale,
      y: box.y * scale,
      width: box.width * scale,
      height: box.height * scale,
    }));
    hideFaces(context, w, h, boxes);
    this.#thumbnails.push({ time, uri: toUri(context) });
    if (this.#thumbnails.length > MOST) {
      this.#thumbnails = this.#thumbnails.filter((_, i) => i % 2 === 0);
      this.#step = (this.#thumbnails.at(-1)!.time - this.#thumbnails[0]!.time) / (this.#thumbnails.length - 1);
    }
    // A hair less, so that a frame just at the step is not missed by rounding.
    this.#next = this.#thumbnails.at(-1)!.time + this.#step * 0.999;
  }
}

function cutOut({ picture, width, height }: SmallPicture, box: BoundingBox): string {
  const side = Math.min(Math.max(box.width, box.height) * MARGIN, width, height);
  const within = (centre: number, size: number) => Math.min(Math.max(centre - side / 2, 0), size - side);
  const context = canvasOf(PORTRAIT, PORTRAIT);
  context.imageSmoothingQuality = 'high';
  const [x, y] = [within(box.x + box.width / 2, width), within(box.y + box.height / 2, height)];
  context.drawImage(picture, x, y, side, side, 0, 0, PORTRAIT, PORTRAIT);
  return toUri(context);
}

/** Not an OffscreenCanvas, which encodes only later. */
function canvasOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  return canvas.getContext('2d', { willReadFrequently: true })!;
}

function toUri({ canvas }: CanvasRenderingContext2D): string {
  return canvas.toDataURL('image/webp', 0.7);
}
