/**
 * Small images of a clip for its report (report/pages/image-choice.ts says which), made by sharp. With `blur` faces are hidden in the
 * thumbnails, and portraits are left out.
 */
import { type BoundingBox, scaleBox } from '../../core/geometry.js';
import type { Image } from '../../core/image.js';
import { blurFaces } from '../../media/blur.js';
import { ImageChoice, PORTRAIT_MARGIN, PORTRAIT_SIDE, THUMBNAIL_SIDE } from '../../report/pages/image-choice.js';
import type { ReportImages } from '../../report/pages/report-images.js';
import type { FrameResult } from '../../results/video-result.js';
import { encodeImage } from '../images/encode.js';
import { loadSharp } from '../images/sharp.js';

export interface ThumbnailCollector {
  /** Takes what it needs of the image before it returns. With `blur` what is in `hide` is hidden as well as the faces. */
  add(frame: FrameResult, image: Image, hide?: readonly BoundingBox[]): Promise<void>;
  read(): ReportImages;
}

export function createThumbnails({ blur = false }: { readonly blur?: boolean } = {}): ThumbnailCollector {
  const choice = new ImageChoice();

  const thumbnail = async (image: Image, hidden: readonly BoundingBox[]): Promise<string> => {
    const small = await shrink(image);
    const scale = small.width / image.width;
    const boxes = hidden.map((box) => scaleBox(box, scale));
    return toUri(boxes.length > 0 ? blurFaces(small, boxes) : small);
  };

  return {
    async add(frame, image, hide = []) {
      const hidden = blur ? [...frame.faces.map(({ box }) => box), ...hide] : [];
      if (choice.wantsThumbnail(frame)) choice.addThumbnail(frame, await thumbnail(image, hidden));
      if (blur) return;
      for (const face of frame.faces) {
        const uri = choice.wantsPortrait(face) ? await cutOut(image, face.box) : undefined;
        if (uri) choice.addPortrait(face, uri);
      }
    },
    read: () => choice.read(),
  };
}

async function open({ width, height, channels, data }: Image) {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

async function shrink(image: Image): Promise<Image> {
  const small = (await open(image))
    .resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside', withoutEnlargement: true })
    .removeAlpha();
  const { data, info } = await small.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels as 1 | 3, data };
}

/** The square about a face, within the image; undefined where nothing of it lies inside. */
async function cutOut(image: Image, box: BoundingBox): Promise<string | undefined> {
  const side = Math.min(Math.max(box.width, box.height) * PORTRAIT_MARGIN, image.width, image.height);
  const width = Math.floor(side);
  if (width < 1) return undefined;
  const within = (centre: number, size: number) => Math.round(Math.min(Math.max(centre - width / 2, 0), size - width));
  const left = within(box.x + box.width / 2, image.width);
  const top = within(box.y + box.height / 2, image.height);
  const square = (await open(image)).extract({ left, top, width, height: width });
  const { data, info } = await square
    .resize(PORTRAIT_SIDE, PORTRAIT_SIDE, { fit: 'fill' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toUri({ width: info.width, height: info.height, channels: info.channels as 1 | 3, data });
}

async function toUri(image: Image): Promise<string> {
  return `data:image/webp;base64,${Buffer.from(await encodeImage(image, 'webp', { quality: 70 })).toString('base64')}`;
}
