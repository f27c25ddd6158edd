/**
 * Small images for the report (report/pages/image-choice.ts says which), made on a canvas. Where faces are hidden they are hidden here
 * too, and portraits are left out. The page's counterpart of src/node/video/thumbnails.ts.
 */
import type { BoundingBox, FrameResult } from '#dist/browser/index.js';
import { scaleBox } from '#dist/core/geometry.js';
import { ImageChoice, PORTRAIT_MARGIN, PORTRAIT_SIDE, THUMBNAIL_SIDE } from '#dist/report/pages/image-choice.js';
import type { ReportImages } from '#dist/report/pages/report-images.js';
import { hideFaces } from './stage.js';

export interface SizedBitmap {
  readonly bitmap: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

export class Thumbnails {
  readonly #choice = new ImageChoice();

  /** Whether a small image of the whole frame is kept. */
  wants(frame: FrameResult): boolean {
    return this.#choice.wantsThumbnail(frame);
  }

  /** Takes what it needs of the image at once. `hide`: where faces are to be hidden; undefined to hide none. */
  add(frame: FrameResult, shown: SizedBitmap, hide: readonly BoundingBox[] | undefined): void {
    if (this.#choice.wantsThumbnail(frame)) this.#choice.addThumbnail(frame, thumbnail(shown, hide ?? []));
    if (hide) this.#choice.dropPortraits();
    else
      for (const face of frame.faces)
        if (this.#choice.wantsPortrait(face)) this.#choice.addPortrait(face, cutOut(shown, face.box));
  }

  read(): ReportImages {
    return this.#choice.read();
  }
}

function thumbnail({ bitmap, width, height }: SizedBitmap, hide: readonly BoundingBox[]): string {
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(width, height));
  const [w, h] = [Math.max(Math.round(width * scale), 1), Math.max(Math.round(height * scale), 1)];
  const context = canvasOf(w, h);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, w, h);
  hideFaces(
    context,
    w,
    h,
    hide.map((box) => scaleBox(box, scale)),
  );
  return toUri(context);
}

function cutOut({ bitmap, width, height }: SizedBitmap, box: BoundingBox): string {
  const side = Math.min(Math.max(box.width, box.height) * PORTRAIT_MARGIN, width, height);
  const within = (centre: number, size: number) => Math.min(Math.max(centre - side / 2, 0), size - side);
  const context = canvasOf(PORTRAIT_SIDE, PORTRAIT_SIDE);
  context.imageSmoothingQuality = 'high';
  const [x, y] = [within(box.x + box.width / 2, width), within(box.y + box.height / 2, height)];
  context.drawImage(bitmap, x, y, side, side, 0, 0, PORTRAIT_SIDE, PORTRAIT_SIDE);
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
